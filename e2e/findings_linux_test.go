package e2e

import (
	"net"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"
)

// fillBacklog has a listener that never accepts and as many connections to it as may wait, and returns its port.
func fillBacklog(t *testing.T) string {
	t.Helper()
	l := listen(t, 0)
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	const most = 2
	if err := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), most) }); err != nil {
		t.Fatal(err)
	}
	for range most + 1 { // one more than the number that listen is given
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	return portOf(l)
}

// TestWorstFindingLives: the dashboard has one quiet line about what is wrong. It changes while the page is looked at,
// moves nothing, and leads to the findings, whose link leads to the connections meant.
func TestWorstFindingLives(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/")
	p.until("rows", `document.querySelectorAll("#rows tr").length > 0`)
	place := `["table", "states", "filter"].map(id => document.getElementById(id).getBoundingClientRect()).map(r => [r.top, r.height].join()).join(" ")`
	before := eval[string](p, place)
	if got := eval[string](p, `document.getElementById("worst").getAttribute("href")`); got != "/diagnosis#findings" {
		t.Errorf("it leads to %q", got)
	}
	port := fillBacklog(t)
	p.until("the line says what is wrong", `document.getElementById("worst").textContent.includes("on port `+port+`, where 2 may")`)
	if got := eval[string](p, `document.getElementById("worst").dataset.severity`); got != "failure" {
		t.Errorf("severity %q", got)
	}
	if after := eval[string](p, place); after != before {
		t.Errorf("the page moved: %s, then %s", before, after)
	}
	p.do(chromedp.Click(chromedp.CSS("#worst")))
	p.until("the findings", `location.hash === "#findings" && document.getElementById("findings").textContent.includes("on port `+port+`")`)
	p.do(chromedp.Click(chromedp.CSS(`#findings li[data-severity="failure"] a`)))
	p.until("exactly the listener", `document.getElementById("matched")?.textContent === "1" && document.querySelector("#rows tr").textContent.includes(":`+port+`")`)
}

// TestNetworkLives: the page of the network has rates while it is open, and holds still: what is unfolded and focused
// stays, and nothing moves.
func TestNetworkLives(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/network")
	cell := func(row string, column int) string {
		return `document.getElementById("` + row + `").cells[` + itoa(column) + `].textContent.trim()`
	}
	p.until("rates", cell("Tcp.InSegs", 3)+` !== "–" && `+cell("Tcp.InSegs", 2)+`.startsWith("+")`)
	p.until("how long it is open", `document.querySelector("#live .advice").textContent.includes("since the page was opened")`)
	p.do(chromedp.Click(chromedp.CSS("#others summary")))
	p.until("unfolded", `document.getElementById("others").open`)
	place := `["interfaces", "routes", "counters"].map(id => document.getElementById(id).getBoundingClientRect().top + scrollY).join(" ")`
	before, count := eval[string](p, place), eval[string](p, cell("Tcp.InSegs", 1))
	p.until("it goes on", cell("Tcp.InSegs", 1)+` !== "`+count+`"`)
	if after := eval[string](p, place); after != before {
		t.Errorf("the page moved: %s, then %s", before, after)
	}
	if !eval[bool](p, `document.getElementById("others").open`) {
		t.Error("what was unfolded is folded again")
	}
	if got := eval[string](p, `document.querySelector("#live noscript")?.textContent ?? ""`); !strings.Contains(got, "look again") {
		t.Errorf("without a script it says %q", got)
	}
}
