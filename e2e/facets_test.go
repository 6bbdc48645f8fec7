package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// facet is an expression for the item of a facet's value.
func facet(key, label string) string {
	return `[...document.querySelectorAll("#facets [data-key='` + key + `'] li")].find(li => li.querySelector(".name").textContent === "` + label + `")`
}

// facetIs waits until a value is there with a count.
func (p *tab) facetIs(key, label, count string) {
	p.t.Helper()
	p.until("facet "+key+" has "+label+" "+count+" times", facet(key, label)+`?.querySelector(".n").textContent.trim() === "`+count+`"`)
}

// clickFacet clicks a value, with keys held.
func (p *tab) clickFacet(key, label, keys string) {
	p.t.Helper()
	eval[any](p, facet(key, label)+`.querySelector("a").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, `+keys+` })) ? null : null`)
}

// TestFacets: values with live counts, of which a click shows one alone, Alt leaves it out and Shift adds it.
func TestFacets(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port)
	p.facetIs("state", "ESTABLISHED", "2")
	p.facetIs("state", "LISTEN", "1")
	p.facetIs("dir", "loopback", "2")
	p.facetIs("proto", "tcp", "3")
	p.facetIs("rip", "127.0.0.1", "2")
	p.facetIs("proc", "e2e.test", "3")

	connect(t, pair.listener)
	p.facetIs("state", "ESTABLISHED", "4")

	p.clickFacet("state", "LISTEN", "")
	p.until("the state alone", `location.search === "?port=`+port+`&state=LISTEN"`)
	p.awaitRows("one row", func(rows []row) bool { return len(rows) == 1 })
	p.facetIs("state", "ESTABLISHED", "4") // a facet leaves its own key aside
	p.until("it is marked", facet("state", "LISTEN")+`.className === "in" && `+facet("state", "LISTEN")+`.querySelector("a").getAttribute("aria-current") === "true"`)
	p.facetIs("dir", "listening", "1")

	p.clickFacet("state", "ESTABLISHED", "shiftKey: true")
	p.until("both states", `location.search === "?port=`+port+`&state=LISTEN,ESTABLISHED"`)
	p.awaitRows("all rows", func(rows []row) bool { return len(rows) == 5 })
	p.until("both are marked", facet("state", "ESTABLISHED")+`.className === "in"`)

	p.clickFacet("state", "LISTEN", "altKey: true")
	p.until("one left out", `location.search === "?port=`+port+`&state=ESTABLISHED&-state=LISTEN"`)
	p.until("it is marked as left out", facet("state", "LISTEN")+`.className === "out"`)
	p.clickFacet("state", "LISTEN", "altKey: true")
	p.until("left out no longer", `location.search === "?port=`+port+`&state=ESTABLISHED"`)
	p.until("it is not marked", facet("state", "LISTEN")+`.className === ""`)
	p.clickFacet("state", "ESTABLISHED", "")
	p.until("chosen no longer", `location.search === "?port=`+port+`"`)
}

// TestFacetsByKeyboard: one stop for each list, arrows within, and buttons for what a click needs keys for.
func TestFacetsByKeyboard(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port)
	p.facetIs("state", "ESTABLISHED", "2")
	if n := eval[int](p, `document.querySelectorAll("#facets [data-key=state] :is(a, button)[tabindex='0']").length`); n != 1 {
		t.Errorf("the list of states is %d stops of the Tab key", n)
	}
	eval[any](p, `document.querySelector("#facets [data-key=state] a").focus() ?? null`)
	press := func(key string) { p.do(chromedp.KeyEvent(key)) }
	press(kb.ArrowDown)
	p.until("the second value has the focus", `document.activeElement === `+facet("state", "ESTABLISHED")+`.querySelector("a")`)
	press(kb.ArrowRight)
	press(kb.ArrowRight)
	p.until("its minus has the focus", `document.activeElement.getAttribute("aria-label") === "Leave out ESTABLISHED"`)
	press("\r")
	p.until("it is left out", `location.search === "?port=`+port+`&-state=ESTABLISHED"`)
	p.until("the focus is kept", `document.activeElement.closest("#facets") !== null && `+facet("state", "ESTABLISHED")+`.className === "out"`)
}

// TestFacetsWithoutScript: each value is a link that shows it alone.
func TestFacetsWithoutScript(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScript(false)
	p.open(sockeye.url + "/?port=" + port)
	p.facetIs("state", "ESTABLISHED", "2")
	p.do(chromedp.Click(chromedp.CSS("#facets [data-key=state] li:nth-child(2) a")))
	p.until("the state alone", `location.search === "?port=`+port+`&state=ESTABLISHED"`)
	p.awaitRows("both ends", func(rows []row) bool { return len(rows) == 2 })
}

// TestFacetsOnPhone: the facets are one row that scrolls, above the table.
func TestFacetsOnPhone(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScreen(390, 844, "light")
	p.openLive(sockeye.url + "/")
	p.until("facets", `document.querySelectorAll("#facets li").length > 3`)
	if h := eval[int](p, `Math.round(document.querySelector("#facets").getBoundingClientRect().height)`); h > 60 {
		t.Errorf("the facets are %d pixels high", h)
	}
	eval[any](p, `document.querySelector("#facets a").focus() ?? null`)
	if n := eval[int](p, `[...document.querySelectorAll("#facets li:first-child button")].filter(b => b.offsetWidth >= 24).length`); n != 2 {
		t.Errorf("the value with the focus has %d buttons, want 2", n)
	}
	p.setScreen(1440, 900, "light")
	if w := eval[int](p, `Math.round(document.querySelector("#facets").getBoundingClientRect().width)`); w < 150 || w > 220 {
		t.Errorf("the facets are %d pixels wide", w)
	}
}
