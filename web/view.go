package web

import (
	"slices"

	"sockeye/poller"
	"sockeye/query"
)

// view is the answer to one query, kept up to date from deltas. Viewers of the same query share it. Its rows point
// into the poller's table: they are read only by the poller's observer or inside [poller.Poller.Read].
type view struct {
	query   query.Query
	seq     uint64 // of the table that the rows are taken from
	rows    []*poller.Connection
	spare   []*poller.Connection // the rows' memory of the time before
	windows map[span]*window
}

// newView selects and sorts the rows of the table.
func newView(q query.Query, t *poller.Table) *view {
	v := &view{query: q, seq: t.Status().Seq, windows: map[span]*window{}}
	v.rows = selectRows(q, t)
	return v
}

// catchUp takes the rows anew where the table has had a poll that the view is told of only after this. A window that
// is filled from the view is then as old as the table says.
func (v *view) catchUp(t *poller.Table) {
	if seq := t.Status().Seq; seq != v.seq {
		v.seq, v.rows = seq, selectRows(v.query, t)
	}
}

// selectRows returns the rows that match, in the query's order. They are valid while the table may be read.
func selectRows(q query.Query, t *poller.Table) []*poller.Connection {
	rows := make([]*poller.Connection, 0, t.Len())
	for c := range t.All() {
		if q.Match(c) {
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, q.Compare)
	return rows
}

// apply brings the rows up to date: those that the delta names are taken out, and the ones that match are merged in
// again at their place. It costs one pass over the view and a sort of what changed.
func (v *view) apply(d *poller.Delta) {
	if d.Seq <= v.seq {
		return // made from a table that had it already, or a poll that failed
	}
	v.seq = d.Seq
	var fresh []*poller.Connection
	for _, list := range [...][]*poller.Connection{d.Opened, d.Changed} {
		for _, c := range list {
			if v.query.Match(c) {
				fresh = append(fresh, c)
			}
		}
	}
	slices.SortFunc(fresh, v.query.Compare)
	v.merge(v.without(d), slices.Compact(fresh))
}

// without removes the rows that the delta names, in place.
func (v *view) without(d *poller.Delta) []*poller.Connection {
	if len(d.Changed)+len(d.Closed) == 0 {
		return v.rows
	}
	named := make(map[*poller.Connection]bool, len(d.Changed)+len(d.Closed))
	for _, list := range [...][]*poller.Connection{d.Changed, d.Closed} {
		for _, c := range list {
			named[c] = true
		}
	}
	return slices.DeleteFunc(v.rows, func(c *poller.Connection) bool { return named[c] })
}

// merge makes the rows of two sorted lists; the first may be the rows themselves.
func (v *view) merge(kept, fresh []*poller.Connection) {
	if len(fresh) == 0 {
		v.rows = kept
		return
	}
	out := v.spare[:0]
	for len(kept) > 0 && len(fresh) > 0 {
		if v.query.Compare(kept[0], fresh[0]) <= 0 {
			out, kept = append(out, kept[0]), kept[1:]
		} else {
			out, fresh = append(out, fresh[0]), fresh[1:]
		}
	}
	out = append(append(out, kept...), fresh...)
	v.spare, v.rows = v.rows[:0], out
}

// span is a window's place in a view: the first row and the greatest number of rows.
type span struct{ offset, limit int }

// slice returns the rows of the span.
func (s span) slice(rows []*poller.Connection) []*poller.Connection {
	from := min(s.offset, len(rows))
	return rows[from:min(from+s.limit, len(rows))]
}
