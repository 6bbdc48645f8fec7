package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchAnswers has the page that is opened next note, in window.answers, for each gesture of the reader the milliseconds
// until the picture that follows it (the Event Timing API: in steps of 8, from 16 on; a gesture is what has an interaction
// id), and in window.largest when its largest part was painted.
const watchAnswers = `
	window.answers = new Map();
	window.largest = 0;
	new PerformanceObserver((list) => {
		for (const e of list.getEntries()) if (e.interactionId) answers.set(e.interactionId, Math.max(answers.get(e.interactionId) ?? 0, e.duration));
	}).observe({ type: "event", durationThreshold: 16, buffered: true });
	new PerformanceObserver((list) => { largest = list.getEntries().at(-1).startTime; }).observe({ type: "largest-contentful-paint", buffered: true });
`

// slowness is how much slower than this machine the reader's is taken to be.
const slowness = 4

// TestAnswers: while 50 rows a second change in sight, on a processor four times as slow, every gesture is answered: rows
// are walked through, opened and closed, a filter is typed, a value of a facet chosen, the page paused. Nothing is held
// against a clock; what it took is told.
func TestAnswers(t *testing.T) {
	c := startThrong(t, *smoothSockets, *smoothChanges, time.Second/throngPolls)
	p := newBrowser(t).tab()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchAnswers}); err != nil {
		t.Fatal(err)
	}
	p.slow(slowness)
	p.openThrong(c, smoothColumns)
	largest := eval[float64](p, "largest")
	for range 3 {
		p.gestures()
	}
	p.slow(1)
	took := eval[[]float64](p, "[...answers.values()]")
	t.Logf("%d sockets behind %d times as slow a processor: %d gestures of 16 ms and more, %.0f ms (p50), %.0f (p98), %.0f at most; the largest part painted after %.0f ms; load %s",
		len(c.sockets), slowness, len(took), percentile(took, 50), percentile(took, 98), percentile(took, 100), largest, load())
	if len(took) == 0 {
		t.Error("no gesture was noticed")
	}
}

// slow makes the browser's processor so many times as slow as it is.
func (p *tab) slow(times float64) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: times}); err != nil {
		p.t.Fatal(err)
	}
}

// gestures does what readers do, each thing when the one before has been answered.
func (p *tab) gestures() {
	p.t.Helper()
	at := `(document.activeElement.closest("#rows tr")?.dataset.id ?? "")`
	for range 5 {
		before := eval[string](p, at)
		p.strike("j")
		p.until("the next row", at+` !== "" && `+at+` !== "`+before+`"`)
	}
	p.strike("Enter")
	p.until("the row is opened", `!!document.querySelector("#rows tr[aria-selected=true]") && !document.getElementById("inspector").hidden`)
	p.strike("Escape")
	p.until("the row is closed", `!document.querySelector("#rows tr[aria-selected=true]")`)
	p.strike("p")
	p.until("the page stands still", `document.documentElement.dataset.state === "paused" || document.body.dataset.state === "paused"`)
	p.strike("p")
	p.until("the page lives", `document.documentElement.dataset.state === "live" || document.body.dataset.state === "live"`)
	p.strike("/")
	for _, key := range "proto:udp" {
		p.letter(string(key))
	}
	p.until("the filter is followed", `document.querySelector("#matched").textContent.trim() === "0"`)
	p.clearBox()
	eval[any](p, `document.activeElement.blur() ?? null`) // what completes the box goes
	p.until("all rows are back", `document.querySelector("#matched").textContent.trim() !== "0"`)
	spot := p.middle("#facets [data-key=state] li a")
	for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
		p.mouse(kind, spot)
	}
	p.until("the facet is chosen", `location.search.includes("state=")`)
	eval[any](p, `history.back() ?? null`)
	p.until("the view before", `!location.search.includes("state=")`)
}

// letter types one letter.
func (p *tab) letter(text string) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		e := input.DispatchKeyEventParams{Type: kind, Key: text}
		if kind == input.DispatchKeyEventTypeKeyDown {
			e.Text = text
		}
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, e); err != nil {
			p.t.Fatal(fmt.Errorf("type %q: %w", text, err))
		}
	}
}
