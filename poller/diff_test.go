package poller

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anySocket draws a socket from a small world, so that dumps agree in much and name some sockets twice.
func anySocket() *rapid.Generator[Socket] {
	end := rapid.Custom(func(t *rapid.T) netip.AddrPort {
		addr := rapid.SampledFrom([]string{"0.0.0.0", "::", "127.0.0.1", "192.0.2.1", "fe80::1%eth0"}).Draw(t, "address")
		return netip.AddrPortFrom(netip.MustParseAddr(addr), rapid.Uint16Range(0, 2).Draw(t, "port"))
	})
	return rapid.Custom(func(t *rapid.T) Socket {
		return Socket{
			ID:       ID(rapid.Uint64Range(1, 12).Draw(t, "id")),
			Protocol: rapid.SampledFrom([]Protocol{TCP, UDP}).Draw(t, "protocol"),
			Family:   rapid.SampledFrom([]Family{IPv4, IPv6}).Draw(t, "family"),
			State:    State(rapid.IntRange(0, NumStates-1).Draw(t, "state")),
			Known:    Known(rapid.Uint16Range(0, uint16(KnownRates-1)).Draw(t, "known")),
			V6Only:   rapid.Bool().Draw(t, "v6 only"),
			Local:    end.Draw(t, "local"), Remote: end.Draw(t, "remote"),
			Inode: rapid.Uint32Range(0, 3).Draw(t, "inode"), UID: rapid.Uint32Range(0, 2).Draw(t, "uid"),
			BytesReceived: counter().Draw(t, "received"), BytesSent: counter().Draw(t, "sent"),
		}
	})
}

// counter draws counters that stand still, go up, go down and jump.
func counter() *rapid.Generator[uint64] {
	return rapid.SampledFrom([]uint64{0, 0, 1, 1000, 1<<32 - 1, 1 << 32, 1 << 63, 1<<64 - 1})
}

// dump draws what a source gives, given what it gave before: some sockets as they were, some new or changed.
func drawDump(t *rapid.T, before []Socket) []Socket {
	var next []Socket
	for _, s := range before {
		if rapid.Bool().Draw(t, "stays") {
			next = append(next, s)
		}
	}
	return append(next, rapid.SliceOfN(anySocket(), 0, 8).Draw(t, "new")...)
}

// model is what a table must hold after some dumps.
type model map[ID]Socket

// take brings the model to the state of a dump: of two entries for a socket the later counts, and a user that is not
// told any more is the last one told.
func (m model) take(next []Socket) model {
	after := model{}
	for _, s := range next {
		after[s.ID] = s
	}
	for id, s := range after {
		if old, ok := m[id]; ok && !s.Known.Has(KnownUID) && old.Known.Has(KnownUID) {
			s.UID, s.Known = old.UID, s.Known|KnownUID
			after[id] = s
		}
	}
	return after
}

// told returns the rows as sources tell them.
func told(rows map[ID]Connection) model {
	m := model{}
	for id, c := range rows {
		c.Known &^= derived
		m[id] = c.Socket
	}
	return m
}

// A table follows the dumps; who applies its deltas to a copy has the same rows; each delta names each row once and
// the sums are those of the rows.
func TestTableFollowsDumps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, want, follower := newTable(), model{}, map[ID]Connection{}
		var next []Socket
		for range rapid.IntRange(1, 5).Draw(t, "polls") {
			next = drawDump(t, next)
			before, dump, past := rows(table), slices.Clone(next), want
			change := Diff(table, next)
			same(t, "Diff changed the table", before, rows(table))
			same(t, "Diff changed the dump", dump, next)
			inOrder(t, change)
			elapsed := rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "elapsed")
			delta := bring(table, next, elapsed)
			want = want.take(next)
			same(t, "the table is not the dump", want, told(rows(table)))
			follow(t, follower, &delta)
			same(t, "the deltas do not lead to the table", rows(table), follower)
			justified(t, past, want, before, &delta)
			recount(t, table)
		}
	})
}

// same compares two values.
func same(t rapid.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, comparable()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// inOrder checks that a change names each position and each row once.
func inOrder(t rapid.TB, c Change) {
	t.Helper()
	positions := slices.Concat(c.Opened, c.Changed)
	slices.Sort(positions)
	if len(slices.Compact(slices.Clone(positions))) != len(positions) {
		t.Fatalf("a position is named twice: %+v", c)
	}
}

// follow applies a delta to a copy of the table.
func follow(t rapid.TB, follower map[ID]Connection, d *Delta) {
	t.Helper()
	named := map[ID]bool{}
	once := func(c *Connection, known bool) {
		if _, have := follower[c.ID]; have != known || named[c.ID] {
			t.Fatalf("%v is named twice, or opened while there, or else not there", c.ID)
		}
		named[c.ID] = true
	}
	for _, c := range d.Closed {
		once(c, true)
		delete(follower, c.ID)
	}
	for _, c := range d.Changed {
		once(c, true)
		follower[c.ID] = *c
	}
	for _, c := range d.Opened {
		once(c, false)
		follower[c.ID] = *c
	}
}

// justified checks that rows whose facts differ are reported, and that what is reported closed has its last values.
func justified(t rapid.TB, past, want model, before map[ID]Connection, d *Delta) {
	t.Helper()
	changed := map[ID]bool{}
	for _, c := range d.Changed {
		changed[c.ID] = true
	}
	for id, s := range want {
		if old, ok := past[id]; ok && old != s && !changed[id] {
			t.Fatalf("%v changed from %+v to %+v and is not reported", id, old, s)
		}
	}
	for _, c := range d.Closed {
		same(t, "a closed row changed", before[c.ID], *c)
	}
}

// recount compares the table's sums with its rows.
func recount(t rapid.TB, table *Table) {
	t.Helper()
	var counts Counts
	listeners := listenerSet{}
	for c := range table.All() {
		counts[c.State]++
		if c.waits() {
			listeners.add(&c.Socket, 1)
		}
	}
	same(t, "counts", counts, table.status.Counts)
	if table.status.Counts.Total() != table.Len() {
		t.Fatalf("%d sockets in all states, %d rows", table.status.Counts.Total(), table.Len())
	}
	if !maps.Equal(listeners, table.listeners) {
		t.Fatalf("listeners %v, want %v", table.listeners, listeners)
	}
}

// Sockets that stay as they are give no change, once their rates have come to rest; a user that is not told any more
// is none.
func TestDiffUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newTable()
		dump := rapid.SliceOfNDistinct(anySocket(), 0, 12, func(s Socket) ID { return s.ID }).Draw(t, "dump")
		for range 2 {
			bring(table, dump, time.Second)
		}
		for i := range dump {
			if rapid.Bool().Draw(t, "user not told") {
				dump[i].UID, dump[i].Known = 0, dump[i].Known&^KnownUID
			}
		}
		if c := Diff(table, dump); len(c.Opened)+len(c.Changed)+len(c.Closed) != 0 {
			t.Fatalf("change %+v", c)
		}
	})
}

// A socket that a dump names twice is as the later entry says, and so is its rate.
func TestDiffTwiceInDump(t *testing.T) {
	table := newTable()
	with := func(s State, bytes uint64) Socket {
		c := tcp4(7, s, "192.0.2.1:80", "192.0.2.2:5000")
		c.BytesReceived, c.Known = bytes, c.Known|KnownBytes
		return c
	}
	other := tcp4(8, StateListen, "192.0.2.1:80", "")
	bring(table, []Socket{with(StateEstablished, 0), other}, time.Second)
	changed := other
	changed.ReceiveQueue = 1
	d := bring(table, []Socket{with(StateEstablished, 1000), changed, with(StateCloseWait, 1000)}, time.Second)
	if len(d.Changed) != 2 {
		t.Errorf("%d rows changed, want 2", len(d.Changed))
	}
	c, _ := table.Get(7)
	if c.State != StateCloseWait || c.ReceiveRate != 1000 {
		t.Errorf("%v at %v/s, want CLOSE_WAIT at 1000/s", c.State, c.ReceiveRate)
	}
}

// The places of rows that are gone are used again.
func TestSlotsAreReused(t *testing.T) {
	table, dump := newTable(), many(10)
	for range 20 {
		for i := range dump {
			dump[i].ID += ID(len(dump))
		}
		bring(table, dump, time.Second)
	}
	if n := len(table.slots); n != len(dump) {
		t.Errorf("%d places for %d rows", n, len(dump))
	}
}

// Comparing costs no memory where nothing changed.
func TestDiffAllocatesNothing(t *testing.T) {
	table, dump := newTable(), many(1000)
	for range 2 {
		bring(table, dump, time.Second)
	}
	var d differ
	d.diff(table, dump)
	if n := testing.AllocsPerRun(10, func() { d.diff(table, dump) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// many makes n different sockets.
func many(n int) []Socket {
	dump := make([]Socket, n)
	for i := range dump {
		dump[i] = tcp4(ID(i+1), StateEstablished, fmt.Sprintf("192.0.2.1:%d", i+1), "198.51.100.1:443")
		dump[i].Known |= KnownBytes
	}
	return dump
}

// BenchmarkDiff compares a table of 10,000 sockets with a dump that says the same.
func BenchmarkDiff(b *testing.B) {
	table, dump := newTable(), many(10_000)
	for range 2 {
		bring(table, dump, time.Second)
	}
	var d differ
	b.ReportAllocs()
	for b.Loop() {
		d.diff(table, dump)
	}
}
