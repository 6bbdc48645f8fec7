package web

import (
	"strings"

	"sockeye/poller"
	"sockeye/query"
)

// shelf is every view that somebody looks at, with what they share. It holds nothing while nobody does.
type shelf struct {
	// roster has all rows of the shared series, and of the own ones.
	roster *roster
	// series are the shared ones, by orderKey.
	series map[string]*series
	// groupings are by Identity of the Query.Core that they group.
	groupings map[string]*grouping
	// views are by Query.Identity.
	views map[string]*view
	// book is what facets are counted from, as of the table of bookSeq; nil while nobody looks at any.
	book    *factBook
	bookSeq uint64
}

// newShelf returns a shelf without views.
func newShelf() *shelf {
	return &shelf{roster: newRoster(), series: map[string]*series{}, groupings: map[string]*grouping{}, views: map[string]*view{}}
}

// open returns the view of a query as it is in the table, a new one where there is none. A new one costs a look at every
// row, and a sort where no other view has its order. Who calls it has to close the view when nobody looks at it any
// more.
func (s *shelf) open(q query.Query, t *poller.Table) *view {
	key := q.Identity()
	v := s.views[key]
	if q.Pair() {
		s.roster.join(t)
	}
	if v == nil {
		v = s.add(q, t)
		v.key, v.timed = key, q.Timed()
		if v.timed && v.groups == nil && !q.Pair() {
			v.calendar = newCalendar(q)
		}
		s.views[key] = v
	}
	v.fill(s.roster, t)
	return v
}

// add returns a new view.
func (s *shelf) add(q query.Query, t *poller.Table) *view {
	v := &view{query: q, seq: never, windows: map[span]*window{}}
	if q.Group() != "" {
		v.groups = s.groupingOf(q.Core())
		v.groups.views++
		v.groups.fill(s.roster, t)
		v.groups.open(s.roster, q.Open())
		return v
	}
	v.series = s.seriesOf(q, t)
	v.all = v.series.own || len(q.Terms()) == 0 && !q.Pair()
	v.series.views++
	return v
}

// groupingOf returns the grouping of a query without open groups and names.
func (s *shelf) groupingOf(core query.Query) *grouping {
	key := core.Identity()
	g := s.groupings[key]
	if g == nil {
		g = newGrouping(core)
		s.groupings[key] = g
	}
	return g
}

// never is the seq of what was not taken from any table yet.
const never = ^uint64(0)

// seriesOf returns the series in which a query finds its rows.
func (s *shelf) seriesOf(q query.Query, t *poller.Table) *series {
	if !q.Timed() && isSparse(q, t) {
		return &series{query: q, own: true, seq: never}
	}
	key := orderKey(q)
	shared := s.series[key]
	if shared == nil {
		shared = &series{query: q, seq: never}
		s.series[key] = shared
	}
	return shared
}

// isSparse reports whether the query keeps so few rows that it pays not to look at the others.
func isSparse(q query.Query, t *poller.Table) bool {
	matched := 0
	for c := range t.All() {
		if q.Match(c) {
			matched++
		}
	}
	return matched*sparse < t.Len()
}

// orderKey returns the same text for the same order.
func orderKey(q query.Query) string {
	var key strings.Builder
	for _, o := range q.Order() {
		key.WriteString(o.Column)
		if o.Desc {
			key.WriteByte('-')
		}
		key.WriteByte(',')
	}
	return key.String()
}

// close drops a view, and what nothing else uses.
func (s *shelf) close(v *view) {
	delete(s.views, v.key)
	switch {
	case v.groups != nil:
		v.groups.shut(v.query.Open())
		if v.groups.views--; v.groups.views == 0 {
			delete(s.groupings, v.query.Core().Identity())
		}
	case v.series.views == 1 && !v.series.own:
		delete(s.series, orderKey(v.query))
		fallthrough
	default:
		v.series.views--
	}
	if !s.pairing() {
		s.roster.pairs = nil
	}
	if len(s.views) == 0 {
		s.roster, s.book = newRoster(), nil
	}
}

// pairing reports whether a view joins pairs.
func (s *shelf) pairing() bool {
	for _, v := range s.views {
		if v.query.Pair() {
			return true
		}
	}
	return false
}

// apply brings all views up to date with the delta, and calls then for each while the roster still has the marks of
// the rows that it names. Every poll's delta has to come here, in order; what a delta does not name is taken to be as it
// was.
func (s *shelf) apply(d *poller.Delta, then func(*view)) {
	if len(s.views) == 0 {
		return
	}
	s.roster.begin(d)
	for _, one := range s.series {
		one.apply(s.roster, d.Seq)
	}
	s.countFacets(d)
	for _, g := range s.groupings {
		g.apply(s.roster, d)
	}
	for _, v := range s.views {
		if v.series != nil && v.series.own {
			v.series.apply(s.roster, d.Seq)
		}
		v.apply(s.roster, d)
		then(v)
	}
	s.roster.end()
}
