package e2e

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

var (
	scrollSockets = flag.Int("sockets", 4000, "sockets behind the page of TestScrolling")
	scrollReplace = flag.Int("replace", 20, "connections a second that are closed and opened anew meanwhile")
	scrollIdle    = flag.Duration("idle", time.Second, "how long TestScrolling looks on after it")
)

// TestScrolling goes through a large table under churn and finds rows everywhere. It reports what the browser had to do
// for it, and holds nothing against that: figures are for a quiet machine.
func TestScrolling(t *testing.T) {
	generate(t, fmt.Sprintf("-established %d -listen 8 -processes 8 -replace %d -for 20m", *scrollSockets, *scrollReplace))
	sockeye := start(t, "--interval", "1s")
	sockeye.await("", "all sockets", func(e export) bool { return e.Total >= *scrollSockets })
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?sort=local,remote")
	p.until("the number of matches", fmt.Sprintf(`Number(document.querySelector("#matched").textContent.replace(/\D/g, "")) >= %d`, *scrollSockets))
	eval[bool](p, `(window.tasks = [], new PerformanceObserver(l => tasks.push(...l.getEntries().map(e => Math.round(e.duration)))).observe({type: "longtask"}), true)`)
	const script = `new Promise(async done => {
		const box = ` + scroller + `, gaps = [], blank = [];
		const frame = () => new Promise(requestAnimationFrame);
		let last = performance.now();
		const tick = () => { const now = performance.now(); gaps.push(now - last); last = now; };
		const bare = () => { const r = box.getBoundingClientRect(); return document.elementFromPoint(r.x + 300, r.y + r.height / 2)?.closest("tr[data-id]") ? 0 : 1; };
		for (let i = 0; i < 300; i++) { box.scrollTop += 84; await frame(); tick(); blank.push(bare()); }
		let waits = [];
		for (let i = 1; i <= 20; i++) {
			box.scrollTop = (box.scrollHeight - box.clientHeight) * i / 20;
			const from = performance.now();
			do { await frame(); tick(); } while (bare() && performance.now() - from < 5000);
			waits.push(performance.now() - from);
		}
		gaps.sort((a, b) => a - b); waits.sort((a, b) => a - b);
		const round = x => Math.round(x * 10) / 10;
		done(JSON.stringify({frames: gaps.length, p50: round(gaps[gaps.length >> 1]), p99: round(gaps[Math.floor(gaps.length * 0.99)]), worst: round(gaps.at(-1)),
			blankFramesOf300: blank.reduce((a, b) => a + b), jumpWaitMedian: round(waits[10]), jumpWaitWorst: round(waits.at(-1)), longTasks: tasks.splice(0), rowsInPage: document.querySelectorAll("#rows tr").length}));
	})`
	_, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	if err != nil {
		t.Fatal(err)
	}
	busy := p.threadTime()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sockets, %d replaced a second; scrolling 300 frames of 84 pixels, then 20 jumps through the whole: %s; %.0f ms of the main thread",
		*scrollSockets, *scrollReplace, got, 1000*(p.threadTime()-busy))
	p.until("the last row", `(r => document.elementFromPoint(r.x + 300, r.bottom - 40)?.closest("tr[data-id]"))(`+scroller+`.getBoundingClientRect())`)
	if n := eval[int](p, `document.querySelectorAll("#rows tr").length`); n > 200 {
		t.Errorf("%d rows in the page", n)
	}
	eval[int](p, `(e => e.scrollTop = e.scrollHeight / 2)(`+scroller+`)`)
	p.until("rows in the middle", inView+` !== ""`)
	p.polled(sockeye, 2)
	eval[int](p, `tasks.splice(0).length`)
	busy = p.threadTime()
	time.Sleep(*scrollIdle)
	p.polled(sockeye, 2)
	t.Logf("%s of looking on at the middle: %.0f ms of the main thread, long tasks %v", *scrollIdle, 1000*(p.threadTime()-busy), eval[[]int](p, "tasks"))
}

// threadTime returns the processor time that tasks of the page's main thread have taken, in seconds. Other programs have
// no part in it.
func (p *tab) threadTime() float64 {
	p.t.Helper()
	all, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all.Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	p.t.Fatal("the browser does not tell how long tasks took")
	return 0
}
