package e2e

import (
	"net"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// openInspector opens a connection beside the table, as the table does it.
func (p *tab) openInspector(id string) {
	p.t.Helper()
	if eval[bool](p, `document.dispatchEvent(new CustomEvent("sockeye:open", { detail: "`+id+`", cancelable: true }))`) {
		p.t.Error("nobody says that the connection is taken care of")
	}
	p.until("the connection beside the table", `document.querySelector("#inspector:not([hidden]) article")?.dataset.id === "`+id+`"`)
}

// TestInspectorFollows: the panel keeps up with its connection without touching what the reader unfolded, scrolled
// and focused, and keeps the last values when it ends.
func TestInspectorFollows(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	id := sockeye.idOf(pair.server)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.openInspector(id)
	p.until("the focus is in the panel", `document.activeElement.id === "connection-title"`)
	p.until("the URL is a link to it", `location.search.endsWith("&sel=`+id+`")`)
	p.do(chromedp.Evaluate[chromedp.Void](`
		document.getElementById("part-kernel").open = true;
		document.getElementById("part-overview").open = false;
		document.querySelector("#part-kernel summary").focus();
		document.getElementById("inspector-body").scrollTop = 300;
		window.article = document.getElementById("connection")`))
	if err := pair.client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	p.until("the new state, and what it means here", `document.querySelector("#connection .pill").textContent === "CLOSE_WAIT" && document.querySelector(".verdict").innerText.includes("e2e.test")`)
	p.until("its place in the diagram", `document.querySelector("#connection .box.here[data-state=CLOSE_WAIT]")`)
	p.until("all is as the reader left it", `document.getElementById("part-kernel").open && !document.getElementById("part-overview").open &&
		document.activeElement === document.querySelector("#part-kernel summary") &&
		document.getElementById("inspector-body").scrollTop > 200 && window.article === document.getElementById("connection")`)
	reset(t, pair.server)
	p.until("the tombstone", `document.querySelector("#connection[data-over]")?.innerText.includes("This connection is over")`)
}

// TestInspectorKeys: Esc closes the panel and gives the focus back; a click on a link to a connection opens it there.
func TestInspectorKeys(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	one, other := sockeye.idOf(pair.server), sockeye.idOf(pair.client)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.openInspector(one)
	p.until("the other end is listed", `document.querySelector("#peer-`+other+` a")`)
	p.do(chromedp.Click(chromedp.CSS("#peer-" + other + " a")))
	p.until("the other end in the panel", `document.getElementById("connection").dataset.id === "`+other+`" && location.pathname === "/" && location.search.endsWith("sel=`+other+`")`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.addEventListener("sockeye:closed", event => window.closedID = event.detail)`))
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until("closed", `document.getElementById("inspector").hidden && !location.search.includes("sel=")`)
	if got := eval[string](p, "window.closedID"); got != other {
		t.Errorf("the page hears that %q was closed, want %q", got, other)
	}
	p.until("the focus is back at the table", `document.getElementById("table").contains(document.activeElement) || document.activeElement.id === "table"`)
	p.openInspector(one)
	p.do(chromedp.Click(chromedp.CSS(`#states a[data-state=LISTEN]`)))
	p.until("another view with the connection still beside it", `location.search === "?state=LISTEN&sel=`+one+`" && !document.getElementById("inspector").hidden`)
	p.do(chromedp.Click(chromedp.CSS("#inspector-page")))
	p.until("the page of its own", `location.pathname === "/connections/`+one+`" && document.querySelector("main article")`)
	p.do(chromedp.Evaluate[chromedp.Void](`window.before = document.querySelector("#connection time").textContent`))
	p.until("which keeps up as well", `document.querySelector("#connection time").textContent !== window.before`)
}

// TestInspectorOnPhone: on a narrow screen the panel is a sheet at the bottom, and nothing scrolls sideways.
func TestInspectorOnPhone(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	id := sockeye.idOf(pair.server)
	p := newBrowser(t).tab()
	p.setScreen(390, 844, "light")
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.openInspector(id)
	p.until("a sheet at the bottom", `(r => r.left === 0 && r.width === 390 && Math.round(r.bottom) === innerHeight && r.top > 100)(document.getElementById("inspector").getBoundingClientRect())`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("#connection details").forEach(d => d.open = true)`))
	p.until("nothing is wider than the screen", `document.documentElement.scrollWidth <= 390 && (b => b.scrollWidth <= b.clientWidth)(document.getElementById("inspector-body"))`)
	for _, path := range []string{"/connections/" + id, "/states"} {
		p.open(sockeye.url + path)
		p.until(path+" fits", `document.documentElement.scrollWidth <= 390`)
	}
}
