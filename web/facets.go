package web

import (
	"sockeye/poller"
	"sockeye/query"
)

// facetKeys are the keys by which the page offers values, in the order in which it shows them.
var facetKeys = []string{"state", "proc", "dir", "rip", "port", "user", "proto"}

// facetSet counts, for one view, how many connections have each value of the facets. A facet leaves the terms of its
// own key aside, so that the values that were not chosen stay there to be chosen. It is kept up to date from deltas: a
// poll costs a match for each row that it names and each base, and nothing is allocated for it.
type facetSet struct {
	book   *factBook
	bases  []*base
	facets []*facet
	// dirty is set where counts may have changed since they were last told.
	dirty bool
}

// base is the rows that some facets of a view count.
type base struct {
	query   query.Query
	timed   bool
	members numberSet
	facets  []*facet
}

// facet is the counts of one key.
type facet struct {
	key string
	// encode is the view without the terms of the key, in and out are the values of these terms, as [query.Query.Choice]
	// gives them.
	encode  string
	in, out []string
	// counts are by the number that the fact has in [facts].
	counts []int32
	// count adds d to the counts of what the facts say.
	count func(f *facet, of *facts, d int32)
}

// counters say where the facts of a key are counted.
var counters = map[string]func(f *facet, of *facts, d int32){
	"state": func(f *facet, of *facts, d int32) { f.add(int32(of.state), d) },
	"proc":  func(f *facet, of *facts, d int32) { f.add(of.process, d) },
	"dir":   func(f *facet, of *facts, d int32) { f.add(int32(of.direction), d) },
	"rip":   func(f *facet, of *facts, d int32) { f.add(of.address, d) },
	"user":  func(f *facet, of *facts, d int32) { f.add(of.user, d) },
	"proto": func(f *facet, of *facts, d int32) { f.add(int32(of.protocol), d) },
	"port": func(f *facet, of *facts, d int32) {
		f.add(int32(of.local), d)
		if of.remote != of.local && of.remote != 0 {
			f.add(int32(of.remote), d)
		}
	},
}

// add counts d more of a value.
func (f *facet) add(n int32, d int32) {
	for int(n) >= len(f.counts) {
		f.counts = append(f.counts, make([]int32, max(16, int(n)+1-len(f.counts)))...)
	}
	f.counts[n] += d
}

// newFacetSet returns the facets of a query, which have counted nothing yet.
func newFacetSet(q query.Query, b *factBook) *facetSet {
	s := &facetSet{book: b, dirty: true}
	bases := map[string]*base{}
	for _, key := range facetKeys {
		rest, in, out := q.Choice(key)
		f := &facet{key: key, encode: rest.Encode(), in: in, out: out, count: counters[key]}
		name := rest.Identity()
		if bases[name] == nil {
			bases[name] = &base{query: rest, timed: rest.Timed()}
			s.bases = append(s.bases, bases[name])
		}
		bases[name].facets = append(bases[name].facets, f)
		s.facets = append(s.facets, f)
	}
	return s
}

// add counts d more rows of these facts.
func (b *base) add(of *facts, d int32) {
	for _, f := range b.facets {
		f.count(f, of, d)
	}
}

// fill counts all rows of the book.
func (s *facetSet) fill(r *roster, status *poller.Status) {
	for _, b := range s.bases {
		b.query = b.query.At(status.At)
		for n := range s.book.rows {
			if number := int32(n); s.book.has(number) && b.query.Match(r.rows[n]) {
				b.members.add(number)
				b.add(&s.book.rows[n], 1)
			}
		}
	}
	s.dirty = true
}

// replace counts a row with its new facts in place of the old ones; old is nil for a row that is new, and now for one
// that is gone.
func (s *facetSet) replace(n int32, c *poller.Connection, old, now *facts) {
	for _, b := range s.bases {
		was := old != nil && b.members.has(n)
		is := now != nil && b.query.Match(c)
		if was && is && *old == *now || !was && !is {
			continue
		}
		s.dirty = true
		if was {
			b.add(old, -1)
			b.members.remove(n)
		}
		if is {
			b.add(now, 1)
			b.members.add(n)
		}
	}
}

// pass counts again what depends on time, at the moment of a poll.
func (s *facetSet) pass(r *roster, d *poller.Delta) {
	for _, b := range s.bases {
		if !b.timed {
			continue
		}
		b.query = b.query.At(d.At)
		for n := range s.book.rows {
			number := int32(n)
			if !s.book.has(number) {
				continue
			}
			switch is := b.query.Match(r.rows[n]); {
			case is == b.members.has(number):
				continue
			case is:
				b.members.add(number)
				b.add(&s.book.rows[n], 1)
			default:
				b.members.remove(number)
				b.add(&s.book.rows[n], -1)
			}
			s.dirty = true
		}
	}
}
