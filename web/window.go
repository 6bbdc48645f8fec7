package web

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"sockeye/poller"
)

// message is an encoded frame. It is shared by all viewers of a window and never changed.
type message struct {
	from, seq uint64 // a delta continues the frame whose seq is from
	data      []byte
}

// window is a span of a view together with what its viewers were last told of it.
type window struct {
	span
	// first is the place in the view of the first row. Where there is an anchor it is lead rows before the row anchored.
	first, lead int
	anchored    int32
	viewers     map[*viewer]struct{}
	fields      []field
	// status, matched and numbers are the table's status, the size of the view, and the rows of the window in order, as
	// the viewers were last told.
	status  poller.Status
	matched int
	numbers []int32
	// rows has what the viewers were told of each of numbers.
	rows map[int32]encodedRow
	// whole is the window as a snap, nil where nobody has asked for it since it was last told.
	whole *message
	// spare is the memory of numbers of the time before.
	spare []int32
}

// encodedRow is a row as the viewers have it.
type encodedRow struct {
	id    string
	cells json.RawMessage
}

// newWindow returns a window that is to be filled.
func newWindow(s span, fields []field) *window {
	return &window{
		span: s, first: s.offset, lead: s.above, anchored: noRow, fields: fields,
		viewers: map[*viewer]struct{}{}, rows: map[int32]encodedRow{},
	}
}

// drop ends that a viewer looks at the window, and takes one that nobody looks at any more out of its view.
func (w *window) drop(v *view, by *viewer) {
	delete(w.viewers, by)
	if len(w.viewers) == 0 {
		delete(v.windows, w.span)
	}
}

// fill takes the rows of the view over without telling anybody.
func (w *window) fill(v *view, r *roster, s *poller.Status) {
	w.status, w.matched = *s, v.matched
	w.follow(v, r)
	w.numbers = v.appendSpan(nil, w.place())
	for _, n := range w.numbers {
		w.rows[n] = encodedRow{r.rows[n].ID.String(), w.encode(r.rows[n])}
	}
}

// encode returns the cells of a row. None of them depends on the moment, so they are true until the row changes.
func (w *window) encode(c *poller.Connection) []byte {
	return appendArray(make([]byte, 0, rowSize), w.fields, c, time.Time{})
}

// rowSize is how many bytes most rows need.
const rowSize = 384

// snap encodes the window as it was last told, once for all who ask for it.
func (w *window) snap(t *poller.Table) *message {
	if w.whole != nil {
		return w.whole
	}
	rows := make([]json.RawMessage, len(w.numbers))
	for i, n := range w.numbers {
		rows[i] = w.rows[n].cells
	}
	history := t.History()
	for len(history) > 0 && history[len(history)-1].At.After(w.status.At) {
		history = history[:len(history)-1] // of a poll that the viewers are told of next
	}
	frame := snapFrame{
		Type: "snap", status: statusOf(&w.status, w.matched), Source: w.status.Source,
		Notes: append([]string{}, w.status.Notes...), Offset: w.first, Limit: w.limit,
		Rows: rows, History: appendPoints(nil, history),
	}
	w.whole = &message{seq: w.status.Seq, data: encode(&frame)}
	return w.whole
}

// delta brings the window up to date with the view and encodes what changed. Rows that were there before and that the
// delta does not name are not looked at.
func (w *window) delta(v *view, r *roster, d *poller.Delta) *message {
	frame := deltaFrame{
		Type: "delta", From: w.status.Seq, status: statusOf(&d.Status, v.matched), Flow: flowJSON(&d.Flow),
		Gap: d.Gap, Short: short(d.Ended),
	}
	frame.Came, frame.Went = v.traffic(w.matched)
	if w.holder != nil {
		w.stay(&frame, v, r)
		return w.tell(&frame, v, d)
	}
	if before := w.first; w.follow(v, r) != before {
		frame.Offset = &w.first
	}
	now := v.appendSpan(w.spare[:0], w.place())
	for _, n := range now {
		w.put(&frame, r, n)
	}
	if !slices.Equal(now, w.numbers) {
		w.reorder(&frame, r, now)
	}
	w.numbers, w.spare = now, w.numbers
	return w.tell(&frame, v, d)
}

// tell encodes the frame and notes what the viewers know by it.
func (w *window) tell(frame *deltaFrame, v *view, d *poller.Delta) *message {
	// A failed poll has no number of its own, so nobody notices that its frame is missing: what it said is said again.
	if d.Stale != "" || w.status.Stale != "" || !slices.Equal(d.Notes, w.status.Notes) {
		notes := append([]string{}, d.Notes...)
		frame.Notes = &notes
	}
	m := &message{from: w.status.Seq, seq: d.Seq, data: encode(frame)}
	w.status, w.matched, w.whole = d.Status, v.matched, nil
	return m
}

// put adds a row of the window to the frame where the viewers do not have it as it is.
func (w *window) put(frame *deltaFrame, r *roster, n int32) {
	before, there := w.rows[n]
	if there && r.marks[n] == 0 {
		return
	}
	row := encodedRow{before.id, w.encode(r.rows[n])}
	if there && bytes.Equal(before.cells, row.cells) {
		return // the window was filled after this poll, or what changed is not shown
	}
	if !there {
		row.id = r.rows[n].ID.String()
		if r.marks[n] == markOpened {
			frame.Since = append(frame.Since, row.id)
		}
	}
	w.rows[n] = row
	frame.Put = append(frame.Put, row.cells)
}

// reorder tells the frame the new order and which rows are closed, and forgets the rows that left.
func (w *window) reorder(frame *deltaFrame, r *roster, now []int32) {
	order := make([]string, len(now))
	for i, n := range now {
		order[i] = w.rows[n].id
	}
	frame.Order = &order
	for _, n := range w.numbers {
		if slices.Contains(now, n) {
			continue
		}
		if r.marks[n] == markClosed {
			frame.Closed = append(frame.Closed, w.rows[n].id)
		}
		delete(w.rows, n)
	}
}
