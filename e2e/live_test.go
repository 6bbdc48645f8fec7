package e2e

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestLive is the main job: sockets that open, change and close show without a reload, at the interval that is used
// where none is asked for.
func TestLive(t *testing.T) {
	sockeye := start(t, "--interval", "1s")
	p := newBrowser(t).tab()
	number := freePort(t)
	port := strconv.Itoa(number)
	p.openLive(sockeye.url + "/?port=" + port)
	eval[int](p, "window.sameDocument = 1")
	if rows := p.rows(); len(rows) != 0 {
		t.Fatalf("rows before anything is open: %v", rows)
	}

	polls, opened := sockeye.polls(), time.Now()
	pair := openPair(t, number)
	rows := p.awaitRows("a listener and both ends of a connection", func(rows []row) bool {
		_, listens := find(rows, "LISTEN", "local", port)
		_, accepted := find(rows, "ESTABLISHED", "local", port)
		_, connected := find(rows, "ESTABLISHED", "remote", port)
		return listens && accepted && connected
	})
	t.Logf("all three rows are there %v after they were opened", time.Since(opened).Round(time.Millisecond))
	if took := sockeye.polls() - polls; took > maxPollsToScreen {
		t.Errorf("the rows came after %d polls, want at most %d", took, maxPollsToScreen)
	}
	if len(rows) != 3 {
		t.Errorf("%d rows, want 3: %v", len(rows), rows)
	}
	for _, r := range rows {
		if got := r.Cells["proc"]; !strings.HasPrefix(got, "e2e.test") {
			t.Errorf("process %q of %s %s, want e2e.test", got, r.Cells["state"], r.Cells["local"])
		}
	}
	client, _ := find(rows, "ESTABLISHED", "remote", port)

	if err := pair.client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := pair.server.Close(); err != nil {
		t.Fatal(err)
	}
	p.awaitRows("the closed connection in TIME_WAIT or marked as closed", func(rows []row) bool {
		for _, r := range rows {
			if r.ID == client.ID {
				return r.Cells["state"] == "TIME_WAIT" || strings.Contains(r.Class, "closed")
			}
		}
		return false
	})
	if err := pair.listener.Close(); err != nil {
		t.Fatal(err)
	}
	p.awaitRows("no listener, or one marked as closed", func(rows []row) bool {
		r, there := find(rows, "LISTEN", "local", port)
		return !there || strings.Contains(r.Class, "closed")
	})
	if eval[int](p, "window.sameDocument ?? 0") != 1 {
		t.Error("the page was loaded anew")
	}
}

// TestPause holds the rows still while the reader reads, and shows what is new after that.
func TestPause(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	p.openLive(sockeye.url + "/?port=" + port)
	before := p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })

	p.do(chromedp.Click(chromedp.CSS("#pause")))
	p.awaitState("paused")
	connect(t, pair.listener)
	seen := sockeye.await("port="+port, "the new connection", func(e export) bool { return e.Matched == 5 })
	sockeye.await("port="+port, "two more polls", func(e export) bool { return e.Seq >= seen.Seq+2 })
	if held := p.rows(); strings.Join(ids(held), " ") != strings.Join(ids(before), " ") {
		t.Errorf("rows moved while paused: %v, before %v", ids(held), ids(before))
	}

	p.do(chromedp.Click(chromedp.CSS("#pause")))
	p.awaitState("live")
	p.awaitRows("five rows after the pause", func(rows []row) bool { return len(rows) == 5 })
}

// TestServerStopsAndReturns keeps the rows, says that they are old, and goes on by itself.
func TestServerStopsAndReturns(t *testing.T) {
	p := newBrowser(t).tab()
	p.expect("net::ERR_CONNECTION") // while nobody listens
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p.openLive(sockeye.url + "/?port=" + port)
	eval[int](p, "window.sameDocument = 1")
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })

	sockeye.stop()
	p.awaitState("disconnected")
	p.until("a banner says so", `(b => b && !b.hidden && b.innerText.trim() !== "")(document.querySelector("#banner"))`)
	if n := len(p.rows()); n != 3 {
		t.Errorf("%d rows while disconnected, want the 3 that were there", n)
	}

	startOn(t, sockeye.port)
	p.awaitState("live")
	connect(t, pair.listener)
	p.awaitRows("a new connection after the return", func(rows []row) bool { return len(rows) == 5 })
	p.until("the banner is gone", `document.querySelector("#banner").hidden`)
	if eval[int](p, "window.sameDocument ?? 0") != 1 {
		t.Error("the page was loaded anew")
	}
}

// maxPollsToScreen is how many polls may pass until a socket is seen on the screen: the one under way, the next, and one
// that may come while the test looks.
const maxPollsToScreen = 3

// polls returns how many polls there have been.
func (p *program) polls() int {
	p.t.Helper()
	_, body := p.get("/healthz")
	var health struct{ Polls int }
	if err := json.Unmarshal([]byte(body), &health); err != nil {
		p.t.Fatal(err)
	}
	return health.Polls
}
