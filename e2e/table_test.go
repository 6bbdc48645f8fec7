package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// heads returns the columns that the header shows, from left to right.
func (p *tab) heads() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("#table th")].filter(th => !th.hidden && th.dataset.col !== "mark").map(th => th.dataset.col)`)
}

// cellsInOrder returns the columns of the first row's cells.
func (p *tab) cellsInOrder() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelector("#rows tr").cells].slice(1).map(td => td.dataset.col)`)
}

// widthOf returns the width of a heading.
func (p *tab) widthOf(column string) int {
	p.t.Helper()
	return eval[int](p, fmt.Sprintf(`document.querySelector('th[data-col=%q]').offsetWidth`, column))
}

// inURL waits until a parameter of the URL has a value.
func (p *tab) inURL(name, value string) {
	p.t.Helper()
	p.until(name+"="+value+" in the URL", fmt.Sprintf(`(new URLSearchParams(location.search).get(%q) ?? "") === %q`, name, value))
}

// TestColumnsOfURL: the columns, their order and their widths are those of the URL, with a script and without.
func TestColumnsOfURL(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	b := newBrowser(t)
	for _, script := range []bool{true, false} {
		p := b.tab()
		p.setScript(script)
		url := sockeye.url + "/?port=" + portOf(pair.listener) + "&cols=rtt,remote:240,state,opened"
		if p.open(url); script {
			p.awaitState("live")
		}
		p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
		want := []string{"rtt", "remote", "state", "opened"}
		if diff := cmp.Diff(want, p.heads()); diff != "" {
			t.Errorf("script %v: header %s", script, diff)
		}
		if diff := cmp.Diff(want, p.cellsInOrder()); diff != "" {
			t.Errorf("script %v: cells %s", script, diff)
		}
		if got := p.widthOf("remote"); got != 240 {
			t.Errorf("script %v: remote is %d pixels wide", script, got)
		}
		if x, y := p.middle("th[data-col=state]"), p.middle("td[data-col=state]"); x.X != y.X {
			t.Errorf("script %v: the header of state is at %v, its cell at %v", script, x, y)
		}
	}
}

// TestChooser: columns are shown, hidden, moved and sized by keyboard alone; the URL has them, and the next visit too.
func TestChooser(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	view := sockeye.url + "/?port=" + portOf(pair.listener)
	p.openLive(view)
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	focus := func(selector string) {
		eval[bool](p, fmt.Sprintf(`(document.querySelector(%q).focus(), true)`, selector))
	}

	focus("#columns")
	p.strike("Enter")
	p.until("the dialog", `document.querySelector("#chooser").open`)
	for _, name := range []string{"proto", "local", "remote", "user", "age", "rx", "tx", "rxrate", "txrate", "rq", "sq"} {
		focus(`#chooser li[data-col=` + name + `] input[type=checkbox]`)
		p.strike(" ")
	}
	if diff := cmp.Diff([]string{"state", "proc", "pid"}, p.heads()); diff != "" {
		t.Errorf("after hiding: %s", diff)
	}
	focus(`#chooser li[data-col=rtt] input[type=checkbox]`)
	p.strike(" ")
	for range 2 {
		focus(`#chooser li[data-col=rtt] [data-move="-1"]`)
		p.strike("Enter")
	}
	if got := eval[string](p, `document.activeElement.closest("li").dataset.col`); got != "rtt" {
		t.Errorf("after moving rtt the focus is at %q", got)
	}
	p.do(chromedp.SendKeys(chromedp.CSS(`#chooser li[data-col=proc] input[type=number]`), "222\t"))
	p.inURL("cols", "state,rtt,proc:222,pid")
	if diff := cmp.Diff([]string{"state", "rtt", "proc", "pid"}, p.cellsInOrder()); diff != "" {
		t.Errorf("cells: %s", diff)
	}
	p.strike("Escape")
	p.until("the dialog is closed", `!document.querySelector("#chooser").open`)
	p.until("links keep the columns", `document.querySelector('th[data-col=state] a').href.includes("proc:222")`)

	p.openLive(view)
	p.inURL("cols", "state,rtt,proc:222,pid")
	p.openLive(view + "&cols=pid")
	if diff := cmp.Diff([]string{"pid"}, p.heads()); diff != "" {
		t.Errorf("the URL does not win over what is remembered: %s", diff)
	}
	p.do(chromedp.Click(chromedp.CSS("#columns")), chromedp.Click(chromedp.CSS("#usual")))
	p.inURL("cols", "")
	p.openLive(view)
	if n := len(p.heads()); n != 14 {
		t.Errorf("%d columns after the usual ones were asked for", n)
	}
}

// TestHeader: widths and order are changed in the header, by pointer and by keyboard.
func TestHeader(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener) + "&cols=state,proc,pid,user")
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })

	grip := p.middle(`th[data-col="state"] [role=separator]`)
	p.drag(grip, spot{grip.X + 60, grip.Y})
	p.inURL("cols", "state:188,proc,pid,user")
	if got := p.widthOf("state"); got != 188 {
		t.Errorf("state is %d pixels wide", got)
	}
	state := p.middle(`th[data-col="state"] a`)
	p.drag(p.middle(`th[data-col="user"] a`), spot{state.X - 40, state.Y})
	p.inURL("cols", "user,state:188,proc,pid")
	if sort := eval[string](p, `new URLSearchParams(location.search).get("sort") ?? ""`); sort != "" {
		t.Errorf("the drag has sorted by %q", sort)
	}

	eval[bool](p, `(document.querySelector('th[data-col="state"] a').focus(), true)`)
	p.strike("ArrowRight", withShift)
	p.inURL("cols", "user,proc,state:188,pid")
	p.strike("Tab")
	if got := eval[string](p, `document.activeElement.role + document.activeElement.getAttribute("aria-valuenow")`); got != "separator188" {
		t.Errorf("Tab leads from the heading to %q", got)
	}
	p.strike("ArrowLeft")
	p.strike("ArrowLeft")
	p.inURL("cols", "user,proc,state:172,pid")
	if got := eval[string](p, `document.activeElement.getAttribute("aria-valuenow")`); got != "172" {
		t.Errorf("the separator says %q", got)
	}
	if n := eval[int](p, `document.querySelectorAll('#table thead [tabindex="0"]').length`); n != 2 {
		t.Errorf("%d stops of Tab in the header, want 2", n)
	}
}

// TestTwoKeys: a click sorts by a column, one with Shift by another behind it.
func TestTwoKeys(t *testing.T) {
	port := openPort(t, 3)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port.number)
	p.do(chromedp.Click(chromedp.CSS(`th[data-col="state"] a`)))
	p.inURL("sort", "state")
	shiftClick := `(document.querySelector('th[data-col="local"] a').dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey: true})), true)`
	eval[bool](p, shiftClick)
	p.inURL("sort", "state,local")
	eval[bool](p, shiftClick)
	p.inURL("sort", "state,-local")
	rows := p.awaitRows("seven rows in order", func(rows []row) bool {
		var ports []string
		for _, r := range rows[min(1, len(rows)):] {
			ports = append(ports, r.Cells["local"])
		}
		return len(rows) == 7 && rows[0].Cells["state"] == "LISTEN" && slices.IsSortedFunc(ports, func(a, b string) int { return strings.Compare(b, a) })
	})
	t.Logf("the first row is %v", rows[0].Cells)
	if got := eval[string](p, `document.querySelector('th[data-col="local"] a').dataset.second`); got != "▾" {
		t.Errorf("the second key is marked %q", got)
	}
}

// TestNaming: one switch turns names of services and users off and on.
func TestNaming(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	named := p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	p.do(chromedp.Click(chromedp.CSS("#naming")))
	p.inURL("n", "1")
	p.awaitRows("user ids", func(rows []row) bool {
		return len(rows) == 3 && strings.Trim(rows[0].Cells["user"], "0123456789") == "" && rows[0].Cells["user"] != ""
	})
	p.do(chromedp.Click(chromedp.CSS("#naming")))
	p.inURL("n", "")
	p.awaitRows("user names", func(rows []row) bool { return len(rows) == 3 && rows[0].Cells["user"] == named[0].Cells["user"] })
}

// TestWalk: the keys of a grid, over a table of which only a part is in the page.
func TestWalk(t *testing.T) {
	port := openPort(t, 150)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port.number + "&state=ESTABLISHED&sort=local,remote")
	p.awaitRows("rows", func(rows []row) bool { return len(rows) > 20 })
	at := func(what string, place int, column string) {
		t.Helper()
		p.until(fmt.Sprintf("%s leads to row %d %s", what, place, column), fmt.Sprintf(`(e => e.closest("#rows tr")?.getAttribute("aria-rowindex") === "%d" &&
			(e.closest("td")?.dataset.col ?? "") === %q)(document.activeElement)`, place+2, column))
	}
	if role := eval[string](p, `document.querySelector("#table table").getAttribute("role")`); role != "grid" {
		t.Errorf("the table is a %q", role)
	}
	if n := eval[int](p, `document.querySelectorAll('#rows [tabindex="0"], #rows a:not([tabindex="-1"])').length`); n != 1 {
		t.Errorf("Tab stops %d times in the rows, want once", n)
	}
	eval[bool](p, `(document.querySelector('#rows [tabindex="0"]').focus(), true)`)
	at("Tab", 0, "")
	for _, step := range []struct {
		key    string
		place  int
		column string
		with   []modifier
	}{
		{key: "ArrowDown", place: 1}, {key: "ArrowDown", place: 2}, {key: "ArrowUp", place: 1},
		{key: "End", place: 299}, {key: "ArrowDown", place: 299}, {key: "Home", place: 0},
		{key: "ArrowRight", place: 0, column: "mark"}, {key: "ArrowRight", place: 0, column: "proto"},
		{key: "End", place: 0, column: "sq"}, {key: "ArrowDown", place: 1, column: "sq"},
		{key: "End", place: 299, column: "sq", with: []modifier{withControl}},
		{key: "Home", place: 299, column: "mark"}, {key: "ArrowLeft", place: 299},
		{key: "Home", place: 0, with: []modifier{withControl}},
		{key: "ArrowRight", place: 0, column: "mark"}, {key: "Escape", place: 0},
	} {
		p.strike(step.key, step.with...)
		at(step.key, step.place, step.column)
	}
	page := eval[int](p, `Math.max(1, Math.floor((document.querySelector("#table").clientHeight - document.querySelector("#table thead").offsetHeight) / 28) - 2)`)
	p.strike("PageDown")
	p.until("a page further down", fmt.Sprintf(`document.activeElement.getAttribute("aria-rowindex") >= %d`, page))
	p.strike("PageUp")
	at("PageUp", 0, "")
	visible := eval[bool](p, `(r => r.top >= document.querySelector("#table thead").getBoundingClientRect().bottom - 1)(document.activeElement.getBoundingClientRect())`)
	if !visible {
		t.Error("the row with the focus is behind the header")
	}
}

// TestFocusOutsideOfWindow: scrolling away leaves the row with the focus where it is; the keys go on from there.
func TestFocusOutsideOfWindow(t *testing.T) {
	port := openPort(t, 300)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port.number + "&state=ESTABLISHED&sort=local,remote")
	p.awaitRows("rows", func(rows []row) bool { return len(rows) > 20 })
	eval[bool](p, `(document.querySelector('#rows [tabindex="0"]').focus(), true)`)
	p.strike("ArrowDown")
	id := eval[string](p, `document.activeElement.dataset.id`)
	for range 3 {
		eval[int](p, `(e => e.scrollTop = e.scrollHeight)(`+scroller+`)`)
		p.until("rows at the end", `[...document.querySelectorAll("#rows tr")].some(tr => tr.getAttribute("aria-rowindex") === "601")`)
		p.polled(sockeye, 2)
		if got := eval[string](p, `document.activeElement.dataset.id ?? ""`); got != id {
			t.Fatalf("the focus went from row %s to %q", id, got)
		}
		eval[int](p, `(e => e.scrollTop = e.scrollHeight / 2)(`+scroller+`)`)
		p.until("rows in the middle", `[...document.querySelectorAll("#rows tr")].some(tr => tr.getAttribute("aria-rowindex") === "300")`)
	}
	p.strike("ArrowDown")
	p.until("the next row has the focus", `document.activeElement.getAttribute("aria-rowindex") === "4"`)
	p.until("the one before is back", fmt.Sprintf(`document.querySelector('tr[data-id=%q]:not([data-parked])')?.getAttribute("aria-rowindex") === "3"`, id))
}

// TestOpen: Enter and a click select a row, in the URL, and ask for its panel; where there is none, Enter leads to its page.
func TestOpen(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("404") // where the page of a connection is not there
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	rows := p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	eval[bool](p, `(window.opened = [], document.addEventListener("sockeye:open", e => { opened.push(e.detail); e.preventDefault(); }), true)`)
	eval[bool](p, `(document.querySelector('#rows [tabindex="0"]').focus(), true)`)
	p.strike("Enter")
	p.inURL("sel", rows[0].ID)
	p.do(chromedp.Click(chromedp.CSS(`tr[data-id="` + rows[1].ID + `"] td[data-col="user"]`)))
	p.inURL("sel", rows[1].ID)
	if diff := cmp.Diff([]string{rows[0].ID, rows[1].ID}, eval[[]string](p, "opened")); diff != "" {
		t.Errorf("asked to open: %s", diff)
	}
	if got := eval[string](p, `[...document.querySelectorAll("tr[aria-selected]")].map(tr => tr.dataset.id).join()`); got != rows[1].ID {
		t.Errorf("selected is %q, want %s", got, rows[1].ID)
	}
	p.do(chromedp.Click(chromedp.CSS(`th[data-col="pid"] a`)))
	p.inURL("sort", "pid")
	p.inURL("sel", rows[1].ID)
	eval[bool](p, `(document.querySelector("tr[aria-selected]").focus(), true)`)
	p.strike("Escape")
	p.inURL("sel", "")

	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener) + "&sel=" + rows[2].ID)
	p.until("the row of the URL is selected", `document.querySelector("tr[aria-selected]")?.dataset.id === "`+rows[2].ID+`"`)
	eval[bool](p, `(document.querySelector("tr[aria-selected]").focus(), true)`)
	p.strike("Enter")
	p.until("the page of the row, or its panel", `location.pathname === "/connections/`+rows[2].ID+`" || document.querySelector("#inspector")`)
}

// TestInsertsAbove: what comes and goes above the rows in sight does not move them, wherever in the table they are.
func TestInsertsAbove(t *testing.T) {
	low, high := openPort(t, 100), openPort(t, 100)
	if low.number > high.number {
		low, high = high, low
	}
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?lport=" + low.number + "," + high.number + "&sort=port,rport")
	p.until("all rows", `document.querySelector("#matched").textContent === "202"`)
	eval[int](p, `(e => e.scrollTop = 150 * 28 + 9)(`+scroller+`)`)
	p.until("rows further down", `document.querySelector('tr[aria-rowindex="160"]')`)
	p.polled(sockeye, 2)
	id := eval[string](p, inView)
	top := p.top(id)
	for i := range 4 {
		low.connect(30)
		p.until("more rows", fmt.Sprintf(`document.querySelector("#matched").textContent === "%d"`, 202+30*(i+1)))
		p.polled(sockeye, 1)
		if got := p.top(id); got != top {
			t.Fatalf("row %s was at %d and is at %d after %d came above", id, top, got, 30*(i+1))
		}
	}
	p.until("what came is told", `document.querySelector("#above").textContent.includes("120")`)
	for i := range 100 {
		low.reset(i)
	}
	p.until("fewer rows", `document.querySelector("#matched").textContent === "222"`)
	p.polled(sockeye, 2)
	if got := p.top(id); got != top {
		t.Errorf("row %s was at %d and is at %d after 100 left above", id, top, got)
	}
}
