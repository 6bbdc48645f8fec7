package web

import (
	"slices"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// base is the rows that a filter keeps, with counts of what facets want of them. All facets that leave the same filter
// share it.
type base struct {
	name  string
	query query.Query
	// calendar is set where rows that do not change can begin or cease to match; steady where no row does while its facts
	// stay as they are.
	calendar *calendar
	steady   bool
	filled   bool
	members  numberSet
	// counts are by a key's place in facetKeys, and then by the number that the fact has in [facts]; nil for a key that
	// nobody wants. wants says how many do.
	counts [len(facetKeys)][]int32
	wants  [len(facetKeys)]int
	// changed is the book's turn at which a count changed last.
	changed uint64
}

// factChange is what a delta did to a row's facts. A row that had none is new, one that has none is gone.
type factChange struct {
	row        int32
	had, has   bool
	old, facts facts
}

// steadyKeys are those whose terms depend on nothing but what is in [facts].
var steadyKeys = []string{"state", "proc", "dir", "rip", "port", "lport", "rport", "svc", "user", "proto"}

// newBase returns the base of a filter, which has counted nothing.
func newBase(name string, q query.Query) *base {
	b := &base{name: name, query: q, steady: !slices.ContainsFunc(q.Terms(), func(t query.Term) bool {
		return !slices.Contains(steadyKeys, t.Key)
	})}
	if q.Timed() {
		b.calendar = newCalendar(q)
	}
	return b
}

// want has a key counted for one facet more.
func (b *base) want(at int, book *factBook) {
	if b.wants[at]++; b.wants[at] > 1 || !b.filled {
		return
	}
	for n := range book.rows {
		if b.members.has(int32(n)) {
			b.count(at, &book.rows[n], 1)
		}
	}
}

// leave ends what want began, and takes the base out of its book where nobody wants anything of it.
func (b *base) leave(at int, book *factBook) {
	if b.wants[at]--; b.wants[at] == 0 {
		b.counts[at] = nil
	}
	if b.wants == [len(facetKeys)]int{} {
		delete(book.bases, b.name)
	}
}

// fill counts all rows of the book.
func (b *base) fill(book *factBook, r *roster, status *poller.Status) {
	b.filled, b.changed = true, book.turn
	b.matchAll(book, r, status.At)
}

// matchAll matches all rows of the book anew, at a moment, and reports whether a count changed.
func (b *base) matchAll(book *factBook, r *roster, at time.Time) (changed bool) {
	b.query = b.query.At(at)
	if b.calendar != nil {
		b.calendar.begin(at)
	}
	for n := range book.rows {
		if number := int32(n); book.has(number) {
			changed = b.match(book, r, number) || changed
		}
	}
	return changed
}

// match matches one row of the book anew, whose facts are counted as they are, and reports whether a count changed.
func (b *base) match(book *factBook, r *roster, n int32) (changed bool) {
	b.note(n, r.rows[n])
	switch is := b.query.Match(r.rows[n]); {
	case is == b.members.has(n):
		return false
	case is:
		b.members.add(n)
		b.add(&book.rows[n], 1)
	default:
		b.members.remove(n)
		b.add(&book.rows[n], -1)
	}
	return true
}

// note has a row matched again at its next age, where that is of account; nil is no row.
func (b *base) note(n int32, c *poller.Connection) {
	switch {
	case b.calendar == nil:
	case c == nil:
		b.calendar.forget(n)
	default:
		b.calendar.note(n, c)
	}
}

// apply brings the counts up to date with the delta that the roster has marked, by which the facts of rows changed, and
// reports whether a count did.
func (b *base) apply(book *factBook, r *roster, d *poller.Delta) (changed bool) {
	if b.calendar == nil {
		return b.replace(book.changes, r)
	}
	onward := b.calendar.advance(d.At) && !d.ClockSet
	b.query = b.query.At(d.At)
	changed = b.replace(book.changes, r)
	if !onward {
		return b.matchAll(book, r, d.At) || changed
	}
	for n, ok := b.calendar.due(); ok; n, ok = b.calendar.due() {
		changed = b.match(book, r, n) || changed
	}
	return changed
}

// replace counts rows with their new facts in place of the old ones, and reports whether a count changed.
func (b *base) replace(changes []factChange, r *roster) (changed bool) {
	for i := range changes {
		c := &changes[i]
		same := c.had && c.has && c.old == c.facts
		if same && b.steady {
			continue
		}
		was, is := c.had && b.members.has(c.row), false
		if c.has {
			b.note(c.row, r.rows[c.row])
			is = b.query.Match(r.rows[c.row])
		} else {
			b.note(c.row, nil)
		}
		if was && is && same || !was && !is {
			continue
		}
		changed = true
		if was {
			b.add(&c.old, -1)
			b.members.remove(c.row)
		}
		if is {
			b.add(&c.facts, 1)
			b.members.add(c.row)
		}
	}
	return changed
}

// add counts d more rows of these facts.
func (b *base) add(of *facts, d int32) {
	for at, wanted := range b.wants {
		if wanted > 0 {
			b.count(at, of, d)
		}
	}
}

// count counts d more rows of these facts for one key.
func (b *base) count(at int, of *facts, d int32) {
	switch facetKeys[at] {
	case "state":
		b.more(at, int32(of.state), d)
	case "proc":
		b.more(at, of.process, d)
	case "dir":
		b.more(at, int32(of.direction), d)
	case "rip":
		b.more(at, of.address, d)
	case "user":
		b.more(at, of.user, d)
	case "proto":
		b.more(at, int32(of.protocol), d)
	case "port":
		b.more(at, int32(of.local), d)
		if of.remote != of.local && of.remote != 0 {
			b.more(at, int32(of.remote), d)
		}
	}
}

// more counts d more of a value.
func (b *base) more(at int, n int32, d int32) {
	counts := b.counts[at]
	for int(n) >= len(counts) {
		counts = append(counts, make([]int32, max(16, int(n)+1-len(counts)))...)
		b.counts[at] = counts
	}
	counts[n] += d
}
