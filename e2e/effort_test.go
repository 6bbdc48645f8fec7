package e2e

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/profiler"
	"github.com/chromedp/chromedp"
)

// effort is what the browser has done for a page since it was opened, and what it holds now.
type effort struct {
	// Task, Script, Layout and Style are seconds of the processor's time in the main thread.
	Task, Script, Layout, Style float64
	// Layouts are how often the page was laid out.
	Layouts, Nodes, Listeners int
	Heap                      float64 // bytes in use after a collection
}

// effort asks the browser, after it has collected what nothing holds.
func (p *tab) effort() effort {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
		p.t.Fatal(err)
	}
	all, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	m := map[string]float64{}
	for _, one := range all.Metrics {
		m[one.Name] = one.Value
	}
	return effort{
		Task: m["TaskDuration"], Script: m["ScriptDuration"], Layout: m["LayoutDuration"], Style: m["RecalcStyleDuration"],
		Layouts: int(m["LayoutCount"]), Nodes: int(m["Nodes"]), Listeners: int(m["JSEventListeners"]), Heap: m["JSHeapUsedSize"],
	}
}

// watchEffort has the browser measure the page that it opens next: processor time, so that other programs have no part in
// it; and by the clock tasks of more than 50 ms in window.tasks, and in window.paints the milliseconds from when a delta
// came to when it was painted. A page must be open before this.
func (p *tab) watchEffort() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	if err == nil {
		_, err = chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			window.tasks = [];
			window.paints = [];
			const came = [], after = new MessageChannel();
			after.port1.onmessage = () => paints.push(performance.now() - came.shift());
			new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({ type: "longtask" });
			window.WebSocket = class extends WebSocket {
				constructor(...how) {
					super(...how);
					this.addEventListener("message", (e) => {
						if (!e.data.startsWith('{"t":"delta"')) return;
						came.push(performance.now());
						requestAnimationFrame(() => after.port2.postMessage(0));
					});
				}
			};`})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// frameSizes are the lengths in bytes of the frames that the page was sent, by their kind and in order.
func frameSizes(frames []string) map[string][]int {
	sizes := map[string][]int{}
	for _, text := range frames {
		var m struct{ T string }
		if json.Unmarshal([]byte(text), &m) == nil {
			sizes[m.T] = append(sizes[m.T], len(text))
		}
	}
	return sizes
}

// percentile returns the number below which that many hundredths of the numbers are, 0 where there are none.
func percentile[T int | float64](of []T, hundredths int) T {
	if len(of) == 0 {
		return 0
	}
	of = slices.Sorted(slices.Values(of))
	return of[min(len(of)-1, len(of)*hundredths/100)]
}

// load returns the machine's load average of the last minute, where it tells.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Fields(string(text))[0]
}

// profile does something while the browser notes what its processor does, where a file is named for that.
func (p *tab) profile(file string, do func()) {
	p.t.Helper()
	if file == "" {
		do()
		return
	}
	if _, err := chromedp.Call(p.ctx, profiler.Enable, cdp.Empty{}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, profiler.Start, cdp.Empty{}); err != nil {
		p.t.Fatal(err)
	}
	do()
	got, err := chromedp.Call(p.ctx, profiler.Stop, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := json.Marshal(got.Profile)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
