package e2e

import (
	"os"
	"testing"
)

// TestNetworkPagesAccessible: axe-core finds no violation on the pages of the network and of the diagnosis, unfolded and
// with a finding.
func TestNetworkPagesAccessible(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fillBacklog(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{"/network", "/diagnosis", "/"} {
			p.open(sockeye.url + path)
			eval[any](p, `document.querySelectorAll("details").forEach(d => { d.open = true; })`)
			checkAccessible(t, p, string(axe))
		}
	}
}
