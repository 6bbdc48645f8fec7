package web

import (
	"maps"
	"slices"
)

// noRow stands for no row of a roster, as every number below 0 does here.
const noRow = int32(-1 << 31)

// place is where the window is now, as a span without an anchor.
func (w *window) place() span { return span{offset: w.first, limit: w.limit} }

// follow moves the window with its anchor and returns the place of its first row. Where the anchor left the view, the
// next row of the window that is still there takes over, and where there is none the window stays where it is. It is
// called while the roster has the marks of the delta.
func (w *window) follow(v *view, r *roster) (first int) {
	if w.anchor == 0 {
		return w.first
	}
	if rank, ok := v.place(r, w.anchored); ok {
		return w.begin(rank, v)
	}
	at := slices.Index(w.numbers, w.anchored)
	if at < 0 {
		at = max(0, min(w.lead, len(w.numbers)-1))
	}
	lead := at
	for _, n := range w.numbers[at:] {
		if rank, ok := v.place(r, n); ok {
			w.anchored, w.lead = n, lead // which keeps first as it is where all rows between are gone
			return w.begin(rank, v)
		}
		if n < 0 && !v.isGone(r, n, w.rows[n].id) {
			lead++ // the heading of a group is no anchor, and stands there still
		}
	}
	w.anchored = noRow
	return w.begin(w.first+w.lead, v)
}

// begin puts the first row where an anchor of that rank puts it, or so that the view ends with the window, and returns
// its place.
func (w *window) begin(rank int, v *view) (first int) {
	w.first = max(0, min(rank-w.lead, v.lines-w.limit))
	return w.first
}

// named returns the span with the anchor that it means: the row above rows behind its first one, where it has none but
// is to have rows above it.
func (v *view) named(s span, r *roster) span {
	if s.anchor != 0 || s.above == 0 {
		return s
	}
	for _, n := range v.appendSpan(nil, span{offset: s.offset + s.above, limit: 1}) {
		if n >= 0 {
			s.anchor = r.rows[n].ID
		}
	}
	return s
}

// held returns the window as it was last told, for one viewer alone, who holds its rows.
func (w *window) held(by *viewer) *window {
	own := *w
	own.holder = by
	own.viewers = map[*viewer]struct{}{by: {}}
	own.numbers, own.spare = slices.Clone(w.numbers), nil
	own.rows = maps.Clone(w.rows)
	return &own
}

// stay brings the rows of a held window up to date where they are, takes out those that are closed, and counts those
// that stand elsewhere in the view.
func (w *window) stay(frame *deltaFrame, v *view, r *roster) {
	kept := w.numbers[:0]
	for _, n := range w.numbers {
		if v.isGone(r, n, w.rows[n].id) {
			frame.Closed = append(frame.Closed, w.rows[n].id)
			delete(w.rows, n)
			continue
		}
		w.put(frame, v, r, n)
		kept = append(kept, n)
	}
	w.numbers = kept
	w.follow(v, r)
	w.spare = v.appendSpan(w.spare[:0], w.place())
	frame.Moves = differing(w.spare, kept)
}

// differing counts the places at which two lists do not have the same.
func differing(a, b []int32) int {
	n := max(len(a), len(b)) - min(len(a), len(b))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
