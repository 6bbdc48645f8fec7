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
	viewers map[*viewer]struct{}
	fields  []field
	status  poller.Status // as the viewers were last told
	matched int           // rows of the whole view, then
	order   []string
	cells   map[string]json.RawMessage // the encoded row by its id
}

func newWindow(s span, fields []field) *window {
	return &window{span: s, fields: fields, viewers: map[*viewer]struct{}{}}
}

// fill takes the rows of the view over without telling anybody.
func (w *window) fill(v *view, s *poller.Status) {
	w.status, w.matched = *s, len(v.rows)
	w.order, w.cells = w.encodeRows(v, s.At)
}

// encodeRows encodes the rows in the span.
func (w *window) encodeRows(v *view, at time.Time) (order []string, cells map[string]json.RawMessage) {
	rows := w.slice(v.rows)
	order = make([]string, len(rows))
	cells = make(map[string]json.RawMessage, len(rows))
	for i, c := range rows {
		order[i] = c.ID.String()
		cells[order[i]] = appendArray(nil, w.fields, c, at)
	}
	return order, cells
}

// snap encodes the window as it was last told.
func (w *window) snap(history []poller.Sample) message {
	rows := make([]json.RawMessage, len(w.order))
	for i, id := range w.order {
		rows[i] = w.cells[id]
	}
	for len(history) > 0 && history[len(history)-1].At.After(w.status.At) {
		history = history[:len(history)-1] // of a poll that the viewers are told of next
	}
	frame := snapFrame{
		Type: "snap", status: statusOf(&w.status, w.matched), Source: w.status.Source,
		Notes: append([]string{}, w.status.Notes...), Offset: w.offset, Limit: w.limit,
		Rows: rows, History: points(history),
	}
	return message{seq: w.status.Seq, data: encode(&frame)}
}

// delta brings the window up to date with the view and encodes what changed.
func (w *window) delta(v *view, d *poller.Delta) message {
	order, cells := w.encodeRows(v, d.At)
	frame := deltaFrame{Type: "delta", From: w.status.Seq, status: statusOf(&d.Status, len(v.rows)), Put: []json.RawMessage{}}
	for _, id := range order {
		if before, there := w.cells[id]; !there || !bytes.Equal(before, cells[id]) {
			frame.Put = append(frame.Put, cells[id])
		}
	}
	if !slices.Equal(order, w.order) {
		frame.Order = &order
	}
	if !slices.Equal(d.Notes, w.status.Notes) {
		notes := append([]string{}, d.Notes...)
		frame.Notes = &notes
	}
	frame.Closed = idsIn(d.Closed, w.cells)
	frame.Since = slices.DeleteFunc(idsIn(d.Opened, cells), func(id string) bool {
		return w.cells[id] != nil // a window that was filled after this poll shows it already
	})
	m := message{from: w.status.Seq, seq: d.Seq, data: encode(&frame)}
	w.status, w.matched, w.order, w.cells = d.Status, len(v.rows), order, cells
	return m
}

// idsIn returns the ids of those rows that are in cells.
func idsIn(rows []*poller.Connection, cells map[string]json.RawMessage) []string {
	ids := []string{}
	for _, c := range rows {
		if id := c.ID.String(); cells[id] != nil {
			ids = append(ids, id)
		}
	}
	return ids
}
