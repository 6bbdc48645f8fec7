package web

import (
	"net/netip"

	"sockeye/poller"
	"sockeye/query"
)

// facts are what facets count of a row. Names and addresses are numbers of an [index], 0 where there are none.
type facts struct {
	state, direction, protocol uint8
	local, remote              uint16 // ports, remote 0 where there is none
	process, user, address     int32
}

// factBook has the facts of the rows of a roster, as they were last counted, and the counts, for all views that show
// facets. A poll costs a match for each row that it names and each different base that is not steady, and nothing is
// allocated for it.
type factBook struct {
	// rows are by the roster's numbers.
	rows      []facts
	processes nameIndex
	users     nameIndex
	addresses index[netip.Addr]
	// bases and sets are by [query.Query.Identity] of their filters.
	bases map[string]*base
	sets  map[string]*facetSet
	// turn grows with each delta that is counted.
	turn uint64
	// changes is the memory for what one delta did.
	changes []factChange
}

// newFactBook returns a book without rows.
func newFactBook() *factBook {
	return &factBook{
		processes: newNameIndex(), users: newNameIndex(), addresses: newIndex[netip.Addr](),
		bases: map[string]*base{}, sets: map[string]*facetSet{}, turn: 1,
	}
}

// base returns the base of a filter.
func (b *factBook) base(filter query.Query) *base {
	name := filter.Identity()
	one := b.bases[name]
	if one == nil {
		one = newBase(name, filter)
		b.bases[name] = one
	}
	return one
}

// open returns the facets of a query for one view more, with everything counted.
func (b *factBook) open(q query.Query, r *roster, status *poller.Status) *facetSet {
	name := q.Filter().Identity()
	s := b.sets[name]
	if s == nil {
		s = newFacetSet(q, b)
		s.filter = name
		b.sets[name] = s
		s.fill(r, status)
	}
	s.views++
	return s
}

// shut ends what open began.
func (b *factBook) shut(s *facetSet) {
	if s.views--; s.views == 0 {
		delete(b.sets, s.filter)
		s.drop()
	}
}

// apply brings the facts and all counts up to date with the delta that the roster has marked. A row that is named but has
// the facts that it had costs no look into an index.
func (b *factBook) apply(r *roster, d *poller.Delta) {
	b.turn++
	b.changes = b.changes[:0]
	for _, n := range r.closed {
		if b.has(n) {
			b.changes = append(b.changes, factChange{row: n, had: true, old: b.rows[n]})
			b.release(&b.rows[n])
			b.rows[n] = facts{}
		}
	}
	for _, n := range r.fresh {
		b.change(n, r.rows[n])
	}
	for _, one := range b.bases {
		if one.apply(b, r, d) {
			one.changed = b.turn
		}
	}
}

// change notes the facts that a row has now.
func (b *factBook) change(n int32, c *poller.Connection) {
	one := factChange{row: n, had: b.has(n), has: true}
	if one.had {
		one.old, one.facts = b.rows[n], b.rows[n]
	}
	if !one.had || !b.holds(n, c) {
		one.facts = b.of(c)
		if one.had {
			b.release(&one.old)
		}
		b.place(n, one.facts)
	}
	b.changes = append(b.changes, one)
}

// holds reports whether the facts that are noted of a row are those of the connection.
func (b *factBook) holds(n int32, c *poller.Connection) bool {
	f := &b.rows[n]
	var name string
	if c.Owner != nil {
		name = c.Owner.Name
	}
	var port uint16
	var address netip.Addr
	if c.Connected() {
		port, address = c.Remote.Port(), c.Remote.Addr().Unmap()
	}
	return f.state == uint8(c.State) && f.direction == uint8(c.Direction) && f.protocol == uint8(c.Protocol) &&
		f.local == c.Local.Port() && f.remote == port && b.addresses.values[f.address] == address &&
		b.processes.values[f.process] == name && b.users.values[f.user] == c.User
}

// of returns the facts of a connection and holds on to the numbers in them until they are released.
func (b *factBook) of(c *poller.Connection) facts {
	f := facts{state: uint8(c.State), direction: uint8(c.Direction), protocol: uint8(c.Protocol), local: c.Local.Port()}
	if c.Connected() {
		f.remote = c.Remote.Port()
		f.address = b.addresses.hold(c.Remote.Addr().Unmap())
	}
	if c.Owner != nil && c.Owner.Name != "" {
		f.process = b.processes.hold(c.Owner.Name)
	}
	if c.User != "" {
		f.user = b.users.hold(c.User)
	}
	return f
}

// release lets the numbers of facts go.
func (b *factBook) release(f *facts) {
	b.addresses.release(f.address)
	b.processes.release(f.process)
	b.users.release(f.user)
}

// enter notes the facts of a row that has none yet.
func (b *factBook) enter(n int32, c *poller.Connection) { b.place(n, b.of(c)) }

// place puts facts in the place of a row.
func (b *factBook) place(n int32, f facts) {
	for int(n) >= len(b.rows) {
		b.rows = append(b.rows, facts{})
	}
	b.rows[n] = f
}

// has reports whether a row's facts are noted. Every connection has a protocol.
func (b *factBook) has(n int32) bool { return int(n) < len(b.rows) && b.rows[n].protocol != 0 }
