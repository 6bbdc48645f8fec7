package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// inspected is /connections/{id}.json as far as it is tested.
type inspected struct {
	ID      string  `json:"id"`
	State   string  `json:"state"`
	Error   string  `json:"error"`
	EndedAt *string `json:"ended_at"`
	Meaning struct {
		Level, Text string
	} `json:"meaning"`
	States []struct {
		State string `json:"state"`
		Seen  bool   `json:"seen"`
	} `json:"states"`
	BytesSent *float64       `json:"bytes_sent"`
	Kernel    map[string]any `json:"kernel"`
	Owner     *struct {
		PID         int      `json:"pid"`
		CommandLine []string `json:"command_line"`
	} `json:"owner"`
}

// inspect asks for a connection as data, which must be known now or from memory.
func (p *program) inspect(id string) (one inspected) {
	p.t.Helper()
	_, body := p.get("/connections/" + id + ".json")
	if err := json.Unmarshal([]byte(body), &one); err != nil || one.ID != id {
		p.t.Fatalf("%s: %v: %.300s", id, err, body)
	}
	return one
}

// idOf returns the id of the connection whose local end is that of c, as soon as the program knows it.
func (p *program) idOf(c net.Conn) string {
	p.t.Helper()
	local := c.LocalAddr().(*net.TCPAddr)
	e := p.await("lport="+itoa(local.Port)+"&rport="+itoa(c.RemoteAddr().(*net.TCPAddr).Port), "the connection", func(e export) bool { return e.Matched == 1 })
	return e.Connections[0].ID
}

// TestHalfClosed: what the two ends of a half-closed connection mean, on a page that works without a script.
func TestHalfClosed(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	closer, waiting := sockeye.idOf(pair.client), sockeye.idOf(pair.server)
	if err := pair.client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the half-closed states", func() bool {
		return sockeye.inspect(closer).State == "FIN_WAIT_2" && sockeye.inspect(waiting).State == "CLOSE_WAIT"
	})
	one := sockeye.inspect(waiting)
	if n := len(one.States); n < 2 || one.States[n-2].State != "ESTABLISHED" || !one.States[n-1].Seen {
		t.Errorf("its way: %+v", one.States)
	}
	if one.Owner == nil || len(one.Owner.CommandLine) == 0 || one.Kernel["congestion_control"] == nil {
		t.Errorf("owner %+v, kernel %v", one.Owner, one.Kernel["congestion_control"])
	}
	p := newBrowser(t).tab()
	p.setScript(false)
	p.open(sockeye.url + "/connections/" + waiting)
	p.until("the page says who owes what", `document.querySelector(".verdict").innerText.includes("does not know of the end yet")`)
	p.until("the place in the diagram", `document.querySelector(".diagram .box.here[data-state=CLOSE_WAIT]") && document.querySelector(".diagram .box.seen[data-state=ESTABLISHED]")`)
	p.open(sockeye.url + "/connections/" + closer)
	p.until("the other end", `document.querySelector(".verdict").innerText.includes("has not closed its own")`)
	p.do(chromedp.Click(chromedp.CSS(`#steps a[data-state=FIN_WAIT_2]`)))
	p.until("what the state means", `location.pathname === "/states" && location.hash === "#FIN_WAIT_2" && document.getElementById("FIN_WAIT_2")`)
}

// TestDeepLink: a connection has an address while it lives and for a while after, in each format.
func TestDeepLink(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	id := sockeye.idOf(pair.client)
	if _, err := pair.client.Write([]byte("twelve bytes")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "its bytes", func() bool { one := sockeye.inspect(id); return one.BytesSent != nil && *one.BytesSent == 12 })
	for _, path := range []string{"/connections/" + id, "/connections/" + id + ".json"} {
		if answer, _ := sockeye.get(path); answer.StatusCode != http.StatusOK {
			t.Errorf("%s while it lives: %s", path, answer.Status)
		}
	}
	reset(t, pair.client)
	waitFor(t, "its end", func() bool { return sockeye.inspect(id).EndedAt != nil })
	for _, path := range []string{"/connections/" + id, "/connections/" + id + ".json"} {
		answer, body := sockeye.get(path)
		if answer.StatusCode != http.StatusGone || !strings.Contains(body, "connection is over") {
			t.Errorf("%s after its end: %s %.300s", path, answer.Status, body)
		}
	}
	if one := sockeye.inspect(id); one.Error == "" || one.BytesSent == nil || *one.BytesSent != 12 {
		t.Errorf("its last values: %+v", one)
	}
	for path, want := range map[string]int{"/connections/1": 404, "/connections/1.json": 404, "/connections/x": 400, "/connections/x.json": 400} {
		answer, body := sockeye.get(path)
		if answer.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, answer.Status, want)
		}
		checkFormat(t, path, answer, body)
	}
}

// reset ends a connection so that neither end is left in TIME_WAIT.
func reset(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSharedLink: a view with a connection in it opens for everybody as it was sent, and copies as such.
func TestSharedLink(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	id := sockeye.idOf(pair.client)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener) + "&sel=" + id)
	p.until("the connection beside the table", `document.querySelector("#inspector:not([hidden]) article")?.dataset.id === "`+id+`"`)
	if at := eval[string](p, `document.activeElement.id`); at == "connection-title" {
		t.Error("a link takes the focus away from the table")
	}
	p.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("part-copies").open = true`))
	if got, want := eval[string](p, `document.getElementById("clip-link").value`), sockeye.url+"/connections/"+id; got != want {
		t.Errorf("the link to copy is %s, want %s", got, want)
	}
	p.do(chromedp.Evaluate[chromedp.Void](`window.copied = ""; document.execCommand = () => { window.copied = getSelection().toString() || document.activeElement.value; return true; }; Object.defineProperty(navigator, "clipboard", { value: undefined })`))
	p.do(chromedp.Click(chromedp.CSS(`[data-copy=clip-curl]`)))
	p.until("copied without a clipboard", `document.querySelector("[data-copied]").textContent === "Copied." && window.copied.startsWith("curl -s http")`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.execCommand = () => false`))
	p.do(chromedp.Click(chromedp.CSS(`[data-copy=clip-ss]`)))
	p.until("selected where nothing can copy", `document.activeElement.id === "clip-ss" && document.activeElement.selectionEnd > 10 && /press Ctrl\+C/.test(document.querySelector("[data-copied]").textContent)`)
}

// TestSavedViews: views are kept by name in the browser, and removed.
func TestSavedViews(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?state=LISTEN")
	p.do(chromedp.Click(chromedp.CSS(`button[popovertarget=saved]`)))
	p.do(chromedp.SendKeys(chromedp.CSS(`#saved-form input[name=name]`), "<b>mine</b>\r"))
	p.until("it is listed", `document.querySelector("#saved-list a")?.textContent === "<b>mine</b>"`)
	p.openLive(sockeye.url + "/")
	p.do(chromedp.Click(chromedp.CSS(`button[popovertarget=saved]`)))
	p.do(chromedp.Click(chromedp.CSS(`#saved-list a`)))
	p.until("the view", `location.search === "?state=LISTEN" && document.querySelector("form#filter input[name=q]").value.includes("LISTEN")`)
	p.do(chromedp.Click(chromedp.CSS(`#saved-list button`)))
	p.until("it is removed", `document.querySelectorAll("#saved-list li").length === 0 && localStorage.getItem("sockeye.views") === "[]"`)
	p.do(chromedp.Evaluate[chromedp.Void](`localStorage.setItem("sockeye.views", '{"not": "a list"}')`))
	p.openLive(sockeye.url + "/")
}
