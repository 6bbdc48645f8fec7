package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The tests of the browser's work count, and hold nothing against a clock. With -smooth.for they look on for as long and
// report figures, which say something on a quiet machine only.
var (
	smoothSockets = flag.Int("smooth.sockets", 3000, "quiet sockets behind the page of TestSmooth")
	smoothChanges = flag.Int("smooth.changes", 5, "rows in sight that change with each of 10 polls a second in TestSmooth")
	smoothFor     = flag.Duration("smooth.for", 0, "how long TestSmooth looks on; 0 is for smoothUpdates")
	smoothProfile = flag.String("smooth.profile", "", "file for what the processor did in TestSmooth, for the browser's developer tools")
	smoothScroll  = flag.Int("smooth.scroll", 100_000, "quiet sockets behind the page of TestSmoothScrolling")
)

// smoothUpdates is how many updates TestSmooth looks on for.
const smoothUpdates = 300

// smoothColumns are the columns of the page that TestSmooth looks at: some that move and some that do not, and no age,
// which moves by itself.
const smoothColumns = "cols=state,local,remote,proc,rx,rq,rtt"

// openThrong opens the page of a throng, and waits for its rows.
func (p *tab) openThrong(c *throng, query string) {
	p.t.Helper()
	p.openLive(c.url + "/?" + query)
	p.until("all sockets", fmt.Sprintf(`Number(document.querySelector("#total").textContent.replace(/\D/g, "")) >= %d`, len(c.sockets)))
	p.until("rows", inView+` !== ""`)
	p.until("facets", `document.querySelector("#facets li .n").textContent !== ""`)
}

// watchRows counts from now on what is touched in the rows: texts by column, attributes by their names, and what moves
// within the page though the reader does nothing.
const watchRows = `(() => {
	window.touched = { texts: {}, attributes: {}, still: 0, nodes: 0 };
	window.shifts = [];
	window.stillRows = new Set();
	const more = (of, name, n = 1) => (of[name] = (of[name] ?? 0) + n);
	new MutationObserver((records) => {
		for (const r of records) {
			const at = r.target.nodeType === 1 ? r.target : r.target.parentElement;
			const tr = at?.closest("tr");
			if (r.type === "childList" && r.target.matches("tbody")) touched.nodes += r.addedNodes.length + r.removedNodes.length;
			else if (r.type === "attributes") more(touched.attributes, r.attributeName + " " + (at.closest("td")?.dataset.col ?? at.localName));
			else more(touched.texts, at.closest("td").dataset.col);
			if (tr && still.has(tr.dataset.id)) touched.still++;
		}
	}).observe(document.querySelector("#rows"), { subtree: true, childList: true, characterData: true, attributes: true });
	// A number that is set to the right grows to the left: that is no move.
	const moved = ({ node, previousRect: a, currentRect: b }) => node?.nodeType !== 3 || a.right !== b.right || a.bottom !== b.bottom;
	new PerformanceObserver((list) => {
		for (const e of list.getEntries()) for (const s of e.sources.filter(moved))
			shifts.push([(s.node?.nodeType === 3 ? s.node.parentElement : s.node)?.outerHTML.slice(0, 80), s.previousRect, s.currentRect]);
	}).observe({ type: "layout-shift" });
	return true;
})()`

// touched is what watchRows has counted.
type touched struct {
	Texts, Attributes map[string]int
	Still, Nodes      int // touches of rows that did not change; rows that came and went
}

// TestSmooth looks on while rows in sight change, and more come and go out of sight. The page touches the cells that
// changed and no others, nothing in it moves, it is made of no more than it was, the focus stays, and what is seen is what
// came last.
func TestSmooth(t *testing.T) {
	c := startThrong(t, *smoothSockets, *smoothChanges, time.Second/throngPolls)
	p := newBrowser(t).tab()
	p.watchEffort()
	p.openThrong(c, smoothColumns)
	eval[bool](p, `(document.querySelector("#rows tr:nth-child(3) td a").focus(), window.focused = document.activeElement, true)`)
	c.pass(t, 3*throngPolls) // until everything that is made once is there
	if *smoothFor > 0 {
		p.measureSmooth(c)
	}
	first := p.effort()
	eval[bool](p, fmt.Sprintf(`(window.still = new Set(%s), %s)`, stillIDs(c), watchRows))
	frames := len(p.messages())
	for range smoothUpdates / throngPolls {
		c.pass(t, throngPolls)
	}
	last := p.effort()
	messages := p.messages()
	p.checkFlat(first, last)
	p.checkEffort(first, last, messages[frames:])
	p.checkTouched(messages, frames)
	if !eval[bool](p, `document.activeElement === focused && focused.isConnected`) {
		t.Error("the focus is gone")
	}
	p.until("the last values of all rows that move", `[...document.querySelectorAll('#rows tr')].slice(0, 20).every((tr) => still.has(tr.dataset.id) || tr.querySelector('[data-col="rx"]').textContent !== "0 B")`)
}

// measureSmooth looks on for as long as was asked for, with nothing in the page that counts, and tells the figures. In the
// second half the page has to stay as it is: in the first one the charts may still get their points.
func (p *tab) measureSmooth(c *throng) {
	p.t.Helper()
	first := p.effort()
	eval[bool](p, `(tasks.length = paints.length = 0, true)`)
	polls, frames, began := c.polls.Load(), len(p.messages()), time.Now()
	var middle effort
	p.profile(*smoothProfile, func() {
		time.Sleep(*smoothFor / 2)
		middle = p.effort()
		time.Sleep(*smoothFor / 2)
	})
	last := p.effort()
	p.t.Logf("heap in the middle %.2f MB", middle.Heap/1e6)
	p.reportSmooth(c, first, last, time.Since(began).Seconds(), c.polls.Load()-polls, p.messages()[frames:])
	p.checkFlat(middle, last)
}

// stillIDs are the ids of the rows in front that do not move, as JSON.
func stillIDs(c *throng) string {
	var ids []string
	for i := 1; i < throngFront; i += 2 {
		ids = append(ids, c.sockets[i].ID.String())
	}
	text, err := json.Marshal(ids)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(text)
}

// checkFlat holds that a page is made of no more than it was. A hundredth more nodes are allowed, since values of facets
// come and go, and half a megabyte, since code is compiled as it runs and the chart has points until it has five minutes of
// them.
func (p *tab) checkFlat(first, last effort) {
	p.t.Helper()
	if last.Nodes > first.Nodes+first.Nodes/100 {
		p.t.Errorf("%d nodes, before %d", last.Nodes, first.Nodes)
	}
	if last.Listeners > first.Listeners {
		p.t.Errorf("%d listeners, before %d", last.Listeners, first.Listeners)
	}
	if last.Heap > first.Heap+5e5 {
		p.t.Errorf("%.0f bytes in use, before %.0f", last.Heap, first.Heap)
	}
}

// checkEffort holds that a page is laid out once for each message, and not again because the script measures it
// meanwhile; and that nothing in it moves by itself, which would have it drawn sixty times a second.
func (p *tab) checkEffort(first, last effort, messages []string) {
	p.t.Helper()
	if layouts := last.Layouts - first.Layouts; layouts > len(messages)+20 {
		p.t.Errorf("laid out %d times for %d messages", layouts, len(messages))
	}
	if moving := eval[int](p, `document.getAnimations().length`); moving > 0 {
		p.t.Errorf("%d animations", moving)
	}
}

// checkTouched holds that what was touched is what the frames changed, and that nothing moved.
func (p *tab) checkTouched(messages []string, from int) {
	p.t.Helper()
	var got touched
	if err := json.Unmarshal([]byte(eval[string](p, `JSON.stringify(touched)`)), &got); err != nil {
		p.t.Fatal(err)
	}
	sent := changedCells(p, messages, from)
	p.t.Logf("cells changed by the frames %v, texts written %v, attributes written %v", sent, got.Texts, got.Attributes)
	columns := map[string]string{"rx": "bytes_received", "rq": "receive_queue", "rtt": "rtt_ms"}
	marks := 2 * (sent["receive_queue"] + sent["rtt_ms"]) // put there and taken away
	if got.Texts["mark"] > marks {
		p.t.Errorf("%d marks written for %d changes that are worth one", got.Texts["mark"], marks/2)
	}
	delete(got.Texts, "mark")
	for column, n := range got.Texts {
		if n > sent[columns[column]]+5**smoothChanges { // those of frames that had come before and were not drawn yet
			p.t.Errorf("%d texts written in column %q, and %d changed", n, column, sent[columns[column]])
		}
	}
	for column, field := range columns {
		if got.Texts[column] == 0 || sent[field] == 0 {
			p.t.Errorf("no text was written in column %q, %d changed", column, sent[field])
		}
	}
	for name := range got.Attributes {
		if !slices.Contains([]string{"data-changed rq", "data-changed rtt", "class rx", "class rq", "class rtt", "class tr", "aria-label mark"}, name) {
			p.t.Errorf("attributes written: %s, %d times", name, got.Attributes[name])
		}
	}
	if got.Still > 0 || got.Nodes > 0 {
		p.t.Errorf("%d touches of rows that did not change, %d rows put in or taken out", got.Still, got.Nodes)
	}
	if moved := eval[string](p, `JSON.stringify(shifts)`); moved != "[]" {
		p.t.Errorf("what moved in the page: %s", moved)
	}
}

// changedCells counts by field how often the frames from one on changed a cell of a row that was in the window.
func changedCells(p *tab, messages []string, from int) map[string]int {
	p.t.Helper()
	changed, rows := map[string]int{}, map[string][]json.RawMessage{}
	var columns []string
	for i, text := range messages {
		var m struct {
			T         string
			Columns   []string
			Rows, Put [][]json.RawMessage
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			p.t.Fatalf("frame %.100s: %v", text, err)
		}
		if m.T == "hello" {
			columns = m.Columns
		}
		for _, cells := range slices.Concat(m.Rows, m.Put) {
			before := rows[string(cells[0])]
			for k := range min(len(cells), len(before)) {
				if i >= from && string(cells[k]) != string(before[k]) {
					changed[columns[k]]++
				}
			}
			rows[string(cells[0])] = cells
		}
	}
	return changed
}

// reportSmooth tells the figures.
func (p *tab) reportSmooth(c *throng, first, last effort, took float64, polls int64, frames []string) {
	p.t.Helper()
	share := func(a, b float64) string { return fmt.Sprintf("%.2f %%", 100*(b-a)/took) }
	sizes := frameSizes(frames)
	paints := eval[[]float64](p, "paints")
	p.t.Logf("%d sockets, %d rows in sight change with a poll, %.0f s, %d polls, %d deltas of %d bytes (p50), %d (p95), %d facets of %d bytes (p50), load %s",
		len(c.sockets), *smoothChanges, took, polls, len(sizes["delta"]), percentile(sizes["delta"], 50), percentile(sizes["delta"], 95),
		len(sizes["facets"]), percentile(sizes["facets"], 50), load())
	p.t.Logf("main thread %s (script %s, layout %s, style %s), tasks over 50 ms by the clock %v, from the frame to its paint %.1f ms (p50), %.1f (p95)",
		share(first.Task, last.Task), share(first.Script, last.Script), share(first.Layout, last.Layout), share(first.Style, last.Style),
		eval[[]int](p, "tasks"), percentile(paints, 50), percentile(paints, 95))
	p.t.Logf("%d layouts, nodes %d → %d, listeners %d → %d, heap %.2f → %.2f MB", last.Layouts-first.Layouts, first.Nodes, last.Nodes, first.Listeners, last.Listeners, first.Heap/1e6, last.Heap/1e6)
}

// scrollScript makes go(to), which scrolls there, waits for rows in sight and notes in window.most the most rows and
// elements that there were at any frame, how many steps had to be waited for, and the milliseconds between frames.
const scrollScript = `(() => {
	window.box = %s;
	window.most = { rows: 0, elements: 0, steps: 0, waited: 0, gaps: [] };
	const frame = () => new Promise((next) => requestAnimationFrame(next));
	const bare = () => { const r = box.getBoundingClientRect(); return !document.elementFromPoint(r.x + 300, r.y + r.height / 2)?.closest("tr[data-id]"); };
	window.go = async (to) => {
		let before = await frame(), waits = 0;
		box.scrollTop = to;
		do {
			const now = await frame();
			most.gaps.push(now - before);
			before = now;
			most.rows = Math.max(most.rows, document.querySelectorAll("#rows tr").length);
			most.elements = Math.max(most.elements, document.getElementsByTagName("*").length);
		} while (bare() && ++waits);
		most.steps++;
		if (waits > 0) most.waited++;
	};
	return true;
})()`

// scrollWays are the ways through the table: down in small steps, down to the end in large ones, up, and to both ends.
var scrollWays = []string{
	`for (let i = 0; i < 40; i++) await go(box.scrollTop + 84)`,
	`for (let i = 1; i <= 12; i++) await go(box.scrollHeight * i / 24)`,
	`for (let i = 13; i <= 24; i++) await go(box.scrollHeight * i / 24)`,
	`for (let i = 0; i < 20; i++) await go(box.scrollTop - 300)`,
	`await go(box.scrollHeight)`,
}

// The most that a page may be made of at any time: rows in the table, with those that linger, and elements in all.
const (
	mostRows     = 130
	mostElements = 3500
)

// TestSmoothScrolling goes through a hundred thousand rows from the first to the last: the page has a window of them at
// any time, and at the end it is made of no more than at the beginning.
func TestSmoothScrolling(t *testing.T) {
	c := startThrong(t, *smoothScroll, *smoothChanges, time.Second)
	p := newBrowser(t).tab()
	p.watchEffort()
	p.openThrong(c, smoothColumns)
	eval[bool](p, fmt.Sprintf(scrollScript, scroller))
	first := p.effort()
	for _, way := range scrollWays {
		eval[bool](p, `(async () => { `+way+`; return true; })()`)
	}
	p.until("the last row", `[...document.querySelectorAll("#rows tr")].some((tr) => tr.getAttribute("aria-rowindex") === tr.closest("table").getAttribute("aria-rowcount"))`)
	eval[bool](p, `go(0).then(() => true)`)
	var got struct {
		Rows, Elements, Steps, Waited int
		Gaps                          []float64
	}
	if err := json.Unmarshal([]byte(eval[string](p, `JSON.stringify(most)`)), &got); err != nil {
		t.Fatal(err)
	}
	last := p.effort()
	t.Logf("%d sockets: at most %d rows and %d elements in %d steps, %d of which waited for rows; between frames %.1f ms (p50), %.1f (p95), %.1f at most; %.1f s of the main thread; tasks over 50 ms by the clock %v; load %s",
		len(c.sockets), got.Rows, got.Elements, got.Steps, got.Waited, percentile(got.Gaps, 50), percentile(got.Gaps, 95), percentile(got.Gaps, 100),
		last.Task-first.Task, eval[[]int](p, "tasks"), load())
	t.Logf("nodes %d → %d, listeners %d → %d, heap %.2f → %.2f MB", first.Nodes, last.Nodes, first.Listeners, last.Listeners, first.Heap/1e6, last.Heap/1e6)
	if got.Rows > mostRows || got.Elements > mostElements {
		t.Errorf("%d rows and %d elements, want at most %d and %d", got.Rows, got.Elements, mostRows, mostElements)
	}
	if last.Nodes > first.Nodes*3/2 || last.Listeners > first.Listeners { // a screen more of rows in the direction of the movement
		t.Errorf("nodes %d → %d, listeners %d → %d", first.Nodes, last.Nodes, first.Listeners, last.Listeners)
	}
	checkNothingLost(t, p.messages())
}

// checkNothingLost holds that all frames are of the kinds that the page asked for.
func checkNothingLost(t *testing.T, frames []string) {
	t.Helper()
	for _, f := range frames {
		if strings.HasPrefix(f, `{"t":"error"`) {
			t.Errorf("the server complains: %s", f)
		}
	}
}
