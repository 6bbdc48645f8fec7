package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// prefer has the page think that the reader wants something, as media features in pairs of name and value.
func (p *tab) prefer(pairs ...string) {
	p.t.Helper()
	var features []*emulation.MediaFeature
	for i := 0; i+1 < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		p.t.Fatal(err)
	}
}

// TestForcedColours: where the system chooses all colours, everything that a colour tells is told by a word, a sign or a
// line as well.
func TestForcedColours(t *testing.T) {
	axe := axeCore(t)
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, scheme := range []string{"light", "dark"} {
		p.prefer("forced-colors", "active", "prefers-color-scheme", scheme)
		p.openLive(sockeye.url + "/?port=" + port + "&sort=-rx")
		if !eval[bool](p, `matchMedia("(forced-colors: active)").matches`) {
			t.Fatal("colours are not forced")
		}
		rows := p.awaitRows("rows", func(rows []row) bool { return len(rows) >= 3 })
		id := rows[0].ID
		p.openInspector(id)
		p.setLinger("60")
		client, _ := connect(t, pair.listener)
		outlined := func(selector string) string {
			return `(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1)(getComputedStyle(document.querySelector('` + selector + `')))`
		}
		p.until("a new row has a sign and a line", `document.querySelector("#rows tr.new td[data-col=mark]")?.textContent.trim() === "+" && `+outlined("#rows tr.new"))
		for what, condition := range map[string]string{
			"a state is a word":              `[...document.querySelectorAll("#rows .pill")].every(e => e.textContent === e.dataset.state)`,
			"a state has a sign":             `[...document.querySelectorAll("#rows .pill")].every(e => getComputedStyle(e, "::before").content.length > 2)`,
			"the selected row has a line":    outlined(`#rows tr[aria-selected]`),
			"the selected facet has a line":  outlined(`.facets .in`),
			"the order is a sign":            `getComputedStyle(document.querySelector("th[aria-sort=descending] a"), "::after").content.includes("▾")`,
			"the page is named where we are": `parseInt(getComputedStyle(document.querySelector(".bar nav [aria-current]")).fontWeight) > parseInt(getComputedStyle(document.querySelector(".bar nav a:not([aria-current])")).fontWeight)`,
			"live is a word":                 `document.querySelector("#status").textContent === "Live"`,
			"areas of the chart differ": `(e => new Set([...document.querySelectorAll("#states a")].map(a => (e.dataset.state = a.dataset.state, getComputedStyle(e).color))).size > 10)(
				document.body.appendChild(Object.assign(document.createElement("i"), {className: "probe"})))`,
		} {
			if what == "the selected facet has a line" {
				p.until("a facet that is chosen", `document.querySelector(".facets .in")`)
			}
			if !eval[bool](p, condition) {
				t.Errorf("%s: not so: %s", scheme, what)
			}
		}
		checkAccessible(t, p, axe)
		p.until("nothing is new", `!document.querySelector("#rows tr.new")`)
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		p.until("a row that changed or ended has a sign", `[...document.querySelectorAll("#rows tr:is(.closed, .changed)")].some(tr => /[×~]/.test(tr.cells[0].textContent))`)
	}
}

// TestReducedMotion: for a reader who wants no motion nothing fades or slides, and what happens is told by signs.
func TestReducedMotion(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	moving := `[...document.querySelectorAll("*")].filter(e => ["", "::before", "::after"].some(part => {
		const s = getComputedStyle(e, part || null);
		return s.animationName !== "none" || s.transitionDuration.split(",").some(d => parseFloat(d) > 0) || s.scrollBehavior === "smooth";
	})).map(e => e.tagName + "." + e.className).join(" ")`
	for _, reduce := range []bool{false, true} {
		if reduce {
			p.prefer("prefers-reduced-motion", "reduce")
		}
		p.openLive(sockeye.url + "/?port=" + port)
		n := len(p.awaitRows("rows", func(rows []row) bool { return len(rows) >= 3 }))
		connect(t, pair.listener)
		p.awaitRows("more rows", func(rows []row) bool { return len(rows) == n+2 })
		p.until("a new row", `document.querySelector("#rows tr.new")?.cells[0].textContent.trim() === "+"`)
		switch found := eval[string](p, moving); {
		case reduce && found != "":
			t.Errorf("moves for a reader who wants no motion: %s", found)
		case !reduce && !strings.Contains(found, "BUTTON"):
			t.Errorf("no button fades for a reader who minds no motion: the test sees nothing (%q)", found)
		}
	}
}
