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
	// views are by Query.Identity.
	views map[string]*view
	// book is what facets are counted from, as of the table of bookSeq; nil while nobody looks at any.
	book    *factBook
	bookSeq uint64
}

// newShelf returns a shelf without views.
func newShelf() *shelf {
	return &shelf{roster: newRoster(), series: map[string]*series{}, views: map[string]*view{}}
}

// open returns the view of a query as it is in the table, a new one where there is none. A new one costs a look at every
// row, and a sort where no other view has its order. Who calls it has to close the view when nobody looks at it any
// more.
func (s *shelf) open(q query.Query, t *poller.Table) *view {
	key := q.Identity()
	v := s.views[key]
	if v == nil {
		v = &view{query: q, key: key, timed: q.Timed(), seq: never, series: s.seriesOf(q, t), windows: map[span]*window{}}
		v.all = v.series.own || len(q.Terms()) == 0
		v.series.views++
		s.views[key] = v
	}
	v.fill(s.roster, t)
	return v
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
	if v.series.views--; v.series.views == 0 && !v.series.own {
		delete(s.series, orderKey(v.query))
	}
	if len(s.views) == 0 {
		s.roster, s.book = newRoster(), nil
	}
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
	for _, v := range s.views {
		if v.series.own {
			v.series.apply(s.roster, d.Seq)
		}
		v.apply(s.roster, d)
		then(v)
	}
	s.roster.end()
}
