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
	// timed is set where rows that do not change can begin or cease to match. Then calendar says which, unless pairs are
	// joined.
	timed    bool
	calendar *calendar
	// seq is that of the table that members and matched are taken from.
	seq    uint64
	series *series
	// groups are set where the query groups, and series is not.
	groups *grouping
	// members are the rows of a shared series that match. It is not used where all of them do.
	members numberSet
	// all is set where every row of the series matches.
	all bool
	// matched is how many rows match, a joined pair being one.
	matched int
	// lines is how many lines there are to see: matched, and where the query groups the groups and the rows of the open
	// ones.
	lines int
	// windows are those that somebody looks at, by their place.
	windows map[span]*window
	// came and went are how many rows joined and left the view with the delta that was applied last.
	came, went int
	// facets are counted while facetViewers want them; rests are the view without the terms of each. facetsTold is what
	// they were last told, at facetsAt and as of facetsTurn, nil where they were told nothing yet.
	facets       *facetSet
	rests        [len(facetKeys)]string
	facetViewers int
	facetsTold   []byte
	facetsAt     time.Time
	facetsTurn   uint64
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
	if v.groups != nil {
		v.fillGroups(r, t)
		return
	}
	if seq != v.series.seq {
		v.series.fill(r, t)
	}
	if v.seq == seq {
		return
	}
	v.seq = seq
	v.query = v.query.At(t.Status().At)
	v.matched = len(v.series.numbers)
	if v.calendar != nil {
		v.calendar.begin(t.Status().At)
	}
	if !v.all {
		v.matched = 0
		clear(v.members)
		for _, n := range v.series.numbers {
			v.judge(r, n)
		}
	}
	v.lines = v.matched
}

// apply brings the members up to date with the delta that the roster has marked, after the series. It costs a match
// for each row that the delta names, whatever the size of the view. A timed view costs a match for each row of the
// series.
func (v *view) apply(r *roster, d *poller.Delta) {
	if d.Seq <= v.seq {
		v.came, v.went = 0, 0
		return
	}
	v.seq, v.came, v.went = d.Seq, 0, 0
	switch {
	case v.groups != nil:
		v.countGroups()
		return
	case v.all:
		now := len(v.series.numbers)
		v.went = v.series.went
		v.came = now - v.matched + v.went
		v.matched = now
	default:
		for _, n := range r.closed {
			v.set(n, false)
			if v.calendar != nil {
				v.calendar.forget(n)
			}
		}
		v.match(r, d)
	}
	v.lines = v.matched
}

// match brings the members up to date where rows changed, and where time alone changes what matches.
func (v *view) match(r *roster, d *poller.Delta) {
	if v.timed {
		v.query = v.query.At(d.At)
	}
	if v.timed && (v.calendar == nil || !v.calendar.advance(d.At) || d.ClockSet) {
		if v.calendar != nil {
			v.calendar.begin(d.At)
		}
		for _, n := range v.series.numbers {
			v.judge(r, n)
		}
		return
	}
	for _, n := range r.fresh {
		v.judge(r, n)
	}
	if v.calendar != nil {
		for n, ok := v.calendar.due(); ok; n, ok = v.calendar.due() {
			v.judge(r, n)
		}
	}
}

// judge notes whether a row matches now, and when it is to be judged again.
func (v *view) judge(r *roster, n int32) {
	if v.calendar != nil {
		v.calendar.note(n, r.rows[n])
	}
	v.set(n, r.keeps(&v.query, r.rows[n]))
}

// size returns how much there is of the view.
func (v *view) size() size {
	s := size{Matched: v.matched, Lines: v.lines}
	if v.groups != nil {
		s.Groups = len(v.groups.order)
	}
	return s
}

// set notes whether a row matches.
func (v *view) set(n int32, matches bool) {
	switch {
	case matches == v.members.has(n):
	case matches:
		v.members.add(n)
		v.matched++
		v.came++
	default:
		v.members.remove(n)
		v.matched--
		v.went++
	}
}

// traffic returns how many rows joined and left the view since it had that many. Where the view was filled in between,
// only the difference is known.
func (v *view) traffic(before int) (came, went int) {
	if more := v.matched - before; v.came-v.went != more {
		return max(0, more), max(0, -more)
	}
	return v.came, v.went
}

// appendSpan appends the lines of the span, in order: rows by their numbers, groups by those of [groupLine]. In a shared
// series and among groups it walks to the end of the span.
func (v *view) appendSpan(dst []int32, s span) []int32 {
	switch {
	case v.groups != nil:
		return v.appendGroups(dst, s)
	case v.all:
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

// span is a window's place in a view: the first row and the greatest number of rows. With an anchor that is in the view
// the first row is the one that stands above rows before it, and offset is of no account.
type span struct {
	offset, limit int
	anchor        poller.ID // 0 for none
	above         int
	holder        *viewer // who holds the rows of the window, nil where they follow the view
	// asks is set where the view wants names and those who look may have them asked for. So the owner and those who came by
	// a link never share a window in which their rights differ.
	asks bool
}

// place returns how many rows of the view stand before a row; ok is false where the row is not in the view, or is no
// row. In a shared series it walks to the row.
func (v *view) place(r *roster, n int32) (rank int, ok bool) {
	if n < 0 || r.marks[n]&markClosed != 0 {
		return 0, false
	}
	if v.groups != nil {
		return v.placeInGroups(r, n)
	}
	if !v.all && !v.members.has(n) {
		return 0, false
	}
	at, ok := slices.BinarySearchFunc(v.series.numbers, n, v.series.compare(r))
	if !ok || v.series.numbers[at] != n {
		return 0, false
	}
	if v.all {
		return at, true
	}
	for _, before := range v.series.numbers[:at] {
		if v.members.has(before) {
			rank++
		}
	}
	return rank, true
}

// within returns the rows of the span.
func within[T any](s span, rows []T) []T {
	from := min(s.offset, len(rows))
	return rows[from:min(from+s.limit, len(rows))]
}
