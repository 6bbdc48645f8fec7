package web

import (
	"cmp"
	"slices"

	"sockeye/query"
)

// compare orders two groups by their numbers: by the columns of the query that say something about a group, then by how
// many rows they have, the most first, then by what they are called. What is unknown comes last, whichever way a column
// is sorted.
func (g *grouping) compare(a, b int32) int {
	one, two := g.groups[a], g.groups[b]
	for _, by := range g.by {
		if c := by(one, two); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(two.sums.rows, one.sums.rows); c != 0 {
		return c
	}
	return one.key.Compare(two.key)
}

// groupColumns are the columns that groups can be sorted by, beside the one of what they are grouped by: what is known of
// how many rows, and the value.
var groupColumns = map[string]struct {
	with  func(g *group) int
	value func(g *group) uint64
}{
	"rx":     {func(g *group) int { return g.withBytes }, func(g *group) uint64 { return g.bytesReceived }},
	"tx":     {func(g *group) int { return g.withBytes }, func(g *group) uint64 { return g.bytesSent }},
	"rxrate": {func(g *group) int { return g.withRates }, func(g *group) uint64 { return g.receiveRate }},
	"txrate": {func(g *group) int { return g.withRates }, func(g *group) uint64 { return g.sendRate }},
	"retr":   {func(g *group) int { return g.withRetransmits }, func(g *group) uint64 { return g.retransmits }},
	"rq":     {func(g *group) int { return g.withQueues }, func(g *group) uint64 { return uint64(g.worstReceive.value) }},
	"sq":     {func(g *group) int { return g.withQueues }, func(g *group) uint64 { return uint64(g.worstSend.value) }},
	// The later it began, the less its age.
	"age": {func(g *group) int { return 1 }, func(g *group) uint64 {
		since, _ := g.oldest()
		return uint64(1<<62 - since)
	}},
}

// groupOrder returns the comparisons of a query's order that say something about groups.
func groupOrder(q query.Query) (by []func(a, b *group) int) {
	name := ""
	for _, one := range query.Groupings() {
		if one.Name == q.Group() {
			name = one.Column
		}
	}
	for _, o := range q.Order() {
		column, there := groupColumns[o.Column]
		switch {
		case o.Column == query.CountColumn:
			by = append(by, byCount(o.Desc))
		case o.Column == name:
			by = append(by, byKey(o.Desc))
		case there:
			by = append(by, bySum(column.with, column.value, o.Desc))
		}
	}
	return slices.Clip(by)
}

// byCount orders by how many rows the groups have.
func byCount(desc bool) func(a, b *group) int {
	return func(a, b *group) int {
		if desc {
			return cmp.Compare(b.sums.rows, a.sums.rows)
		}
		return cmp.Compare(a.sums.rows, b.sums.rows)
	}
}

// byKey orders by what the groups have in common.
func byKey(desc bool) func(a, b *group) int {
	return func(a, b *group) int {
		if desc && a.key.Known() && b.key.Known() {
			return b.key.Compare(a.key)
		}
		return a.key.Compare(b.key)
	}
}

// bySum orders by a sum, behind which come the groups of which it is not known.
func bySum(with func(*group) int, value func(*group) uint64, desc bool) func(a, b *group) int {
	return func(a, b *group) int {
		known, other := with(a) > 0, with(b) > 0
		switch {
		case known != other && known:
			return -1
		case known != other:
			return 1
		case !known:
			return 0
		case desc:
			return cmp.Compare(value(b), value(a))
		}
		return cmp.Compare(value(a), value(b))
	}
}
