package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestInspectorHostile: names of processes are text in the panel, on the page, in what can be copied and as data.
//
//attack:j1
func TestInspectorHostile(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, h := range hostiles[:9] {
		address := newActor(t, h.file, h.comm).tell("listen 127.0.0.1:0")
		port := address[strings.LastIndex(address, ":")+1:]
		e := sockeye.await("state=LISTEN&port="+port, "the listener with its process", func(e export) bool {
			return e.Matched == 1 && e.Connections[0].Process != nil
		})
		id := e.Connections[0].ID
		p.openLive(sockeye.url + "/?port=" + port)
		p.openInspector(id)
		checkOnlyText(t, p, "panel")
		p.open(sockeye.url + "/connections/" + id)
		p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
		if text := eval[string](p, "document.body.innerText"); !strings.Contains(text, h.part) {
			t.Errorf("the page does not show %q", h.part)
		}
		checkOnlyText(t, p, "page of a connection")
		if one := sockeye.inspect(id); one.Owner == nil || len(one.Owner.CommandLine) == 0 {
			t.Errorf("%q: owner %+v", h.part, one.Owner)
		}
	}
}
