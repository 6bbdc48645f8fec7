package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// tap touches the middle of an element.
func (p *tab) tap(selector string) {
	p.t.Helper()
	eval[any](p, fmt.Sprintf(`document.querySelector(%q).scrollIntoView({block: "nearest", inline: "nearest"}) ?? null`, selector))
	at := p.middle(selector)
	for _, e := range []input.DispatchTouchEventParams{
		{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: at.X, Y: at.Y}}},
		{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
	} {
		if _, err := chromedp.Call(p.ctx, input.DispatchTouchEvent, e); err != nil {
			p.t.Fatal(err)
		}
	}
}

// TestCards: on a narrow screen a row is a card that fits, what is touched is large enough, and sorting, choosing and
// opening work by touch.
func TestCards(t *testing.T) {
	port := openPort(t, 30)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScreen(390, 844, "light")
	if _, err := chromedp.Call(p.ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.openLive(sockeye.url + "/?port=" + port.number)
	rows := p.awaitRows("cards", func(rows []row) bool { return len(rows) > 10 })
	for what, condition := range map[string]string{
		"nothing is wider than the screen":  `document.documentElement.scrollWidth <= 390`,
		"a card is as high as its place":    `document.querySelector("#rows tr").offsetHeight === 64`,
		"a card shows its process":          `document.querySelector("#rows td[data-col=proc]").offsetWidth > 60`,
		"a card shows its state":            `document.querySelector("#rows td[data-col=state]").offsetWidth > 40`,
		"a card shows its ends":             `["local", "remote"].every(c => document.querySelector("#rows td[data-col=" + c + "]").offsetHeight > 0)`,
		"a card shows its age":              `document.querySelector("#rows td[data-col=age]").offsetWidth > 20`,
		"the rest is in the panel":          `document.querySelector("#rows td[data-col=sq]").offsetWidth === 0`,
		"headings can be touched":           `[...document.querySelectorAll("#table th a")].filter(a => a.offsetWidth).every(a => a.offsetHeight >= 24 && a.offsetWidth >= 24)`,
		"buttons can be touched":            `[...document.querySelectorAll("button, select, .tools a")].filter(b => b.offsetWidth).every(b => b.offsetHeight >= 24 && b.offsetWidth >= 24)`,
		"headings that have no room scroll": `(r => r.scrollWidth > r.clientWidth)(document.querySelector("#table thead tr"))`,
	} {
		if !eval[bool](p, condition) {
			t.Errorf("not so: %s", what)
		}
	}
	p.tap(rowSelector(rows[1].ID) + " td[data-col=local]")
	p.until("the card is opened", `document.getElementById("connection")?.dataset.id === "`+rows[1].ID+`"`)
	p.inURL("sel", rows[1].ID)
	p.tap("#inspector-close")
	p.until("the panel is gone", `!document.getElementById("inspector-close")?.checkVisibility()`)

	p.tap(`th[data-col="state"] a`)
	p.inURL("sort", "state")
	p.tap("#columns")
	p.until("the dialog", `document.querySelector("#chooser").open`)
	if !eval[bool](p, `(r => r.left >= 0 && r.right <= 390 && r.bottom <= 844)(document.querySelector("#chooser").getBoundingClientRect())`) {
		t.Error("the dialog does not fit the screen")
	}
	p.tap("#chooser li[data-col=age] input[type=checkbox]")
	p.until("no age", `document.querySelector("#rows td[data-col=age]") === null`)
	p.strike("Escape")

	eval[bool](p, `(scrollTo(0, document.documentElement.scrollHeight), true)`)
	p.until("the last card", `document.querySelector('#rows tr[aria-rowindex="62"]')?.getBoundingClientRect().bottom <= innerHeight + 1`)
	p.until("the headings stay", `document.querySelector("#table thead").getBoundingClientRect().top >= -1`)
}
