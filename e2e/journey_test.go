package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focusSeen says in one word what is wrong with the focus, "" for nothing: "lost" where nothing has it, "unmarked" where
// nothing shows it, "hidden" where it is out of the screen or something lies over it.
const focusSeen = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return "lost";
	const marks = [e, e.nextElementSibling].filter(Boolean).map(one => getComputedStyle(one));
	if (!marks.some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1)) return "unmarked";
	const r = (e.matches(".switch input") ? e.parentElement : e).getBoundingClientRect();
	const spots = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]].map(([x, y]) => [r.left + r.width * x, r.top + r.height * y]);
	return spots.some(([x, y]) => {
		const at = document.elementFromPoint(x, y);
		return at && (e.contains(at) || at.contains(e) && at.closest("label, .switch, td, li") || at === e);
	}) ? "" : "hidden";
})()`

// focused describes what has the focus.
const focused = `(e => JSON.stringify(e.getBoundingClientRect()) + e.tagName + (e.id && "#" + e.id) + " " + (e.ariaLabel ?? e.textContent.trim().slice(0, 30)))(document.activeElement)`

// checkFocus checks that the focus is somewhere and can be seen.
func (p *tab) checkFocus(where string) {
	p.t.Helper()
	// What scrolls into sight does so with the next picture.
	eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	if wrong := eval[string](p, focusSeen); wrong != "" {
		p.t.Errorf("%s: the focus is %s at %s", where, wrong, eval[string](p, focused))
	}
}

// tabTo presses Tab until an element has the focus, which is looked at on the whole way.
func (p *tab) tabTo(selector string, with ...modifier) {
	p.t.Helper()
	for range 120 {
		if eval[bool](p, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
		p.strike("Tab", with...)
		p.checkFocus("on the way to " + selector)
	}
	p.t.Fatalf("Tab does not lead to %s", selector)
}

// TestKeyboardJourney: all that a reader does with the table works without a pointer, and the focus is always seen and
// never lost: filter, choose a row, look at it, choose columns, the palette, and back.
func TestKeyboardJourney(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port)
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })

	p.strike("Tab")
	p.checkFocus("after load")
	p.until("the way past all that", `document.activeElement.matches(".skip")`)
	p.strike("Enter")
	p.until("the table", `document.activeElement.id === "table"`)

	p.strike("/")
	p.until("the filter", `document.activeElement.name === "q"`)
	p.checkFocus("filter")
	p.do(chromedp.KeyEvent(kb.End))
	p.press(" state:established")
	p.awaitRows("two rows", func(rows []row) bool { return len(rows) == 2 })
	p.press(kb.Escape) // the suggestions
	p.press(kb.Enter)
	p.until("the view in the history", `location.search === "?port=`+port+`&state=ESTABLISHED"`)
	p.checkFocus("filtered")
	p.press(kb.Escape)

	p.strike("j")
	p.strike("j")
	p.checkFocus("rows")
	second := `document.querySelector("#rows tr[data-id]:nth-child(2)")`
	p.until("the second row", `document.activeElement === `+second)
	for range 3 {
		p.do(chromedp.KeyEvent(kb.ArrowRight))
		p.checkFocus("cells")
	}
	p.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft))
	p.strike("Enter")
	p.until("the inspector", `document.activeElement.id === "connection-title"`)
	p.checkFocus("inspector")
	p.polled(sockeye, 8) // it is made anew each second
	p.checkFocus("inspector, later")
	for range 12 {
		p.strike("Tab")
		p.checkFocus("through the inspector")
	}
	p.strike("Escape")
	p.until("no inspector, and the row", `document.querySelector("#inspector").hidden && document.activeElement === `+second)
	p.checkFocus("back in the table")

	p.tabTo("#columns", withShift)
	p.strike("Enter")
	p.until("the chooser", `document.querySelector("#chooser").open && document.activeElement.closest("#chooser")`)
	p.checkFocus("chooser")
	p.tabTo("#chooser li[data-col=user] input[type=checkbox]")
	p.strike(" ")
	p.until("no user", `!document.querySelector("#rows td[data-col=user]")`)
	p.checkFocus("a column less")
	p.strike("Escape")
	p.until("the button", `!document.querySelector("#chooser").open && document.activeElement.id === "columns"`)
	p.checkFocus("out of the chooser")

	p.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.until("the palette", `document.querySelector("#palette").open`)
	p.checkFocus("palette")
	p.press("listen")
	p.until("an option", `document.querySelector("#palette-list [aria-selected=true]")`)
	p.strike("Enter")
	p.until("another view", `location.search.includes("LISTEN")`)
	p.checkFocus("out of the palette")
	eval[any](p, `history.back() ?? null`)
	p.until("the view before", `new URLSearchParams(location.search).get("state") === "ESTABLISHED"`)
	p.awaitRows("its rows", func(rows []row) bool { return len(rows) == 2 })
}

// TestTabOrder: Tab leads once through everything on the dashboard, wide and narrow, and what has the focus is always
// seen.
func TestTabOrder(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, s := range []int{0, 2} {
		p.setScreen(screens[s].width, screens[s].height, screens[s].scheme)
		for _, view := range []string{"", "&group=state&sort=-count", "&state=CLOSING"} {
			p.openLive(sockeye.url + "/?port=" + port + view)
			p.until("rows", `document.querySelector("#rows tr, #empty:not([hidden])")`)
			eval[any](p, `(window.met = new Set()) && null`)
			stops := 0
			for ; stops < 150; stops++ {
				p.strike("Tab")
				if eval[string](p, `document.activeElement === document.body || met.has(document.activeElement) ? "end" : (met.add(document.activeElement), "")`) == "end" {
					break
				}
				p.checkFocus(fmt.Sprintf("%d pixels, %q", screens[s].width, view))
			}
			if stops < 25 || stops == 150 {
				t.Errorf("%d pixels, %q: Tab leads to %d elements", screens[s].width, view, stops)
			}
		}
	}
}
