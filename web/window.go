package web

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"

	dns "sockeye/names"
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
	// first is the place in the view of the first line. Where there is an anchor it is lead lines before the row anchored.
	first, lead int
	anchored    int32
	viewers     map[*viewer]struct{}
	fields      []field
	// names are asked for the names of addresses where the view wants them and the window's viewers may ask; nil where nobody
	// can be asked.
	names *dns.Cache
	// status, size and numbers are the table's status, the size of the view, and the lines of the window in order, as
	// the viewers were last told.
	status  poller.Status
	size    size
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
	w.status, w.size = *s, v.size()
	w.follow(v, r)
	w.numbers = v.appendSpan(nil, w.place())
	for _, n := range w.numbers {
		w.rows[n] = encodedRow{v.id(r, n), w.encode(v, r, n)}
	}
}

// refill takes the rows of the view over, whatever the viewers were told before: they have to be sent a snap.
func (w *window) refill(v *view, r *roster, s *poller.Status) {
	clear(w.rows)
	w.whole = nil
	w.fill(v, r, s)
}

// encode returns the cells of a line. None of them depends on the moment, so they are true until the line changes, but
// for the name of an address, which may become known at any time.
func (w *window) encode(v *view, r *roster, n int32) []byte {
	dst := make([]byte, 0, rowSize)
	if n < 0 {
		one := v.groups.groups[groupLine(n)]
		return appendGroup(dst, one, v.query.IsOpen(one.text), w.name(v, one.key.Addr()))
	}
	c := r.rows[n]
	l := lineOf(c, w.name(v, remoteOf(c)))
	if v.query.Pair() {
		l.peer = r.peer(c)
	}
	return l.appendArray(dst, w.fields)
}

// name returns the name of an address, "" where the view wants none, or none is known.
func (w *window) name(v *view, addr netip.Addr) string {
	if w.names == nil || !v.query.Names() {
		return ""
	}
	return asker{w.names, w.asks}.name(addr)
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
		Type: "snap", status: statusOf(&w.status, w.size), Source: w.status.Source,
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
		Type: "delta", From: w.status.Seq, status: statusOf(&d.Status, v.size()), Flow: flowJSON(&d.Flow),
		Gap: d.Gap, Short: short(d.Ended),
	}
	frame.Came, frame.Went = v.traffic(w.size.Matched)
	if w.holder != nil {
		w.stay(&frame, v, r)
		return w.tell(&frame, v, d)
	}
	if before := w.first; w.follow(v, r) != before {
		frame.Offset = &w.first
	}
	now := v.appendSpan(w.spare[:0], w.place())
	for _, n := range now {
		w.put(&frame, v, r, n)
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
	w.status, w.size, w.whole = d.Status, v.size(), nil
	return m
}

// again encodes the lines that have changed without a poll, as a delta that stays at the poll it follows; nil where there
// are none.
func (w *window) again(v *view, r *roster) *message {
	frame := deltaFrame{Type: "delta", From: w.status.Seq, status: statusOf(&w.status, w.size)}
	for _, n := range w.numbers {
		w.put(&frame, v, r, n)
	}
	if len(frame.Put) == 0 {
		return nil
	}
	w.whole = nil
	return &message{from: w.status.Seq, seq: w.status.Seq, data: encode(&frame)}
}

// put adds a row of the window to the frame where the viewers do not have it as it is.
func (w *window) put(frame *deltaFrame, v *view, r *roster, n int32) {
	before, there := w.rows[n]
	if there && n >= 0 && r.marks[n] == 0 && !v.query.Names() {
		return
	}
	row := encodedRow{before.id, w.encode(v, r, n)}
	if there && bytes.Equal(before.cells, row.cells) {
		return // the window was filled after this poll, or what changed is not shown
	}
	if !there {
		row.id = v.id(r, n)
		if n >= 0 && r.marks[n] == markOpened {
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
		if n >= 0 && r.marks[n] == markClosed {
			frame.Closed = append(frame.Closed, w.rows[n].id)
		}
		delete(w.rows, n)
	}
}
