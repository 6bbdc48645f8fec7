package web

import (
	"slices"

	"sockeye/poller"
	"sockeye/query"
)

// facetKeys are the keys by which the page offers values, in the order in which it shows them.
var facetKeys = [...]string{"state", "proc", "dir", "rip", "port", "user", "proto"}

// facetSet is the facets of a filter, for all views that have it, in whatever order. A facet leaves the terms of its own
// key aside, so that the values that were not chosen stay there to be chosen. What it counts is kept up to date by its
// book.
type facetSet struct {
	book   *factBook
	filter string // [query.Query.Identity] of it
	views  int
	bases  []*base
	facets []*facet
}

// facet is one key of a set.
type facet struct {
	key string
	// at is the key's place in facetKeys, by which its base counts it.
	at   int
	base *base
	// in and out are the values of the terms of the key, as [query.Query.Choice] gives them.
	in, out []string
	// encoded is what [facetSet.tail] made when the counts were as of turn.
	encoded []byte
	turn    uint64
}

// newFacetSet returns the facets of a query, which have counted nothing that their book had not counted before.
func newFacetSet(q query.Query, b *factBook) *facetSet {
	s := &facetSet{book: b}
	for at, key := range facetKeys {
		rest, in, out := q.Choice(key)
		f := &facet{key: key, at: at, base: b.base(rest.Filter()), in: in, out: out}
		f.base.want(at, b)
		s.facets = append(s.facets, f)
		if !slices.Contains(s.bases, f.base) {
			s.bases = append(s.bases, f.base)
		}
	}
	return s
}

// fill counts the rows of the book where that was not done yet.
func (s *facetSet) fill(r *roster, status *poller.Status) {
	for _, b := range s.bases {
		if !b.filled {
			b.fill(s.book, r, status)
		}
	}
}

// drop ends that the set's bases count for it.
func (s *facetSet) drop() {
	for _, f := range s.facets {
		f.base.leave(f.at, s.book)
	}
}

// changed is the book's turn at which the counts were changed last.
func (s *facetSet) changed() (turn uint64) {
	for _, b := range s.bases {
		turn = max(turn, b.changed)
	}
	return turn
}

// counts are those of a facet, by the number that the fact has in [facts].
func (f *facet) counts() []int32 { return f.base.counts[f.at] }

// rests returns a query without the terms of each facet's key, as in the URL.
func rests(q query.Query) (all [len(facetKeys)]string) {
	for i, key := range facetKeys {
		rest, _, _ := q.Choice(key)
		all[i] = rest.Encode()
	}
	return all
}
