package e2e

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// openRows opens a view and waits for so many rows.
func (p *tab) openRows(url string, n int) []row {
	p.t.Helper()
	p.openLive(url)
	return p.awaitRows(fmt.Sprintf("%d rows", n), func(rows []row) bool { return len(rows) == n })
}

// rowSelector finds a row by its id.
func rowSelector(id string) string { return `tr[data-id="` + id + `"]` }

// setLinger says how long closed rows stay, in seconds, through the dialog, and returns how long they stayed before.
func (p *tab) setLinger(seconds string) (was string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS("#columns")))
	p.until("the dialog", `document.querySelector("#chooser").open`)
	was = eval[string](p, `document.querySelector("#linger").value`)
	eval[bool](p, `(e => { e.value = "`+seconds+`"; e.dispatchEvent(new Event("change", {bubbles: true})); return true; })(document.querySelector("#linger"))`)
	p.strike("Escape")
	p.until("no dialog", `!document.querySelector("#chooser").open`)
	return was
}

// TestOrderHeld: while the reader's pointer is in a table ordered by what changes, the rows stay and their values go on;
// the page says how many would move, and S lets them.
func TestOrderHeld(t *testing.T) {
	port := openPort(t, 8)
	sockeye := start(t)
	p := newBrowser(t).tab()
	rows := p.openRows(sockeye.url+"/?rport="+port.number+"&sort=-tx", 8)
	p.point(rowSelector(rows[2].ID) + " td[data-col=user]")
	last := rows[7]
	client := port.byLocal(last.Cells["local"])
	send := func(n int) {
		if _, err := io.CopyN(client, endless{}, int64(n)); err != nil {
			t.Fatal(err)
		}
	}
	send(30_000)
	p.until("the value of the last row", fmt.Sprintf(`document.querySelector('tr[data-id=%q] td[data-col=tx]').textContent === "30.0 kB"`, last.ID))
	p.until("the chip", `(e => !e.hidden && /8 would move/.test(e.textContent))(document.querySelector("#held"))`)
	p.polled(sockeye, 3)
	if diff := cmp.Diff(ids(rows), ids(p.rows())); diff != "" {
		t.Fatalf("the rows moved under the reader: %s", diff)
	}
	p.strike("s")
	p.awaitRows("the last row first", func(now []row) bool { return now[0].ID == last.ID })

	first := p.rows()[7]
	client = port.byLocal(first.Cells["local"])
	send(60_000)
	p.until("another value", fmt.Sprintf(`document.querySelector('tr[data-id=%q] td[data-col=tx]').textContent === "60.0 kB"`, first.ID))
	if now := p.rows(); now[0].ID != last.ID {
		t.Error("the order was not held again")
	}
	p.point("#filter")
	p.awaitRows("the order without the reader", func(now []row) bool { return now[0].ID == first.ID && now[1].ID == last.ID })
	p.until("no chip", `document.querySelector("#held").hidden`)
}

// TestNothingMovesUnderThePointer: rows that come and go above the pointer leave the row under it where it is, also where
// the page cannot scroll along.
func TestNothingMovesUnderThePointer(t *testing.T) {
	one, two := openPort(t, 3), openPort(t, 3)
	if one.number > two.number {
		one, two = two, one
	}
	sockeye := start(t)
	p := newBrowser(t).tab()
	rows := p.openRows(sockeye.url+"/?rport="+one.number+","+two.number+"&sort=rport,local", 6)
	p.setLinger("0")
	id := rows[4].ID
	p.point(rowSelector(id) + " td[data-col=user]")
	top := p.top(id)
	still := func(what string) {
		t.Helper()
		p.polled(sockeye, 3)
		if got := p.top(id); got != top {
			t.Fatalf("%s: the row under the pointer was at %d and is at %d", what, top, got)
		}
	}
	one.reset(0)
	one.reset(1)
	p.until("the rows are marked as closed", `document.querySelectorAll("#rows tr.closed").length >= 1 || document.querySelector("#matched").textContent === "4"`)
	still("two rows went above")
	p.point("#filter")
	p.awaitRows("four rows without the pointer", func(rows []row) bool { return len(rows) == 4 })
	top = p.top(id)
	p.point(rowSelector(id) + " td[data-col=user]")
	one.connect(40)
	p.until("the new ones", `document.querySelector("#matched").textContent === "44"`)
	still("forty rows came above")
	two.reset(1) // which may be that very row
	two.reset(0)
	two.reset(2)
	p.until("they are gone", `document.querySelector("#matched").textContent === "41"`)
	still("the row itself is closed")
	if class := eval[string](p, `document.querySelector('`+rowSelector(id)+`').className`); class != "closed" && class != "left" {
		t.Errorf("the row under the pointer is %q", class)
	}
}

// TestSelectionSurvives: the selected row stays when its connection closes, marked, for as long as it is selected.
func TestSelectionSurvives(t *testing.T) {
	port := openPort(t, 3)
	sockeye := start(t)
	p := newBrowser(t).tab()
	rows := p.openRows(sockeye.url+"/?rport="+port.number, 3)
	p.setLinger("0")
	chosen := rows[1]
	eval[bool](p, `(document.addEventListener("sockeye:open", e => e.preventDefault()), true)`)
	p.do(chromedp.Click(chromedp.CSS(rowSelector(chosen.ID) + " td[data-col=user]")))
	p.inURL("sel", chosen.ID)
	p.point("#filter")
	for i := range 3 {
		port.reset(i)
	}
	p.awaitRows("the selected row alone", func(rows []row) bool { return len(rows) == 1 && rows[0].ID == chosen.ID })
	p.polled(sockeye, 3)
	now := p.rows()
	if len(now) != 1 || now[0].Class != "closed" || now[0].Cells["local"] != chosen.Cells["local"] {
		t.Errorf("what is left is %v", now)
	}
	p.inURL("sel", chosen.ID)
	eval[bool](p, `(document.querySelector("tr[aria-selected]").focus(), true)`)
	p.strike("Escape")
	eval[bool](p, `(document.activeElement.blur(), true)`)
	p.awaitRows("no row", func(rows []row) bool { return len(rows) == 0 })
}

// TestLinger: closed rows stay as long as the reader wants.
func TestLinger(t *testing.T) {
	port := openPort(t, 2)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openRows(sockeye.url+"/?rport="+port.number, 2)
	p.setLinger("60")
	port.reset(0)
	p.awaitRows("a closed row", func(rows []row) bool {
		return len(rows) == 2 && slices.ContainsFunc(rows, func(r row) bool { return r.Class == "closed" && r.Cells["mark"] == "×" })
	})
	p.polled(sockeye, 4)
	if n := len(p.rows()); n != 2 {
		t.Errorf("%d rows, want the closed one as well", n)
	}
	p.openRows(sockeye.url+"/?rport="+port.number, 1)
	if was := p.setLinger("0"); was != "60" {
		t.Errorf("%q seconds are remembered", was)
	}
	port.reset(1)
	p.awaitRows("no row", func(rows []row) bool { return len(rows) == 0 })
}

// TestPauseCounts: a pause holds everything, says what waits, and outlives the server.
func TestPauseCounts(t *testing.T) {
	p := newBrowser(t).tab()
	p.expect("net::ERR_CONNECTION") // while nobody listens
	port := openPort(t, 40)
	sockeye := start(t)
	p.openLive(sockeye.url + "/?rport=" + port.number + "&sort=-local")
	p.until("all rows", `document.querySelector("#matched").textContent === "40"`)
	before := p.awaitRows("rows", func(rows []row) bool { return len(rows) > 20 })
	p.strike("p")
	p.awaitState("paused")
	port.connect(41)
	p.until("what waits", `document.querySelector("#status").textContent === "Paused · +41 −0"`)
	for i := range 12 {
		port.reset(i)
	}
	p.until("what waits", `document.querySelector("#status").textContent === "Paused · +41 −12"`)
	same := func(when string) {
		t.Helper()
		if diff := cmp.Diff(before, p.rows()); diff != "" {
			t.Fatalf("%s: %s", when, diff)
		}
	}
	same("while paused")
	sockeye.stop()
	p.awaitState("disconnected")
	again := startOn(t, sockeye.port)
	p.awaitState("paused")
	p.polled(again, 3)
	same("after a new connection")
	p.strike("p")
	p.awaitState("live")
	p.until("the rows of now", `document.querySelector("#matched").textContent === "69"`)
}

// TestRate: rates that are faster than the polls cannot be had, the page says how often it polls, and by hand the table is
// drawn when the reader asks.
func TestRate(t *testing.T) {
	port := openPort(t, 2)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openRows(sockeye.url+"/?rport="+port.number, 2)
	got := eval[string](p, `[...document.querySelector("#rate").options].map(o => o.textContent + (o.disabled ? " no" : "")).join()`)
	if !regexp.MustCompile(`^Each poll: \d+ ms,10 Hz no,5 Hz no,1 Hz,Manual$`).MatchString(got) {
		t.Errorf("the rates are %q", got)
	}
	choose := func(value string) {
		eval[bool](p, `(e => { e.value = "`+value+`"; e.dispatchEvent(new Event("change")); return true; })(document.querySelector("#rate"))`)
	}
	choose("-1")
	p.until("by hand", `document.querySelector("#status").textContent.startsWith("Manual")`)
	port.connect(3)
	p.until("what waits", `document.querySelector("#status").textContent === "Manual · +3 −0"`)
	if n := len(p.rows()); n != 2 {
		t.Errorf("%d rows before the reader asked", n)
	}
	p.do(chromedp.Click(chromedp.CSS("#pause")))
	p.awaitRows("five rows", func(rows []row) bool { return len(rows) == 5 })
	if got := eval[string](p, `document.querySelector("#status").textContent`); !strings.HasPrefix(got, "Manual · +0") {
		t.Errorf("after that: %q", got)
	}
	p.openLiveOr(sockeye.url+"/?rport="+port.number, "paused")
	choose("1000")
	p.awaitState("live")
	port.connect(2)
	p.awaitRows("seven rows", func(rows []row) bool { return len(rows) == 7 })
}

// TestMarks: a new row, a changed state and a closed row carry a sign that is no colour.
func TestMarks(t *testing.T) {
	port := openPort(t, 1)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openRows(sockeye.url+"/?rport="+port.number, 1)
	eval[bool](p, `(window.seen = [], new MutationObserver(() => { for (const tr of document.querySelectorAll("#rows tr[class]"))
		seen.push(tr.className + tr.cells[0].textContent.trim() + [...tr.querySelectorAll("[data-changed]")].map(td => td.dataset.col)); })
		.observe(document.querySelector("#rows"), {subtree: true, childList: true, attributes: true}), true)`)
	port.connect(1)
	p.until("a new row", `seen.includes("new+")`)
	if err := port.clients[0].Close(); err != nil {
		t.Fatal(err)
	}
	p.until("a changed state", `seen.some(s => /^changed~.*state/.test(s))`)
	port.reset(1)
	p.until("a closed row", `seen.some(s => s.startsWith("closed×"))`)
}
