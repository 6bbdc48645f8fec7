package poller

import (
	"slices"
	"testing"
	"time"
)

// A socket that took the number of one that is gone is found without listing any process, in few looks.
func TestOwnersReuseNumbers(t *testing.T) {
	m := host(holds(10, 100, 101, 102), holds(20, 200))
	o := m.finder()
	o.seek(start, nil, 100, 101, 102, 200)
	m.walked()
	o.forget(of(101, 1000))
	m.processes[10].sockets = []uint32{100, 110, 102, 111}
	m.reads = 0
	o.seek(start, nil, 110, 111)
	o.want(t, 110, 10, OwnerKnown)
	o.want(t, 111, 10, OwnerKnown)
	if got := m.walked(); len(got) != 0 {
		t.Errorf("listed %v for a socket at a number that became free, and one after the highest", got)
	}
	if m.reads > 1+1+emptyTops {
		t.Errorf("%d descriptors read for two new sockets", m.reads)
	}
}

// A number that stays empty is tried again, and many that are empty are not all tried.
func TestOwnersReuseEmptyNumbers(t *testing.T) {
	m, all := host(holds(10)), []uint32{}
	for i := range uint32(50) {
		all = append(all, 100+i)
	}
	m.processes[10].sockets = slices.Clone(all)
	o := m.finder()
	o.seek(start, nil, all...)
	for i, inode := range all[:49] {
		o.forget(of(inode, 1000))
		m.processes[10].sockets[i] = 0
	}
	m.reads = 0
	m.walked()
	o.seek(start, nil, 999)
	if limit := 2 * (emptyHoles + emptyTops); m.reads > limit {
		t.Errorf("%d descriptors read, want at most %d", m.reads, limit)
	}
	m.processes[10].sockets[0], m.processes[10].sockets[1] = 300, 301
	m.walked()
	o.seek(start, nil, 300, 301)
	o.want(t, 300, 10, OwnerKnown)
	o.want(t, 301, 10, OwnerKnown)
	if got := m.walked(); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

// Listing a process again reads only the numbers that are not known to be sockets of the table.
func TestOwnersReadOnlyWhatIsNew(t *testing.T) {
	m, all := host(holds(10)), []uint32{}
	for i := range uint32(1000) {
		all = append(all, 100+i)
	}
	m.processes[10].sockets = all
	o := m.finder()
	o.seek(start, nil, all...)
	m.reads = 0
	o.seek(start, nil, 5) // held by nobody
	if m.reads > emptyTops+1 {
		t.Errorf("%d of 1000 known descriptors read again", m.reads)
	}
	m.processes[10].sockets[500] = 5 // in the place of one that is thought to be there
	now := start
	for wait := firstRetry; effortAfter(wait/2) < complete; wait *= 2 {
		now = now.Add(wait)
		m.reads = 0
		o.seek(now, nil, 5)
	}
	if m.reads < 500 {
		t.Errorf("only %d of 1000 descriptors read in the search for one that was missed several times", m.reads)
	}
	o.want(t, 5, 10, OwnerKnown)
	o.want(t, 600, 0, OwnerUnsought)
}

// A process with many sockets is not listed for one that was never looked for, and is for one that was missed.
func TestOwnersQuickThenThorough(t *testing.T) {
	m, all := host(holds(10), holds(20)), []uint32{}
	for i := range uint32(manySockets + 1) {
		all = append(all, 100+i)
	}
	m.processes[10].sockets = append([]uint32{0}, all...)
	o := m.finder()
	o.seek(start, nil, all...)
	m.processes[10].sockets[0] = 7 // a number that no socket of the table had
	m.walked()
	o.seek(start, []int32{10}, 7)
	if got := m.walked(); !slices.Equal(got, []int32{20}) {
		t.Errorf("listed %v at once", got)
	}
	o.want(t, 7, 0, OwnerNotFound)
	o.seek(start.Add(firstRetry), nil, 7)
	o.want(t, 7, 10, OwnerKnown)
}

// A connection that a server hands to a child changes its owner within a few polls, though the server lives on.
func TestOwnersHandedOver(t *testing.T) {
	m := host(holds(10, 100, 101), holds(20))
	o := m.finder()
	o.verify()
	o.verify()
	o.seek(start, nil, 100, 101)
	o.want(t, 101, 10, OwnerKnown)
	m.processes[10].sockets, m.processes[20].sockets = []uint32{100}, []uint32{101}
	var lost map[uint32]bool
	for poll := 0; len(lost) == 0; poll++ {
		if poll == youngPolls+1 {
			t.Fatal("it was never noticed")
		}
		_, lost = o.verify()
	}
	if !lost[101] || lost[100] {
		t.Errorf("lost: %v", lost)
	}
	o.want(t, 101, 0, OwnerUnsought)
	o.seek(start.Add(time.Second), nil, 101)
	o.want(t, 101, 20, OwnerKnown)
}

// Later than that it is noticed by chance: a sample is looked at every poll.
func TestOwnersHandedOverLate(t *testing.T) {
	m := host(holds(10, 100), holds(20))
	o := m.finder()
	o.seek(start, nil, 100)
	for range youngPolls + 1 {
		o.verify()
	}
	m.processes[10].sockets, m.processes[20].sockets = nil, []uint32{100}
	if _, lost := o.verify(); !lost[100] {
		t.Error("a sample of one socket of one does not have it")
	}
}

// What is remembered goes with the sockets and processes that it is about.
func TestOwnersForgetAll(t *testing.T) {
	m := host(holds(10, 100, 101), holds(20, 200))
	o := m.finder()
	o.seek(start, nil, 100, 101, 200, 300)
	delete(m.processes, 10)
	o.verify()
	for _, inode := range []uint32{100, 101, 200, 300} {
		o.forget(of(inode, 1000))
	}
	if len(o.byInode)+len(o.misses) > 0 || o.held[10] != nil || len(o.held[20].sockets) > 0 {
		t.Errorf("left: %v, %v, %v", o.byInode, o.misses, o.held)
	}
	for range youngPolls + 1 {
		o.verify()
	}
	if len(o.young) > 0 {
		t.Errorf("left: %v", o.young)
	}
}

// A socket that was missed and is found where new descriptors are does not have every process listed for others that
// were never looked for: under churn some of those are always gone before they can be found.
func TestOwnersMissedAndReused(t *testing.T) {
	m, all := host(holds(10)), []uint32{}
	for i := range uint32(manySockets + 1) {
		all = append(all, 100+i)
	}
	m.processes[10].sockets = slices.Clone(all)
	o := m.finder()
	o.seek(start, nil, all...)
	o.seek(start, nil, 7) // not open yet
	m.processes[10].sockets = append(m.processes[10].sockets, 7)
	m.walked()
	o.seek(start.Add(firstRetry), nil, 7, 8)
	o.want(t, 7, 10, OwnerKnown)
	o.want(t, 8, 0, OwnerNotFound)
	if got := m.walked(); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}
