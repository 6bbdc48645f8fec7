package query

import (
	"slices"
	"strings"

	"sockeye/poller"
)

// Query says which connections to show, in what order, and how they look. It is never changed; the zero value is everything in the
// default order. Two queries with the same [Query.Encode] are the same view.
type Query struct {
	// filter and order are nil where there is nothing in them, so that equal queries are deeply equal.
	filter all
	order  []sorting
	// shape is how the view is laid out.
	shape shape
	look  look
}

// With returns q with the terms of a box's text added at the end; a term that q has already is not added again.
func (q Query) With(box string) (Query, error) {
	terms, err := parseBox(box)
	if err != nil {
		return Query{}, err
	}
	sum, err := q.add(terms)
	if err != nil {
		return Query{}, err
	}
	return sum, nil
}

// add returns q with more terms, unless that is too much: every query that exists can be printed as a URL that is
// read again.
func (q Query) add(terms []expr) (Query, *Error) {
	q.filter = q.filter.with(terms)
	if len(q.filter) == 0 {
		q.filter = nil
	}
	if n := q.filter.size(); n > maxValues {
		return Query{}, failf("the filter has %d values and words, at most %d are possible", n, maxValues)
	}
	if q.filter.depth() > maxDepth {
		return Query{}, tooDeep()
	}
	if n := len(q.encodeFilter()); n > maxFilter {
		return Query{}, failf("the filter is %d bytes long as a URL, at most %d are possible", n, maxFilter)
	}
	return q.withShape(q.shape)
}

// Without returns q without term i of [Query.Terms]; where there is no such term, it returns q.
func (q Query) Without(i int) Query {
	if i < 0 || i >= len(q.filter) {
		return q
	}
	q.filter = slices.Delete(slices.Clone(q.filter), i, i+1)
	if len(q.filter) == 0 {
		q.filter = nil
	}
	return q
}

// Terms returns the terms of the filter, in the order in which they were written. The caller owns the slice.
func (q Query) Terms() []Term {
	terms := make([]Term, len(q.filter))
	for i, e := range q.filter {
		terms[i] = e.term()
	}
	return terms
}

// String returns the filter as the box shows it, in canonical spelling. [Parse] reads it back; the order is not in it.
func (q Query) String() string {
	if len(q.filter) == 1 {
		return q.filter[0].term().bare()
	}
	var b strings.Builder
	for i, t := range q.Terms() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.String())
	}
	return b.String()
}

// IsZero reports whether q is everything in the default order, each connection on its own.
func (q Query) IsZero() bool { return len(q.filter) == 0 && len(q.order) == 0 && q.shape.isZero() }

// Match reports whether the filter keeps the connection. It allocates nothing.
func (q Query) Match(c *poller.Connection) bool { return q.filter.match(c) }
