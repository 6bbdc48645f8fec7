package e2e

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// rankRow is an expression for the row of this test's process in the list of processes.
func rankRow() string {
	return `document.querySelector('#live tr[id^="process-` + itoa(os.Getpid()) + `-"]')`
}

// TestRankingLives: /processes follows what happens, sorts by its heads as links, and its figures lead to the table.
func TestRankingLives(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/processes")
	count := rankRow() + `?.querySelector('[data-label="Connections"]').textContent`
	p.until("this process is ranked", count)
	before := eval[string](p, count)
	for range 5 {
		_, _ = connect(t, pair.listener)
	}
	p.until("its connections are counted anew", count+` !== "`+before+`"`)
	p.do(chromedp.Click(chromedp.CSS(`thead th:nth-child(9) a`)))
	p.until("sorted by bytes received", `location.search === "?sort=-rx" && document.querySelector('th[aria-sort="descending"]').textContent === "Received"`)
	eval[any](p, `window.was = document.querySelector("#live time").textContent`)
	p.until("and it stays so when it is made anew", `document.querySelector("#live time").textContent !== window.was && document.querySelector('th[aria-sort="descending"]').textContent === "Received"`)
	p.do(chromedp.Click(chromedp.CSS(`#live tr[id^="process-` + itoa(os.Getpid()) + `-"] [data-label="Connections"] a`)))
	p.until("its connections in the table", `location.pathname === "/" && location.search.includes("pid=`+itoa(os.Getpid())+`")`)
	if answer, body := sockeye.get("/processes?sort=nonsense"); answer.StatusCode != 400 || !strings.Contains(body, "can be sorted by") {
		t.Errorf("%s", answer.Status)
	}
}

// TestProcessPageLives: a process's page follows its sockets and says when it has ended. Links name it by PID and start, and
// a start that is another's is said to be.
func TestProcessPageLives(t *testing.T) {
	a := newActor(t, "worker", "")
	address := a.tell("listen 127.0.0.1:0")
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/processes/" + itoa(a.pid))
	_, port, _ := net.SplitHostPort(address)
	p.until("its listener", `document.querySelector('#live a[href="/ports/`+port+`/tcp"]')`)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	a.tell("accept")
	p.until("who is connected", `document.getElementById("remote-127.0.0.1")?.innerText.includes("e2e.test")`)
	p.until("how much it works", `document.getElementById("list-process-facts").textContent.includes("of one processor")`)
	p.do(chromedp.Click(chromedp.CSS(`#remote-127\.0\.0\.1 td:last-child a`)))
	p.until("the process at the other end", `location.pathname === "/processes/`+itoa(os.Getpid())+`" && location.search.startsWith("?start=")`)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/processes/" + itoa(a.pid) + "?start=1": {410, "another one has it by now"}, "/processes/" + itoa(a.pid) + ".json?start=1": {410, "another one"},
		"/processes/4194305": {404, "There is no process"}, "/processes/0": {400, "number from 1 on"}, "/processes/x.json": {400, "number from 1 on"},
		"/processes/" + itoa(a.pid) + "?start=x": {400, "clock ticks"}, "/processes/" + itoa(a.pid) + "/x": {404, "nothing at this address"},
	} {
		if answer, body := sockeye.get(path); answer.StatusCode != want.status || !strings.Contains(body, want.text) {
			t.Errorf("%s: %s %.300s", path, answer.Status, body)
		}
	}
}

// TestProcessesAccessible: axe-core finds no violation on the pages of processes, nor on those that ask and tell; nothing is
// wider than a phone.
func TestProcessesAccessible(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pair := openPair(t, 0)
	sockeye := start(t, actionFlags(t)...)
	id, self := sockeye.idOf(pair.client), itoa(os.Getpid())
	p := newBrowser(t).tab()
	p.expect("status of 4")
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{
			"/processes", "/processes?sort=nonsense", "/processes/" + self, "/processes/" + self + "?start=1", "/processes/4194305",
			"/connections/" + id, "/connections/" + id + "/close", "/processes/" + self + "/end", "/processes/1/kill",
		} {
			p.open(sockeye.url + path)
			eval[any](p, `document.querySelectorAll("details").forEach(d => { d.open = true; })`)
			checkAccessible(t, p, string(axe))
			if w := eval[int](p, "document.documentElement.scrollWidth"); int64(w) > s.width {
				t.Errorf("%s: %d pixels wide on %d", path, w, s.width)
			}
		}
	}
}
