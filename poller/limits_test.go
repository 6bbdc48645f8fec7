package poller

import (
	"testing"
	"time"
)

// Places that are to be looked at again soon are bounded in number; of the others chance takes care.
func TestYoungPlacesAreBounded(t *testing.T) {
	sockets := make([]uint32, maxYoung+100)
	for i := range sockets {
		sockets[i] = uint32(1000 + i)
	}
	o := host(holds(10, sockets...)).finder()
	o.verify()
	o.verify()
	o.seek(start, nil, sockets...)
	if len(o.byInode) != len(sockets) || len(o.young) != maxYoung {
		t.Errorf("%d places, %d of them young, want %d and %d", len(o.byInode), len(o.young), len(sockets), maxYoung)
	}
}

// A process that opens and closes one socket after the other leaves no more behind than the numbers it used, whether
// its sockets are found there or not.
func TestOwnersOfShortSocketsAreBounded(t *testing.T) {
	m := host(holds(10, 1), holds(20))
	o := m.finder()
	for round := range uint32(2000) {
		now := start.Add(time.Duration(round) * time.Minute)
		m.processes[10].sockets = []uint32{1, 1000 + round, 5000 + round}
		o.verify()
		o.seek(now, nil, 1, 1000+round, 5000+round, 9000+round)
		o.forget(of(1000+round, 0))
		o.forget(of(5000+round, 0))
		o.forget(of(9000+round, 0)) // never found
	}
	if n := len(o.held[10].holes); n > 4 {
		t.Errorf("%d free numbers are remembered of a process that used 3", n)
	}
	if len(o.byInode) > 1 || len(o.misses) > 0 || len(o.young) > 3*youngPolls || len(o.displaced) > 3 {
		t.Errorf("left: %d places, %d misses, %d young, %d displaced", len(o.byInode), len(o.misses), len(o.young), len(o.displaced))
	}
}

// What a poll closed is kept until the next, and no longer; and so are the listeners that left.
func TestClosedRowsAreKeptForOnePoll(t *testing.T) {
	sockets, err := append(many(50), tcp4(99, StateListen, "0.0.0.0:80", "")), error(nil)
	p := fake(lists(&sockets, &err), nobody{}, Options{})
	p.poll(t.Context())
	sockets = nil
	p.poll(t.Context())
	if len(p.table.closed) != 51 || len(p.table.left) != 1 {
		t.Errorf("%d closed rows and %d listeners are kept, want 51 and 1", len(p.table.closed), len(p.table.left))
	}
	p.poll(t.Context())
	if len(p.table.closed)+len(p.table.left)+len(p.table.waiting)+len(p.table.listeners)+len(p.table.index) != 0 {
		t.Error("something is kept of sockets that are gone")
	}
}
