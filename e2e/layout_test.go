package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestColumnsFit: on 1440 pixels the usual columns stand beside the facets and nothing has to be scrolled sideways; the
// tools stand in one line, grouped or not; and what waits moves nothing when it comes.
func TestColumnsFit(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, view := range []string{"/", "/?port=" + port, "/?group=process", "/?port=" + port + "&group=remote&sort=-rx&names=1&pair=1", "/?n=1&sort=-count&group=lport"} {
		p.openLive(sockeye.url + view)
		p.until("rows", `document.querySelector("#rows tr")`)
		for what, condition := range map[string]string{
			"the columns fit":                 `(b => b.scrollWidth <= b.clientWidth)(document.querySelector("#table"))`,
			"all usual columns are there":     `[...document.querySelectorAll("th[data-shown]")].length >= 14 && [...document.querySelectorAll("th[data-shown]")].every(th => th.offsetWidth > 40)`,
			"the facets stand beside":         `document.querySelector("#facets").getBoundingClientRect().right <= document.querySelector("#table").getBoundingClientRect().left`,
			"the tools are one line":          `document.querySelector(".terms").offsetHeight <= 40`,
			"no tool lies over another":       `(all => all.every((r, i) => i === 0 || all[i - 1].right <= r.left + 1))([".presets, .chips", ".tools", ".shape", ".tally"].map(s => [...document.querySelectorAll(s)].find(e => e.offsetWidth)).filter(Boolean).map(e => e.getBoundingClientRect()))`,
			"no heading is cut":               `[...document.querySelectorAll("th:not([hidden]) a:not([hidden])")].every(a => a.scrollWidth <= a.clientWidth + 1)`,
			"the ends of an address are seen": `[...document.querySelectorAll("#rows td[data-col=remote] .port")].every(e => !e.textContent || e.getBoundingClientRect().right <= e.parentElement.getBoundingClientRect().right + 1)`,
		} {
			if !eval[bool](p, condition) {
				t.Errorf("%s: not so: %s", view, what)
			}
		}
	}
	p.openLive(sockeye.url + "/?port=" + port + "&sort=-rx")
	p.awaitRows("rows", func(rows []row) bool { return len(rows) >= 3 })
	p.point("#rows tr:nth-child(2)")
	before := eval[int](p, `document.querySelector("#table").offsetTop`)
	connect(t, pair.listener)
	p.until("an order that is held", `!document.querySelector("#held").hidden`)
	if after := eval[int](p, `document.querySelector("#table").offsetTop`); after != before {
		t.Errorf("the table stands at %d where something waits, and else at %d", after, before)
	}
}

// TestLittleHead: on a phone the rows begin above the 300th pixel, whatever the view, with the box first; the charts open
// by a touch; groups show their sums.
func TestLittleHead(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, s := range screens[2:] {
		p.setScreen(s.width, s.height, s.scheme)
		for _, view := range []string{"/", "/?rport=" + port, "/?rport=" + port + "&group=process", "/?rport=" + port + "&state=ESTABLISHED&-proc=chromium,firefox&sort=-rx"} {
			p.openLive(sockeye.url + view)
			p.until("rows", `document.querySelector("#rows tr")`)
			if top := eval[int](p, `document.querySelector("#rows tr").getBoundingClientRect().top`); top > 300 {
				t.Errorf("%s: the rows begin at %d", view, top)
			}
			if !eval[bool](p, `(y => y(".query input") < Math.min(y(".terms"), y("#facets"), y(".overview"), y("#table")))(s => document.querySelector(s).getBoundingClientRect().top)`) {
				t.Errorf("%s: the box is not first", view)
			}
			checkFits(t, p, s.width)
		}
	}
	p.openLive(sockeye.url + "/?rport=" + port + "&group=process")
	p.awaitRows("three groups", func(rows []row) bool { return len(rows) == 3 })
	for _, column := range []string{"rx", "tx", "rxrate", "txrate"} {
		if got := eval[string](p, `(e => e.checkVisibility() && e.getBoundingClientRect().right <= 390 ? e.textContent : "")(document.querySelector("tr.group td[data-col=`+column+`]"))`); !strings.Contains(got, "B") {
			t.Errorf("a group shows %q as %s", got, column)
		}
	}
	if n := eval[int](p, `document.querySelector("#charts").offsetHeight`); n > 60 {
		t.Errorf("the charts are %d pixels high before anybody asked for them", n)
	}
	p.do(chromedp.Click(chromedp.CSS(".unfold input")))
	p.until("the charts in full", `document.querySelector(".switch").offsetHeight > 20 && document.querySelector(".period").offsetHeight > 20 && document.querySelector("#charts").offsetHeight > 120`)
}

// TestSortGroups: the heading of the number sorts groups, so do those of their sums, and the URL says so.
func TestSortGroups(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?rport=" + port)
	p.awaitRows("rows", func(rows []row) bool { return len(rows) == 6 })
	const number = `th[data-sort="count"] a`
	if eval[bool](p, `document.querySelector('`+number+`').checkVisibility()`) {
		t.Error("there is a heading of the number though nothing is grouped")
	}
	p.openLive(sockeye.url + "/?rport=" + port + "&group=process")
	order := func(want string) func(rows []row) bool {
		return func(rows []row) bool { return strings.Join(ids(rows), " ") == want }
	}
	most, least := "=grape =melon =quince", "=quince =melon =grape"
	p.awaitRows("the most first", order(most))
	for _, step := range []struct{ sort, sorted, rows string }{{"-count", "descending", most}, {"count", "ascending", least}, {"", "none", most}} {
		p.do(chromedp.Click(chromedp.CSS(number)))
		p.until("sort="+step.sort, `(new URLSearchParams(location.search).get("sort") ?? "") === "`+step.sort+`"`)
		p.awaitRows("the groups in order", order(step.rows))
		if got := eval[string](p, `document.querySelector('th[data-sort="count"]').ariaSort`); got != step.sorted {
			t.Errorf("sorted %s: the heading says %s", step.sorted, got)
		}
	}
	p.do(chromedp.Click(chromedp.CSS(`th[data-col="rx"] a`)))
	p.inURL("sort", "-rx")
	p.until("no group to sort", `document.querySelector("#shape select").value === "process"`)
	eval[any](p, `(s => { s.value = ""; s.dispatchEvent(new Event("change", {bubbles: true})); })(document.querySelector("#shape select")) ?? null`)
	p.until("no heading of the number", `!document.querySelector('`+number+`').checkVisibility()`)
}

// TestInspectorNames: the inspector asks for the name of a remote host by the switch of the table, and not before.
func TestInspectorNames(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?rport=" + port)
	id := p.awaitRows("one end", func(rows []row) bool { return len(rows) == 1 })[0].ID
	p.openInspector(id)
	p.until("the inspector", `document.querySelector("#list-ends")`)
	if eval[bool](p, `document.querySelector("#list-ends").innerText.includes("Remote name")`) {
		t.Error("a name that nobody asked for")
	}
	p.do(chromedp.Click(chromedp.CSS("#shape #names")))
	p.until("a word about the name", `document.querySelector("#list-ends").innerText.includes("Remote name")`)
	p.inURL("names", "1")
	p.do(chromedp.Click(chromedp.CSS("#shape #names")))
	p.until("no word", `!document.querySelector("#list-ends").innerText.includes("Remote name")`)
}
