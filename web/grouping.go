package web

import (
	"slices"

	"sockeye/poller"
	"sockeye/query"
)

// grouping is the groups of one query, kept up to date from deltas: a poll costs what it changed, and one pass over the
// groups. Views that differ only in which groups are open, or in names, share it.
type grouping struct {
	query query.Query
	// timed is set where time alone changes which rows match.
	timed bool
	// by are the comparisons of the query's order that say something about groups.
	by []func(a, b *group) int
	// seq is that of the table that all of it is taken from.
	seq uint64
	// matched is how many rows are in groups.
	matched int
	// shares are by row number. What is behind their end is in no group.
	shares []share
	// groups are by their numbers, nil where the number is free; numbers is the way back.
	groups  []*group
	numbers map[query.GroupKey]int32
	free    []int32
	// order are the numbers of all groups, in the query's order.
	order []int32
	// wanted are the keys of open groups with the number of views that have them open, groups or not.
	wanted map[string]int
	// expanded are the groups whose rows are kept in order.
	expanded map[int32]*group
	// views is how many views use the grouping.
	views int

	// touched are the groups that the delta being applied has changed, each once; isTouched says the same by number.
	touched   []int32
	isTouched []bool
}

// group is one group.
type group struct {
	sums
	key query.GroupKey
	// by is the name of the query.Grouping.
	by string
	// text is the key as a URL has it.
	text string
	// owner is the process of one of the rows, nil where none is known.
	owner *poller.Process
	// first is the first row of the group's list, by row number plus one.
	first int32
	// rows are the group's rows in order, nil where no view has the group open.
	rows *series
	// stale is set where the oldest and the worst have to be found anew.
	stale bool
}

// newGrouping returns a grouping that is to be filled.
func newGrouping(q query.Query) *grouping {
	return &grouping{query: q, timed: q.Timed(), by: groupOrder(q), seq: never, numbers: map[query.GroupKey]int32{}, wanted: map[string]int{}, expanded: map[int32]*group{}}
}

// fill takes all rows anew from the table. Groups that stay keep their numbers: windows know them by those.
func (g *grouping) fill(r *roster, t *poller.Table) {
	g.seq = t.Status().Seq
	g.query = g.query.At(t.Status().At)
	for n := range g.shares {
		if c := r.rows[n]; g.shares[n].group != 0 && !isIn(t, c) {
			g.take(int32(n))
		}
	}
	g.expandAnew()
	for c := range t.All() {
		if g.timed || r.keeps(&g.query, c) {
			g.judge(r, r.number(c))
		} else if n, there := r.numbers[c]; there {
			g.take(n)
		}
	}
	g.settle(r)
}

// judge counts a row as it is now, if the query keeps it.
func (g *grouping) judge(r *roster, n int32) {
	if c := r.rows[n]; r.keeps(&g.query, c) {
		g.put(n, c)
	} else {
		g.take(n)
	}
}

// isIn reports whether a row is in the table.
func isIn(t *poller.Table, c *poller.Connection) bool {
	if c == nil {
		return false
	}
	now, _ := t.Get(c.ID)
	return now == c
}

// apply brings the groups up to date with the delta that the roster has marked, which led to the table of seq. To apply
// a delta twice changes nothing.
func (g *grouping) apply(r *roster, d *poller.Delta) {
	if d.Seq <= g.seq {
		return
	}
	g.seq = d.Seq
	for _, n := range r.closed {
		g.take(n)
	}
	if g.timed {
		g.query = g.query.At(d.At)
		g.judgeAll(r)
	}
	for _, n := range r.fresh {
		g.judge(r, n)
	}
	if g.timed { // rows that the delta does not name have come and gone
		g.expandAnew()
	}
	for _, one := range g.expanded {
		if one.rows != nil {
			one.rows.apply(r, d.Seq)
		}
	}
	g.settle(r)
}

// expandAnew has the rows of all open groups taken anew when the groups are settled.
func (g *grouping) expandAnew() {
	for n, one := range g.expanded {
		one.rows = nil
		g.touch(n)
	}
}

// judgeAll counts all rows but those that have just closed.
func (g *grouping) judgeAll(r *roster) {
	for n, c := range r.rows {
		if c != nil && r.marks[n] != markClosed {
			g.judge(r, int32(n))
		}
	}
}

// put counts a row as it is now, in place of what it was.
func (g *grouping) put(n int32, c *poller.Connection) {
	for int(n) >= len(g.shares) {
		g.shares = append(g.shares, share{})
	}
	key := g.query.GroupOf(c)
	to, there := g.numbers[key]
	if !there {
		to = g.found(key)
	}
	old, now := &g.shares[n], shareOf(c)
	if old.group == to+1 {
		one := g.groups[to]
		now.group, now.next, now.before = old.group, old.next, old.before
		one.add(&now) // before the old one goes, so that the oldest need not be found anew where it is still the same
		one.stale = one.remove(old) || one.stale
		*old = now
	} else {
		g.take(n)
		*old = now
		g.link(n, to)
		g.groups[to].add(old)
		g.matched++
	}
	if g.groups[to].owner == nil || c.Owner != nil {
		g.groups[to].owner = c.Owner
	}
	g.touch(to)
}

// take takes a row out of its group, if it is in one.
func (g *grouping) take(n int32) {
	if int(n) >= len(g.shares) || g.shares[n].group == 0 {
		return
	}
	s := &g.shares[n]
	from := s.group - 1
	g.unlink(s)
	if g.groups[from].remove(s) {
		g.groups[from].stale = true
	}
	*s = share{}
	g.matched--
	g.touch(from)
}

// found makes a group.
func (g *grouping) found(key query.GroupKey) int32 {
	one := &group{key: key, by: g.query.Group(), text: key.String()}
	var n int32
	if last := len(g.free) - 1; last >= 0 {
		n, g.free = g.free[last], g.free[:last]
		g.groups[n] = one
	} else {
		n = int32(len(g.groups))
		g.groups, g.isTouched = append(g.groups, one), append(g.isTouched, false)
	}
	g.numbers[key] = n
	return n
}

// touch notes that a group has changed.
func (g *grouping) touch(n int32) {
	if !g.isTouched[n] {
		g.isTouched[n] = true
		g.touched = append(g.touched, n)
	}
}

// link puts a row at the begin of the list of a group.
func (g *grouping) link(n, to int32) {
	one, s := g.groups[to], &g.shares[n]
	s.group, s.next, s.before = to+1, one.first, 0
	if one.first != 0 {
		g.shares[one.first-1].before = n + 1
	}
	one.first = n + 1
}

// unlink takes a share out of the list of its group.
func (g *grouping) unlink(s *share) {
	if s.next != 0 {
		g.shares[s.next-1].before = s.before
	}
	if s.before != 0 {
		g.shares[s.before-1].next = s.next
	} else {
		g.groups[s.group-1].first = s.next
	}
}

// settle puts the groups that have changed where they belong now, and drops those without rows.
func (g *grouping) settle(r *roster) {
	if len(g.touched) == 0 {
		return
	}
	kept := g.order[:0]
	for _, n := range g.order {
		if !g.isTouched[n] {
			kept = append(kept, n)
		}
	}
	moved := g.touched[:0]
	for _, n := range g.touched {
		one := g.groups[n]
		g.isTouched[n] = false
		if one.sums.rows == 0 {
			g.drop(n)
			continue
		}
		if one.stale {
			g.findExtremes(one)
		}
		if one.rows == nil && g.wanted[one.text] > 0 {
			g.expand(r, n)
		}
		moved = append(moved, n)
	}
	slices.SortFunc(moved, g.compare)
	g.order = insert(kept, moved, g.compare)
	g.touched = moved[:0]
}

// drop forgets a group that has no rows.
func (g *grouping) drop(n int32) {
	delete(g.numbers, g.groups[n].key)
	delete(g.expanded, n)
	g.groups[n] = nil
	g.free = append(g.free, n)
}

// findExtremes finds the oldest and the worst of a group among its rows.
func (g *grouping) findExtremes(one *group) {
	one.forget()
	for n := one.first; n != 0; n = g.shares[n-1].next {
		one.stretch(&g.shares[n-1])
	}
	one.stale = false
}

// expand begins to keep the rows of a group in order.
func (g *grouping) expand(r *roster, group int32) {
	rows := &series{query: g.query, own: true, seq: g.seq, in: func(n int32) bool {
		return int(n) < len(g.shares) && g.shares[n].group == group+1
	}}
	for n := g.groups[group].first; n != 0; n = g.shares[n-1].next {
		rows.numbers = append(rows.numbers, n-1)
	}
	slices.SortFunc(rows.numbers, rows.compare(r))
	g.groups[group].rows = rows
	g.expanded[group] = g.groups[group]
}

// open keeps the rows of these groups in order until [grouping.shut] is called with the same keys.
func (g *grouping) open(r *roster, keys []string) {
	for _, key := range keys {
		g.wanted[key]++
	}
	for n, one := range g.groups {
		if one != nil && one.rows == nil && g.wanted[one.text] > 0 {
			g.expand(r, int32(n))
		}
	}
}

// shut ends what open began.
func (g *grouping) shut(keys []string) {
	for _, key := range keys {
		if g.wanted[key]--; g.wanted[key] == 0 {
			delete(g.wanted, key)
		}
	}
	for n, one := range g.expanded {
		if g.wanted[one.text] == 0 {
			one.rows = nil
			delete(g.expanded, n)
		}
	}
}
