package poller

import (
	"runtime"
	"testing"
	"time"
)

// maxChangeMemory is how many bytes a steady poll may allocate for each row that it opens, changes or closes.
const maxChangeMemory = 64

// replacing makes a machine of one program and sockets of its, of which step replaces some by new ones.
func replacing(t *testing.T, sockets, replaced int) (s *scene, step func()) {
	s = stage(t, holds(10))
	id := uint32(0)
	add := func(i int) {
		id++
		s.dump[i] = withInode(tcp4(ID(id), StateEstablished, "127.0.0.1:80", "127.0.0.1:"+digits(1024+id%60000)), id)
		s.processes[10].sockets[i] = id
	}
	s.dump, s.processes[10].sockets = make([]Socket, sockets), make([]uint32, sockets)
	for i := range sockets {
		add(i)
	}
	turn := 0
	return s, func() {
		for range replaced {
			turn = (turn + 1) % sockets
			add(turn)
		}
	}
}

// A poll of a table whose size stays uses the memory of those before it: for what changed it takes hardly any anew.
func TestSteadyPollAllocatesLittle(t *testing.T) {
	const sockets, replaced, polls = 2000, 200, 20
	s, step := replacing(t, sockets, replaced)
	s.observe = nil
	var before, after runtime.MemStats
	total := uint64(0)
	for i := range 2*polls + 1 {
		step()
		runtime.ReadMemStats(&before)
		s.poll(t.Context())
		runtime.ReadMemStats(&after)
		if i > polls {
			total += after.TotalAlloc - before.TotalAlloc
		}
	}
	if each := total / (2 * replaced * polls); each > maxChangeMemory && !raceDetector {
		t.Errorf("%d bytes a changed row, at most %d are allowed", each, maxChangeMemory)
	}
}

// A row of a socket that closed is used for another, but not before everybody is done with it: the observer of the
// next poll still finds it in what has ended.
func TestRowsAreUsedAgainLate(t *testing.T) {
	tab := newTable()
	one, two, three := tcp4(1, StateEstablished, "127.0.0.1:1", "127.0.0.2:2"), tcp4(2, StateEstablished, "127.0.0.1:1", "127.0.0.2:3"), tcp4(3, StateEstablished, "127.0.0.1:1", "127.0.0.2:4")
	round := func(next ...Socket) Delta {
		tab.end(nil, nil)
		d := bring(tab, next, time.Second)
		tab.keepClosed(d.Closed)
		return d
	}
	row := round(one).Opened[0]
	if closed := round(two); len(closed.Closed) != 1 || closed.Closed[0] != row || closed.Opened[0] == row {
		t.Fatalf("%+v: the row of a socket that closes just now is another's", closed)
	}
	if d := round(two, three); d.Opened[0] == row {
		t.Error("the row of a socket that closed with the poll before is another's")
	}
	if d := round(one, two, three); d.Opened[0] != row {
		t.Error("a row of long ago is not used again")
	}
}

// The rows that wait to be used again are bounded.
func TestSpareRowsAreBounded(t *testing.T) {
	var m memory
	for range 2 * maxSpareRows {
		m.release(new(Connection))
	}
	if len(m.rows) != maxSpareRows {
		t.Errorf("%d spare rows", len(m.rows))
	}
}
