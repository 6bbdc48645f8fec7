package web

import (
	"slices"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// view is the answer to one query, kept up to date from deltas. Viewers of the same query share it, and views of the
// same order share their series.
type view struct {
	query query.Query
	// key is the view's name on the shelf: Query.Identity, which At does not change.
	key string
	// timed is set where rows that do not change can begin or cease to match.
	timed bool
	// seq is that of the table that members and matched are taken from.
	seq    uint64
	series *series
	// members are the rows of a shared series that match. It is not used where all of them do.
	members numberSet
	// all is set where every row of the series matches.
	all bool
	// matched is how many rows match.
	matched int
	// windows are those that somebody looks at, by their place.
	windows map[span]*window
	// facets are counted while facetViewers want them. facetsTold is what they were last told, at facetsAt, nil where
	// they were told nothing yet.
	facets       *facetSet
	facetViewers int
	facetsTold   []byte
	facetsAt     time.Time
}

// sparse is how much smaller than the table a view is that has a series of its own: then it costs what its own rows
// cost. Larger views cost a bit a row beside the series that they share.
const sparse = 8

// selectRows returns the rows that match, in the query's order. They are valid while the table may be read.
func selectRows(q query.Query, t *poller.Table) []*poller.Connection {
	q = q.At(t.Status().At)
	rows := make([]*poller.Connection, 0, t.Len())
	for c := range t.All() {
		if q.Match(c) {
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, q.Compare)
	return rows
}

// fill takes the members anew where the table has had a poll that the view is told of only after this. A window that
// is filled from the view is then as old as the table says.
func (v *view) fill(r *roster, t *poller.Table) {
	seq := t.Status().Seq
	if seq != v.series.seq {
		v.series.fill(r, t)
	}
	if v.seq == seq {
		return
	}
	v.seq = seq
	v.query = v.query.At(t.Status().At)
	v.refill(r)
}

// refill takes the members anew from the series.
func (v *view) refill(r *roster) {
	if v.all {
		v.matched = len(v.series.numbers)
		return
	}
	v.matched = 0
	clear(v.members)
	for _, n := range v.series.numbers {
		if v.query.Match(r.rows[n]) {
			v.members.add(n)
			v.matched++
		}
	}
}

// apply brings the members up to date with the delta that the roster has marked, after the series. It costs a match
// for each row that the delta names, whatever the size of the view. A timed view costs a match for each row of the
// series.
func (v *view) apply(r *roster, d *poller.Delta) {
	if d.Seq <= v.seq {
		return
	}
	v.seq = d.Seq
	if v.timed {
		v.query = v.query.At(d.At)
		v.refill(r)
		return
	}
	if v.all {
		v.matched = len(v.series.numbers)
		return
	}
	for _, n := range r.closed {
		v.set(n, false)
	}
	for _, n := range r.fresh {
		v.set(n, v.query.Match(r.rows[n]))
	}
}

// set notes whether a row matches.
func (v *view) set(n int32, matches bool) {
	switch {
	case matches == v.members.has(n):
	case matches:
		v.members.add(n)
		v.matched++
	default:
		v.members.remove(n)
		v.matched--
	}
}

// appendSpan appends the rows of the span, in order. In a shared series it walks to the end of the span.
func (v *view) appendSpan(dst []int32, s span) []int32 {
	if v.all {
		return append(dst, within(s, v.series.numbers)...)
	}
	skip, left := s.offset, min(s.limit, v.matched-s.offset)
	if left <= 0 {
		return dst
	}
	for _, n := range v.series.numbers {
		switch {
		case !v.members.has(n):
		case skip > 0:
			skip--
		default:
			dst = append(dst, n)
			if left--; left == 0 {
				return dst
			}
		}
	}
	return dst
}

// span is a window's place in a view: the first row and the greatest number of rows.
type span struct{ offset, limit int }

// within returns the rows of the span.
func within[T any](s span, rows []T) []T {
	from := min(s.offset, len(rows))
	return rows[from:min(from+s.limit, len(rows))]
}
