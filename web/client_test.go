package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
	"sockeye/query"
)

// anyFrame is a frame of the server of any kind, with all fields of docs/protocol.md.
type anyFrame struct {
	Type         string    `json:"t"`
	Version      int       `json:"v"`
	Host         string    `json:"host"`
	Columns      []string  `json:"columns"`
	GroupColumns []string  `json:"group_columns"`
	States       []string  `json:"states"`
	From         *uint64   `json:"from"`
	Seq          uint64    `json:"seq"`
	At           int64     `json:"at"`
	Interval     int64     `json:"interval"`
	Source       string    `json:"source"`
	Stale        *string   `json:"stale"`
	Notes        *[]string `json:"notes"`
	Total        int       `json:"total"`
	size
	Offset  *int                `json:"offset"`
	Limit   int                 `json:"limit"`
	Counts  []int               `json:"counts"`
	History [][]int64           `json:"history"`
	Rows    [][]json.RawMessage `json:"rows"`
	Put     [][]json.RawMessage `json:"put"`
	Order   *[]string           `json:"order"`
	Closed  []string            `json:"closed"`
	Since   []string            `json:"since"`
	Came    int                 `json:"came"`
	Went    int                 `json:"went"`
	Moves   int                 `json:"moves"`
	Text    string              `json:"text"`
}

// parseFrame reads a frame.
func parseFrame(t fataler, data []byte) anyFrame {
	t.Helper()
	var f anyFrame
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatalf("frame %s: %v", data, err)
	}
	return f
}

// shown is what a browser shows of a view.
type shown struct {
	Seq          uint64
	At, Interval int64
	Stale        string
	Notes        []string
	Total        int
	Size         size
	Counts       []int
	Rows         []string // the cells of each row as JSON
	Offset       int
}

// client is a browser that does what docs/protocol.md tells it to, and checks what the server has promised there.
type client struct {
	shown
	rows  map[string]string
	order []string
	gap   bool // frames were left out; a snap was asked for

	left, closed []string // the rows that left the window with the last frame, and those that it said were closed
}

// apply takes a frame in. It reports whether the client has to ask for a snap.
func (c *client) apply(t fataler, data []byte) (resync bool) {
	t.Helper()
	f := parseFrame(t, data)
	switch f.Type {
	case "snap":
		c.snap(t, &f)
	case "delta":
		if c.gap || *f.From != c.Seq {
			resync, c.gap = !c.gap, true
			return resync
		}
		c.delta(t, &f)
	default:
		t.Fatalf("frame of kind %q: %s", f.Type, data)
	}
	c.Seq, c.At, c.Interval, c.Counts = f.Seq, f.At, f.Interval, f.Counts
	c.Total, c.Size, c.Stale = f.Total, f.size, ""
	if f.Stale != nil {
		c.Stale = *f.Stale
	}
	if f.Offset != nil {
		c.Offset = *f.Offset
	}
	if f.Notes != nil {
		c.Notes = *f.Notes
	}
	c.shown.Rows = nil
	for _, id := range c.order {
		c.shown.Rows = append(c.shown.Rows, c.rows[id])
	}
	return false
}

// snap begins anew.
func (c *client) snap(t fataler, f *anyFrame) {
	t.Helper()
	c.gap, c.order, c.rows, c.left, c.closed = false, nil, map[string]string{}, nil, nil
	for _, row := range f.Rows {
		id := idOf(t, row)
		c.order, c.rows[id] = append(c.order, id), cellsOf(row)
	}
	if len(f.Rows) > f.Limit || len(c.rows) != len(f.Rows) {
		t.Fatalf("snap of %d rows, %d of them different, in a window of %d", len(f.Rows), len(c.rows), f.Limit)
	}
	if f.Notes == nil || f.Source == "" {
		t.Fatalf("snap without notes or source: %+v", f)
	}
	for _, point := range f.History {
		if len(point) != 1+len(f.Counts)+len(flowNames) || point[0] > f.At {
			t.Fatalf("point %v of the chart in a snap of %d with %d states", point, f.At, len(f.Counts))
		}
	}
}

// delta applies put, then order.
func (c *client) delta(t fataler, f *anyFrame) {
	t.Helper()
	before, known := c.order, maps.Clone(c.rows)
	put := c.put(t, f)
	checkSince(t, f, known)
	for _, id := range f.Since {
		if !slices.Contains(put, id) {
			t.Fatalf("since names %s, which is not in put %v", id, put)
		}
	}
	if f.Order != nil {
		if slices.Equal(*f.Order, before) {
			t.Fatalf("order given though it is as before: %v", before)
		}
		c.order = *f.Order
	} else if len(f.Closed) > 0 { // the rows are held
		c.order = slices.DeleteFunc(slices.Clone(before), func(id string) bool { return slices.Contains(f.Closed, id) })
	}
	if f.Matched-c.Size.Matched != f.Came-f.Went {
		t.Fatalf("%d came and %d went, and the view went from %d to %d rows", f.Came, f.Went, c.Size.Matched, f.Matched)
	}
	for _, id := range f.Closed {
		if !slices.Contains(before, id) || slices.Contains(c.order, id) {
			t.Fatalf("closed names %s, window before %v and after %v", id, before, c.order)
		}
	}
	c.left, c.closed = nil, f.Closed
	for _, id := range before {
		if !slices.Contains(c.order, id) {
			c.left = append(c.left, id)
		}
	}
	c.keepOrdered(t, put)
}

// checkSince: since names exactly the rows of put that this poll saw for the first time.
func checkSince(t fataler, f *anyFrame, known map[string]string) {
	t.Helper()
	firstSeen := slices.Index(names(liveFields()), "first_seen")
	for _, row := range f.Put {
		id := idOf(t, row)
		if len(row) <= firstSeen || known[id] != "" || id[0] == '=' {
			continue
		}
		if opened := string(row[firstSeen]) == fmt.Sprint(f.At); opened != slices.Contains(f.Since, id) {
			t.Fatalf("row %s of the poll at %d was first seen at %s, and since names %v", id, f.At, row[firstSeen], f.Since)
		}
	}
}

// put takes the rows of put over and returns their ids.
func (c *client) put(t fataler, f *anyFrame) (ids []string) {
	t.Helper()
	for _, row := range f.Put {
		id, cells := idOf(t, row), cellsOf(row)
		if c.rows[id] == cells {
			t.Fatalf("row %s put though nothing changed: %s", id, cells)
		}
		ids, c.rows[id] = append(ids, id), cells
	}
	return ids
}

// keepOrdered forgets the rows that are not in the order.
func (c *client) keepOrdered(t fataler, put []string) {
	t.Helper()
	kept := map[string]string{}
	for _, id := range c.order {
		cells, there := c.rows[id]
		if !there {
			t.Fatalf("order names %s, which was never put", id)
		}
		kept[id] = cells
	}
	for _, id := range put {
		if _, there := kept[id]; !there {
			t.Fatalf("row %s was put and is not in the order %v", id, c.order)
		}
	}
	c.rows = kept
}

// idOf returns the first cell of a row.
func idOf(t fataler, row []json.RawMessage) (id string) {
	t.Helper()
	if err := json.Unmarshal(row[0], &id); err != nil {
		t.Fatalf("id %s: %v", row[0], err)
	}
	return id
}

// cellsOf joins the cells of a row.
func cellsOf(row []json.RawMessage) string {
	b, err := json.Marshal(row)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// truth is what a browser should show of a view at this moment.
func truth(t fataler, s *Site, q query.Query, sp span) (want shown) {
	t.Helper()
	s.poller.Read(func(table *poller.Table) {
		st := table.Status()
		lines, of := trueLines(q.At(st.At), table)
		want = shown{
			Seq: st.Seq, At: millis(st.At), Interval: st.Interval.Milliseconds(), Stale: st.Stale, Notes: st.Notes,
			Total: table.Len(), Size: of, Counts: counts(&st.Counts), Offset: sp.offset,
		}
		want.Rows = within(sp, lines)
	})
	return want
}

// same fails the test where the client shows something else than what is true.
func (c *client) same(t fataler, want shown) {
	t.Helper()
	empty := cmp.FilterValues(func(a, b []string) bool { return len(a)+len(b) == 0 }, cmp.Ignore())
	if diff := cmp.Diff(want, c.shown, empty); diff != "" {
		t.Fatalf("the client shows something else (-true +shown):\n%s", diff)
	}
}

// TestClientNoticesGaps keeps the model itself honest.
func TestClientNoticesGaps(t *testing.T) {
	c := &client{}
	c.apply(t, []byte(`{"t":"snap","seq":4,"limit":1,"source":"fake","notes":[],"rows":[["a",1]]}`))
	if c.apply(t, []byte(`{"t":"delta","from":4,"seq":5,"offset":0,"put":[["b",2]],"order":["b"],"closed":["a"],"since":["b"]}`)) {
		t.Fatal("a delta that continues was taken for a gap")
	}
	if diff := cmp.Diff([]string{`["b",2]`}, c.shown.Rows); diff != "" {
		t.Fatal(diff)
	}
	if !c.apply(t, []byte(`{"t":"delta","from":6,"seq":7}`)) {
		t.Fatal("a gap was not noticed")
	}
	if c.apply(t, []byte(`{"t":"delta","from":7,"seq":8}`)) || c.Seq != 5 {
		t.Fatal("a second resync, or a delta applied over a gap")
	}
}
