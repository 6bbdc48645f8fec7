package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// find opens the palette and types.
func (p *tab) find(text string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.until("the palette with the cursor in it", `document.querySelector("#palette").open && document.activeElement.matches("#palette input")`)
	p.press(text)
}

// marked is the option that Enter takes.
const marked = `(document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.innerText.replace(/\s+/g, " ") ?? "")`

// TestPalette finds one of each kind by typing a part of it, with nothing but the keyboard.
func TestPalette(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	eval[int](p, `(() => { window.sameDocument = 1; localStorage.setItem("sockeye.views", JSON.stringify([
		{name: "My <b>web</b> servers", view: "state=LISTEN&proc=nginx"}, {name: "Elsewhere", url: "https://evil.example/"}, {name: 7, url: "/"}, null])); return 1; })()`)

	for _, tt := range []struct{ typed, marked, done string }{
		{"pause", "Pause the table, or let it go on p", `document.body.dataset.state === "paused"`},
		{"pause", "Pause the table, or let it go on p", `document.body.dataset.state === "live"`},
		{"time_w", "TIME_WAIT state", `location.search === "?state=TIME_WAIT"`},
		{"outb", "Outbound view", `location.search === "?dir=outbound"`},
		{"zzz:port:" + port, "Filter by zzz:port:" + port + " filter", `!document.querySelector("#problem").hidden`},
		{"port:" + port, "Filter by port:" + port + " filter", `location.search === "?port=` + port + `"`},
	} {
		p.find(tt.typed)
		p.until(tt.marked, marked+` === "`+tt.marked+`"`)
		p.press(kb.Enter)
		p.until(tt.typed, tt.done+` && !document.querySelector("#palette").open`)
	}
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	p.find("e2e.te")
	p.until("a process that is seen", marked+` === "e2e.test process"`)
	p.press(kb.Enter)
	p.until("its view", `location.search === "?proc=e2e.test"`)
	if eval[int](p, "window.sameDocument ?? 0") != 1 {
		t.Error("the page was loaded anew")
	}

	p.find("web")
	p.until("a saved view, as text", marked+` === "My <b>web</b> servers saved view"`)
	p.press(kb.Enter)
	p.until("the saved view", `location.search === "?state=LISTEN&proc=nginx"`)
	p.find("elsewhere")
	p.until("what leads elsewhere is no view", marked+` === "Filter by elsewhere filter"`)
	p.press(kb.Escape)
	p.until("closed", `!document.querySelector("#palette").open`)

	p.find(port)
	p.until("a port", marked+` === "Look up port `+port+` port" || `+marked+`.startsWith("`+port+`")`)
	p.press(kb.Enter)
	p.until("the port's page", `location.pathname === "/ports/`+port+`"`)
}

// TestPaletteIsACombobox: what stands in the document tells those who do not see it.
func TestPaletteIsACombobox(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	p.do(chromedp.Click(chromedp.CSS(`[data-do="palette"]`)))
	p.until("open", `document.querySelector("#palette").open`)
	first := eval[string](p, marked)
	p.press(kb.ArrowDown)
	p.until("the next option", marked+` !== "`+first+`"`)
	p.press(kb.ArrowUp)
	p.until("the first option", marked+` === "`+first+`"`)
	p.press(kb.ArrowUp)
	p.until("the last option", `document.activeElement.getAttribute("aria-activedescendant") === document.querySelector("#palette-list").lastElementChild.id`)
	p.until("one is selected", `document.querySelectorAll('#palette-list [aria-selected="true"]').length === 1`)
	p.until("it is in sight", `((o, l) => o.bottom <= l.bottom + 1 && o.top >= l.top - 1)(document.querySelector('#palette-list [aria-selected="true"]').getBoundingClientRect(), document.querySelector("#palette-list").getBoundingClientRect())`)
	p.press("nothing like this")
	p.until("the number is told", `document.querySelector("#palette .none").textContent === "1 found"`)
	p.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.until("closed by the keys that opened it", `!document.querySelector("#palette").open`)
	p.setScreen(390, 844, "dark")
	p.find("a")
	if w := eval[int](p, "Math.max(document.documentElement.scrollWidth, document.querySelector('#palette').getBoundingClientRect().right)"); w > 390 {
		t.Errorf("the palette ends at %d pixels", w)
	}
}

// TestPaletteElsewhere: the other pages have the keys that lead on, and the palette.
func TestPaletteElsewhere(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/ports/443")
	p.press("?")
	p.until("the help", `document.querySelector("#shortcuts").matches(":popover-open") && !document.querySelector("#shortcuts").innerText.includes("Pause")`)
	p.press("?")
	p.find("8443")
	p.until("a port", marked+` === "Look up port 8443 port"`)
	p.press(kb.Enter)
	p.until("its page", `location.pathname === "/ports/8443" && document.readyState === "complete"`)
	p.find("state:listen")
	p.until("a filter", marked+` === "Filter by state:listen filter"`)
	p.press(kb.Enter)
	p.until("the dashboard", `location.pathname + location.search === "/?state=LISTEN"`)
	p.open(sockeye.url + "/ports/443")
	p.press("gd")
	p.until("all connections", `location.pathname + location.search === "/"`)
}
