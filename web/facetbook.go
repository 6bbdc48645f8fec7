package web

import (
	"net/netip"

	"sockeye/poller"
)

// facts are what facets count of a row. Names and addresses are numbers of an [index], 0 where there are none.
type facts struct {
	state, direction, protocol uint8
	local, remote              uint16 // ports, remote 0 where there is none
	process, user, address     int32
}

// factBook has the facts of the rows of a roster, as they were last counted, for all views that show facets.
type factBook struct {
	// rows are by the roster's numbers.
	rows      []facts
	processes index[string]
	users     index[string]
	addresses index[netip.Addr]
}

// newFactBook returns a book without rows.
func newFactBook() *factBook {
	return &factBook{processes: newIndex[string](), users: newIndex[string](), addresses: newIndex[netip.Addr]()}
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

// index numbers values from 1 on, so that they can be counted in slices. A number is used again when nothing holds it.
type index[T comparable] struct {
	numbers map[T]int32
	values  []T
	holders []int32
	free    []int32
}

// newIndex returns an index without values; 0 stands for none.
func newIndex[T comparable]() index[T] {
	return index[T]{numbers: map[T]int32{}, values: make([]T, 1), holders: make([]int32, 1)}
}

// hold returns the number of a value for one holder more.
func (x *index[T]) hold(v T) int32 {
	n, ok := x.numbers[v]
	if !ok {
		n = x.next()
		x.numbers[v], x.values[n] = n, v
	}
	x.holders[n]++
	return n
}

// next returns a number that is not used.
func (x *index[T]) next() int32 {
	if last := len(x.free) - 1; last >= 0 {
		n := x.free[last]
		x.free = x.free[:last]
		return n
	}
	var none T
	x.values, x.holders = append(x.values, none), append(x.holders, 0)
	return int32(len(x.values) - 1)
}

// release ends what one hold began; 0 is nobody's.
func (x *index[T]) release(n int32) {
	if n == 0 {
		return
	}
	if x.holders[n]--; x.holders[n] == 0 {
		var none T
		delete(x.numbers, x.values[n])
		x.values[n] = none
		x.free = append(x.free, n)
	}
}
