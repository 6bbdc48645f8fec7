package e2e

import (
	"os"
	"testing"
)

// TestPlatformsPage: from the foot of the table a link leads to what this source can know, which is marked; the page fits
// a phone, and axe-core finds nothing wrong where it is there.
func TestPlatformsPage(t *testing.T) {
	for _, source := range []string{"netlink", "gopsutil"} {
		t.Run(source, func(t *testing.T) {
			sockeye := start(t, "--source", source)
			p := newBrowser(t).tab()
			p.openLive(sockeye.url + "/")
			eval[any](p, `document.querySelector('.foot a[href="/platforms"]').click()`)
			p.until("the page is there", `location.pathname === "/platforms" && document.querySelector("#rtt td")`)
			if got := eval[string](p, `document.querySelector('th[aria-current]').textContent`); got != "Linux, "+source {
				t.Errorf("marked is %q", got)
			}
			if got, want := eval[string](p, `document.querySelector("#queues td").textContent`), map[string]string{"netlink": "yes", "gopsutil": "–"}[source]; got != want {
				t.Errorf("queues: %q, want %q", got, want)
			}
			axe, _ := os.ReadFile(os.Getenv("AXE_CORE"))
			for _, s := range screens {
				p.setScreen(s.width, s.height, s.scheme)
				if w := eval[int64](p, "document.documentElement.scrollWidth"); w > s.width {
					t.Errorf("%d %s: the page is %d pixels wide", s.width, s.scheme, w)
				}
				if len(axe) > 0 {
					checkAccessible(t, p, string(axe))
				}
			}
		})
	}
}
