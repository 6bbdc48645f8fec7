package e2e

import (
	"os"
	"testing"
)

// TestPortPagesAccessible: axe-core finds no violation on any page of ports, unfolded, with a port held and one tried.
func TestPortPagesAccessible(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{
			"/ports", "/ports/" + portOf(pair.listener), "/ports/" + itoa(freePort(t)) + "?try=1", "/ports/1-65535", "/ports/conflicts",
		} {
			p.open(sockeye.url + path)
			eval[any](p, `document.querySelectorAll("details").forEach(d => { d.open = true; })`)
			checkAccessible(t, p, string(axe))
		}
	}
}
