package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestNames: the name of an address is asked for only where somebody wants it, and stands beside the address. That of
// 127.0.0.1 is in the hosts file of this machine.
func TestNames(t *testing.T) {
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil || !strings.Contains(string(hosts), "127.0.0.1") {
		t.Skipf("the hosts file has no name of 127.0.0.1: %v", err)
	}
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?rport=" + port)
	rows := p.awaitRows("one end", func(rows []row) bool { return len(rows) == 1 })
	const shown = `document.querySelector('#rows td[data-col="remote"]').dataset.name ?? ""`
	if name := eval[string](p, shown); name != "" {
		t.Errorf("nobody asked for the name %q", name)
	}
	p.do(chromedp.Click(chromedp.CSS("#shape #names")))
	p.until("names in the URL", `location.search === "?rport=`+port+`&names=1"`)
	p.until("the name", shown+` === "localhost"`)
	if after := p.rows(); after[0].Cells["remote"] != rows[0].Cells["remote"] {
		t.Errorf("in place of the address %q stands %q", rows[0].Cells["remote"], after[0].Cells["remote"])
	}
	p.do(chromedp.Click(chromedp.CSS("#shape #names")))
	p.until("no name", shown+` === ""`)

	p.setScript(false)
	p.open(sockeye.url + "/?rport=" + port + "&names=1")
	p.until("the name without a script", shown+` === "localhost"`)
	p.open(sockeye.url + "/?rport=" + port + "&group=remote&names=1")
	p.until("the name of a group", `document.querySelector("tr.group .note").textContent === "localhost"`)

	for view, want := range map[string]string{"": "", "&names=1": "localhost"} {
		_, body := sockeye.get("/connections.json?rport=" + port + view)
		var answer struct {
			Connections []struct {
				Name string `json:"remote_name"`
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Connections) != 1 || answer.Connections[0].Name != want {
			t.Errorf("data of %q: %s, %v, want the name %q", view, body, err, want)
		}
	}
}
