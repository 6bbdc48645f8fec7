package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// row is a row of the table as the page has it.
type row struct {
	ID    string            `json:"id"`
	Class string            `json:"class"`
	Cells map[string]string `json:"cells"` // text by name of the column
}

// do runs actions in the page, or ends the test. A page that lives may put another element in the place of one between
// it was found and used: then the action, which has done nothing, is tried again.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for _, action := range actions {
		err := chromedp.Do(ctx, action)
		for err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "Could not find node with given id") {
			err = chromedp.Do(ctx, action)
		}
		if err != nil {
			p.t.Fatalf("the page: %v", err)
		}
	}
}

// open goes to a URL and waits until the page is loaded.
func (p *tab) open(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

// openLive goes to a URL and waits until the page is fed by the server.
func (p *tab) openLive(url string) {
	p.t.Helper()
	p.open(url)
	p.awaitState("live")
}

// awaitState waits until the page says that its table is live, paused, disconnected or stale.
func (p *tab) awaitState(state string) {
	p.t.Helper()
	p.until("the page is "+state, `document.body.dataset.state === "`+state+`"`)
}

// eval evaluates an expression, which may be a promise, and returns its value.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %.200s: %v", expression, err)
	}
	return v
}

// until evaluates a condition until it holds. An error counts as "not yet": the page may be between two documents.
func (p *tab) until(what, condition string) {
	p.t.Helper()
	waitFor(p.t, what, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
		defer cancel()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		return err == nil && ok
	})
}

// rows returns the rows in the table, in order.
func (p *tab) rows() []row {
	p.t.Helper()
	text := eval[string](p, `JSON.stringify([...document.querySelectorAll("tbody#rows tr[data-id]")]
		.filter(tr => !tr.hidden && tr.dataset.id !== "")
		.map(tr => ({
			id: tr.dataset.id,
			class: tr.className,
			cells: Object.fromEntries([...tr.querySelectorAll("td[data-col]")].map(td => [td.dataset.col, td.textContent.trim()])),
		})))`)
	var rows []row
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		p.t.Fatal(err)
	}
	return rows
}

// awaitRows waits until the rows are as wanted, and returns them.
func (p *tab) awaitRows(what string, wanted func([]row) bool) []row {
	p.t.Helper()
	var rows []row
	waitFor(p.t, what, func() bool {
		rows = p.rows()
		return wanted(rows)
	})
	return rows
}

// find returns the first row that has a state and a port at its local or remote end.
func find(rows []row, state, column, port string) (row, bool) {
	for _, r := range rows {
		if r.Cells["state"] == state && strings.HasSuffix(r.Cells[column], ":"+port) {
			return r, true
		}
	}
	return row{}, false
}

// ids returns the identities of rows, in order.
func ids(rows []row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}

// search returns the query string of the page's URL, with its question mark.
func (p *tab) search() string {
	p.t.Helper()
	return eval[string](p, "location.search")
}

// setScript turns scripts on or off for the pages that are opened from now on.
func (p *tab) setScript(on bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		p.t.Fatal(err)
	}
}

// setScreen sets the width and height of the page, and the colour scheme: light or dark.
func (p *tab) setScreen(width, height int64, scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 640,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
