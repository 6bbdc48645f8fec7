package e2e

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
)

// axeCore returns axe-core as a script, or skips the test where there is none.
func axeCore(t *testing.T) string {
	t.Helper()
	file := os.Getenv("AXE_CORE")
	if file == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("AXE_CORE is not set, and with CI=true it must be")
		}
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(axe)
}

// dashboardStates are what a reader can bring the dashboard to: from a view, by a script or by hands, to a condition.
var dashboardStates = []struct {
	name, view, do string
	hands          func(p *tab)
	until          string
}{
	{name: "grouped", view: "&group=process", do: `document.querySelector("tr.group a.fold").click()`, until: `document.querySelector("#rows tr:not(.group)")`},
	{name: "grouped and sorted", view: "&group=state&sort=-count", until: `document.querySelector("th[data-sort=count][aria-sort=descending] a")`},
	{name: "joined and named", view: "&pair=1&names=1", until: `document.querySelector("td[data-peer]")`},
	{name: "numbers, all columns", view: "&n=1&cols=proto,state,rtt,retr,dir,fam,port,rport,uid,opened,seen,id,peer,drops,spark&sort=-rx,pid", until: `document.querySelector("td[data-col=spark]")`},
	{name: "a filter that is wrong", hands: func(p *tab) { p.clearBox(); p.typeFilter("state:FOO") }, until: `!document.querySelector("#problem").hidden`},
	{name: "an offer", hands: func(p *tab) { p.clearBox(); p.typeFilter("tcp.port == 443") }, until: `!document.querySelector("#offer").hidden`},
	{name: "completions", hands: func(p *tab) { p.clearBox(); p.typeFilter("state:") }, until: `!document.querySelector("#suggestions").hidden && document.querySelector("#suggestions li")`},
	{name: "no row", view: "&state=CLOSING", until: `!document.querySelector("#empty").hidden`},
	{name: "the inspector", do: `document.querySelector("#rows td[data-col=mark] a").click()`, until: `document.querySelector("#inspector article h2")`},
	{name: "the inspector unfolded", do: `document.querySelector("#rows td[data-col=mark] a").click()`,
		until: `document.querySelectorAll("#inspector details").forEach(d => { d.open = true; }), document.querySelectorAll("#inspector details[open]").length > 4`},
	{name: "columns", do: `document.querySelector("#columns").click()`, until: `document.querySelector("#chooser").open`},
	{name: "palette", hands: func(p *tab) { p.find("por") }, until: `document.querySelector("#palette-list li")`},
	{name: "help of the filter", do: `document.querySelector("[popovertarget=keys]").click()`, until: `document.querySelector("#keys").matches(":popover-open")`},
	{name: "saved views", do: `document.querySelector("[popovertarget=saved]").click(), document.querySelector("#saved-form input").value = "mine", document.querySelector("#saved-form").requestSubmit()`,
		until: `document.querySelector("#saved-list li")`},
	{name: "paused", do: `document.querySelector("#pause").click()`, until: `document.body.dataset.state === "paused"`},
	{name: "the charts in full", do: `document.querySelector(".unfold input").click()`, until: `document.querySelector(".unfold input").checked`},
}

// TestAccessibleStates: axe-core finds no violation in any state of the dashboard, screen and scheme, and nothing that can
// be pressed is smaller than 24 pixels.
func TestAccessibleStates(t *testing.T) {
	axe := axeCore(t)
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, state := range dashboardStates {
			t.Run(fmt.Sprintf("%s %d %s", state.name, s.width, s.scheme), func(t *testing.T) {
				p.openLive(sockeye.url + "/?port=" + port + state.view)
				p.until("rows", `document.querySelector("#rows tr, #empty:not([hidden])")`)
				if state.do != "" {
					eval[bool](p, "("+state.do+", true)")
				}
				if state.hands != nil {
					state.hands(p)
				}
				p.until(state.name, state.until)
				checkAccessible(t, p, axe)
				checkLarge(t, p)
				checkFits(t, p, s.width)
			})
		}
	}
}

// checkLarge checks that what can be pressed has 24 pixels each way, but for links within sentences.
func checkLarge(t *testing.T, p *tab) {
	t.Helper()
	small := eval[string](p, `[...document.querySelectorAll("button, select, input, summary, [role=button], th a, .chips a, .facets a, nav a, .tools a")].filter(e => {
		const large = (r) => r.width >= 23.9 && r.height >= 23.9;
		const seen = e.checkVisibility({visibilityProperty: true}) && e.offsetWidth > 1;
		return seen && ![e, e.closest("label") ?? e].some(one => large(one.getBoundingClientRect()));
	}).map(e => e.outerHTML.slice(0, 90)).join("\n")`)
	if small != "" {
		t.Errorf("too small to press:\n%s", small)
	}
}

// checkFits checks that the page is not wider than the screen, and names what is.
func checkFits(t *testing.T, p *tab, width int64) {
	t.Helper()
	if w := eval[int64](p, "document.documentElement.scrollWidth"); w > width {
		wide := eval[string](p, fmt.Sprintf(`[...document.body.querySelectorAll("*")].filter(e => {
			for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return false;
			return e.getBoundingClientRect().right > %d;
		}).map(e => e.outerHTML.slice(0, 90)).join("\n")`, width))
		t.Errorf("the page is %d pixels wide:\n%s", w, wide)
	}
}

// TestAccessibleLater: what a page becomes by what happens: an order that is held, a connection that ends while it is
// looked at, a server that is gone.
func TestAccessibleLater(t *testing.T) {
	axe := axeCore(t)
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("net::ERR_CONNECTION") // while nobody listens
	p.expect("410 (Gone)")
	everywhere := func(name string) {
		for _, s := range screens {
			t.Run(fmt.Sprintf("%s %d %s", name, s.width, s.scheme), func(t *testing.T) {
				p.setScreen(s.width, s.height, s.scheme)
				checkAccessible(t, p, axe)
				checkLarge(t, p)
			})
		}
	}
	p.openLive(sockeye.url + "/?port=" + port + "&sort=-rx")
	rows := p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	p.point("#rows tr:nth-child(2)")
	connect(t, pair.listener)
	p.until("an order that is held", `!document.querySelector("#held").hidden`)
	checkAccessible(t, p, axe)
	p.mouse(input.DispatchMouseEventTypeMouseMoved, spot{5, 5})

	id := p.awaitRows("five rows", func(rows []row) bool { return len(rows) == 5 })[0].ID
	for _, r := range rows {
		if strings.HasSuffix(r.Cells["local"], pair.client.LocalAddr().String()[len("127.0.0.1"):]) {
			id = r.ID
		}
	}
	p.openInspector(id)
	if err := pair.client.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := pair.client.Close(); err != nil {
		t.Fatal(err)
	}
	p.until("a tombstone", `document.querySelector("#inspector article[data-over]")`)
	everywhere("tombstone")
	p.open(sockeye.url + "/connections/" + id)
	everywhere("page of the end")
	p.openLive(sockeye.url + "/?port=" + port)
	sockeye.stop()
	p.awaitState("disconnected")
	everywhere("disconnected")
}

// TestAccessiblePages: every page beside the dashboard, with all that can be unfolded.
func TestAccessiblePages(t *testing.T) {
	axe := axeCore(t)
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("the server responded with a status of 4")
	p.openLive(sockeye.url + "/?port=" + port + "&state=ESTABLISHED")
	id := p.awaitRows("two rows", func(rows []row) bool { return len(rows) == 2 })[0].ID
	pages := []string{
		"/states", "/ports", "/ports/" + port, "/ports/conflicts", "/connections/" + id, "/connections/" + id + "?names=1", "/diagnosis",
		"/network", "/nothing", "/connections/xyz", "/connections/1", "/ports/99999", "/?state=FOO", "/?group=nobody",
	}
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range pages {
			t.Run(fmt.Sprintf("%s %d %s", path, s.width, s.scheme), func(t *testing.T) {
				p.open(sockeye.url + path)
				eval[any](p, `document.querySelectorAll("details").forEach(d => { d.open = true; })`)
				checkAccessible(t, p, axe)
				checkLarge(t, p)
				checkFits(t, p, s.width)
			})
		}
	}
}
