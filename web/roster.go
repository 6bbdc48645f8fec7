package web

import (
	"sockeye/poller"
)

// roster gives small numbers to the rows that views are made of, so that a list of rows takes four bytes a row and a
// set of rows takes a bit. A row keeps its number for as long as it is in the table. Rows point into the poller's
// table: they are read only by the poller's observer or inside [poller.Poller.Read].
type roster struct {
	// rows are by number, nil where the number is free; numbers is the way back.
	rows    []*poller.Connection
	numbers map[*poller.Connection]int32
	free    []int32

	// marks say, by number, what the delta that is being applied says of the row; all are 0 in between.
	marks []mark
	// fresh are the rows that the delta opened or changed, each once, and closed those that it closed.
	fresh, closed []int32
	// spare is memory for one step of one series.
	spare []int32
	// pairs are nil while nobody wants them joined.
	pairs *pairs
}

// mark is a set of facts about a row, for the time of one delta.
type mark uint8

// What a delta says of a row. Of the first three a row has one at the most.
const (
	markOpened mark = 1 << iota
	markChanged
	markClosed
	markPlaced // it stays where it is in the series that is being brought up to date
)

// newRoster returns a roster without rows.
func newRoster() *roster { return &roster{numbers: map[*poller.Connection]int32{}} }

// number returns the row's number, a new one where it has none.
func (r *roster) number(c *poller.Connection) int32 {
	if n, ok := r.numbers[c]; ok {
		return n
	}
	var n int32
	if last := len(r.free) - 1; last >= 0 {
		n, r.free = r.free[last], r.free[:last]
		r.rows[n] = c
	} else {
		n = int32(len(r.rows))
		r.rows, r.marks = append(r.rows, c), append(r.marks, 0)
	}
	r.numbers[c] = n
	return n
}

// begin marks the rows that the delta names. A row is fresh once, however often it is named.
func (r *roster) begin(d *poller.Delta) {
	for _, c := range d.Closed {
		if n, ok := r.numbers[c]; ok && r.marks[n] == 0 {
			r.marks[n] = markClosed
			r.closed = append(r.closed, n)
		}
	}
	r.name(d.Opened, markOpened)
	r.name(d.Changed, markChanged)
	r.touch(d.Seq)
}

// name marks the rows of one list that have no mark yet.
func (r *roster) name(rows []*poller.Connection, as mark) {
	for _, c := range rows {
		if n := r.number(c); r.marks[n] == 0 {
			r.marks[n] = as
			r.fresh = append(r.fresh, n)
		}
	}
}

// end takes the marks away, and the numbers of the rows that are closed.
func (r *roster) end() {
	for _, n := range r.fresh {
		r.marks[n] = 0
	}
	for _, n := range r.closed {
		r.marks[n] = 0
		delete(r.numbers, r.rows[n])
		r.rows[n] = nil
		r.free = append(r.free, n)
	}
	r.fresh, r.closed = r.fresh[:0], r.closed[:0]
}

// numberSet is a set of numbers of a roster.
type numberSet []uint64

// has reports whether n is in the set.
func (s numberSet) has(n int32) bool {
	word := int(n >> 6)
	return word < len(s) && s[word]&(1<<(n&63)) != 0
}

// add puts n into the set, which grows to hold it.
func (s *numberSet) add(n int32) {
	for word := int(n >> 6); word >= len(*s); {
		*s = append(*s, 0)
	}
	(*s)[n>>6] |= 1 << (n & 63)
}

// remove takes n out of the set, if it is there.
func (s numberSet) remove(n int32) {
	if word := int(n >> 6); word < len(s) {
		s[word] &^= 1 << (n & 63)
	}
}
