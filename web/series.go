package web

import (
	"slices"

	"sockeye/poller"
	"sockeye/query"
)

// series is rows in the order of a query, kept up to date from deltas. It is either shared, and then it has all rows
// of the table and serves every view of this order, or it belongs to one view and has the rows that the query keeps.
type series struct {
	// query gives the order, and for an own series the filter.
	query query.Query
	// own is set where the series has only the rows that match.
	own bool
	// in, where it is set, says in place of the filter which rows an own series has.
	in func(n int32) bool
	// seq is that of the table that the rows are taken from.
	seq uint64
	// numbers are the rows in order, by their numbers in the roster.
	numbers []int32
	// went is how many rows left with the delta that was applied last.
	went int
	// views is how many views use the series.
	views int
}

// fill takes the rows anew from the table.
func (s *series) fill(r *roster, t *poller.Table) {
	s.seq, s.numbers = t.Status().Seq, s.numbers[:0]
	if !s.own {
		s.numbers = slices.Grow(s.numbers, t.Len())
	}
	for c := range t.All() {
		if !s.own || r.keeps(&s.query, c) {
			s.numbers = append(s.numbers, r.number(c))
		}
	}
	slices.SortFunc(s.numbers, s.compare(r))
}

// keeps reports whether a row is in the series.
func (s *series) keeps(r *roster, n int32) bool {
	switch {
	case !s.own:
		return true
	case s.in != nil:
		return s.in(n)
	}
	return r.keeps(&s.query, r.rows[n])
}

// compare returns the order of the rows by their numbers.
func (s *series) compare(r *roster) func(a, b int32) int {
	return func(a, b int32) int { return s.query.Compare(r.rows[a], r.rows[b]) }
}

// apply brings the rows up to date with the delta that the roster has marked, which led to the table of seq. It costs
// one pass over the numbers, and for each row that the delta names a few comparisons; it allocates nothing unless
// there are more rows than ever. To apply a delta twice changes nothing.
func (s *series) apply(r *roster, seq uint64) {
	s.went = 0
	if seq <= s.seq {
		return // made from a table that had it already, or a poll that failed
	}
	s.seq = seq
	compare := s.compare(r)
	s.keep(r, compare)
	moved := r.spare[:0]
	for _, n := range r.fresh {
		if r.marks[n]&markPlaced != 0 {
			r.marks[n] &^= markPlaced
		} else if s.keeps(r, n) {
			moved = append(moved, n)
		}
	}
	slices.SortFunc(moved, compare)
	s.numbers = insert(s.numbers, moved, compare)
	r.spare = moved
}

// keep removes the rows that the delta names, in place, except for those that stand right where they are: not before
// the row kept last, and not behind the next one that the delta does not name. Those it marks as placed.
func (s *series) keep(r *roster, compare func(a, b int32) int) {
	kept, next := 0, 0
	for i, n := range s.numbers {
		if r.marks[n] != 0 {
			if next <= i {
				next = s.unnamed(r, i+1)
			}
			stays := r.marks[n]&markClosed == 0 && s.keeps(r, n)
			if !stays {
				s.went++
			}
			fits := stays &&
				(kept == 0 || compare(s.numbers[kept-1], n) <= 0) &&
				(next == len(s.numbers) || compare(n, s.numbers[next]) <= 0)
			if !fits {
				continue
			}
			r.marks[n] |= markPlaced
		}
		s.numbers[kept] = n
		kept++
	}
	s.numbers = s.numbers[:kept]
}

// unnamed returns the first place from i on whose row the delta does not name, or the end.
func (s *series) unnamed(r *roster, i int) int {
	for i < len(s.numbers) && r.marks[s.numbers[i]] != 0 {
		i++
	}
	return i
}

// insert merges sorted numbers into sorted ones, from the last to the first, so that each is moved once.
func insert(numbers, sorted []int32, compare func(a, b int32) int) []int32 {
	from := len(numbers) // where those that have not been moved end
	numbers = resize(numbers, from+len(sorted))
	for i := len(sorted) - 1; i >= 0; i-- {
		at, _ := slices.BinarySearchFunc(numbers[:from], sorted[i], compare)
		copy(numbers[at+i+1:], numbers[at:from])
		numbers[at+i] = sorted[i]
		from = at
	}
	return numbers
}

// resize returns the numbers with another length, in other memory where that is too little or far too much.
func resize(numbers []int32, length int) []int32 {
	if cap(numbers) >= 1024 && length < cap(numbers)/4 {
		numbers = slices.Clip(append([]int32(nil), numbers...))
	}
	return slices.Grow(numbers, length-len(numbers))[:length]
}
