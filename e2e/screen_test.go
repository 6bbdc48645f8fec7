package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// screens are the sizes and colour schemes that pages are tried in.
var screens = []struct {
	width, height int64
	scheme        string
}{
	{1440, 900, "light"}, {1440, 900, "dark"}, {390, 844, "light"}, {390, 844, "dark"},
}

// TestPhone: on 390 pixels nothing is wider than the screen, and the rows can be read and touched.
func TestPhone(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("the server responded with a status of 4")
	for _, s := range screens[2:] {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{"/?port=" + port, "/", "/ports", "/ports/" + port, "/?state=FOO", "/nothing", "/?port=1&state=CLOSING"} {
			p.open(sockeye.url + path)
			if w := eval[int](p, "document.documentElement.scrollWidth"); w > 390 {
				t.Errorf("%s, %s: the page is %d pixels wide", path, s.scheme, w)
			}
		}
		p.openLive(sockeye.url + "/?port=" + port)
		p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
		if bad := eval[int](p, `[...document.querySelectorAll("tbody#rows tr[data-id]")].filter(tr => {
			const r = tr.getBoundingClientRect();
			return !tr.hidden && (r.left < 0 || r.right > 390 || r.height < 24 || !tr.innerText.includes("`+port+`"));
		}).length`); bad != 0 {
			t.Errorf("%s: %d rows are cut, too low to touch, or do not show the port", s.scheme, bad)
		}
	}
}

// TestAccessibility: axe-core finds no violation on any page, screen and scheme.
func TestAccessibility(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("AXE_CORE is not set, and with CI=true it must be")
		}
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("the server responded with a status of 4")
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{"/", "/?port=" + port, "/?port=1&state=CLOSING", "/?state=FOO", "/ports", "/ports/" + port, "/diagnosis", "/diagnosis?target=nonsense", "/network", "/nothing"} {
			t.Run(fmt.Sprintf("%s %d %s", path, s.width, s.scheme), func(t *testing.T) {
				p.open(sockeye.url + path)
				if path == "/" || path == "/?port="+port {
					p.awaitState("live")
				}
				checkAccessible(t, p, string(axe))
			})
		}
	}
}

// checkAccessible runs axe-core in the page.
func checkAccessible(t *testing.T, p *tab, axe string) {
	t.Helper()
	// Colours on their way from one to the other are none that anybody reads.
	eval[bool](p, `Promise.race([new Promise(done => setTimeout(done, 1000)),
		Promise.all(document.getAnimations().filter(a => a instanceof CSSTransition).map(a => a.finished.catch(() => 0)))]).then(() => true)`)
	found := eval[string](p, axe+`;axe.run({resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(r => JSON.stringify(r.violations.map(v => ({
		rule: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " | " + n.failureSummary),
	}))))`)
	var violations []struct {
		Rule, Help string
		Nodes      []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s: %s", v.Rule, v.Help)
		for _, n := range v.Nodes {
			t.Logf("    %s", n)
		}
	}
}
