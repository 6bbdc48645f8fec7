package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// generate has the socket generator hold sockets until the end of the test.
func generate(t *testing.T, args string) {
	t.Helper()
	cmd := exec.Command(socketsBinary, strings.Fields(args)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = in.Close()
		for lines.Scan() {
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("socket generator: %v", err)
		}
	})
	var report struct{ Ready bool }
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &report) != nil || !report.Ready {
		t.Fatalf("socket generator: %s", lines.Text())
	}
}

// TestTenThousand: with many sockets the page has its window of them and no more, on screen and on the wire.
//
//attack:r6
func TestTenThousand(t *testing.T) {
	generate(t, "-established 10000 -listen 10 -closewait 20 -timewait 50 -udp 10 -processes 4 -for 10m")
	sockeye := start(t)
	sockeye.await("", "all sockets", func(e export) bool { return e.Total >= 10_060 })
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?state=ESTABLISHED&sort=local")
	p.until("the number of matches", `Number(document.querySelector("#matched").textContent.replace(/\D/g, "")) >= 10000`)
	if n := len(p.rows()); n < 20 || n > 120 {
		t.Errorf("%d rows in the page, want its window of 20 to 120", n)
	}
	if id := eval[string](p, inView); id == "" {
		t.Error("no row on the lower part of the screen")
	}

	first := eval[string](p, inView)
	eval[int](p, `(e => e.scrollTop = e.scrollHeight / 2)(`+scroller+`)`)
	p.until("rows in the middle of the table", inView+` !== "" && `+inView+` !== "`+first+`"`)
	if n := eval[int](p, `document.querySelectorAll("tbody#rows tr").length`); n > 200 {
		t.Errorf("%d rows in the page after scrolling", n)
	}
	p.do(chromedp.Click(chromedp.CSS("#pause")))
	p.awaitState("paused")

	checkFrames(t, p.messages())
	if answer, _ := sockeye.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("health: %s", answer.Status)
	}
}

// checkFrames checks the sizes of the frames that the page was sent.
func checkFrames(t *testing.T, frames []string) {
	t.Helper()
	most := map[string]int{"hello": 4 << 10, "snap": 64 << 10, "delta": 24 << 10, "facets": 4 << 10}
	largest := map[string]int{}
	for _, f := range frames {
		var m struct {
			T    string            `json:"t"`
			Rows []json.RawMessage `json:"rows"`
		}
		if err := json.Unmarshal([]byte(f), &m); err != nil {
			t.Fatalf("frame %.100s: %v", f, err)
		}
		if len(f) > most[m.T] {
			t.Errorf("a frame %q of %d bytes, want at most %d", m.T, len(f), most[m.T])
		}
		if len(m.Rows) > 200 {
			t.Errorf("a frame with %d rows", len(m.Rows))
		}
		largest[m.T] = max(largest[m.T], len(f))
	}
	t.Logf("%d frames; the largest of each kind in bytes: %v", len(frames), largest)
	if largest["snap"] == 0 {
		t.Error("no snapshot came over the socket")
	}
}
