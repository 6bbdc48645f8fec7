package poller

import (
	"slices"
	"testing"
	"time"
)

// village makes a machine of n processes without sockets.
func village(n int32) *machine {
	m := host()
	for pid := range n {
		m.processes[pid+1] = holds(pid + 1)
	}
	return m
}

// A quick search looks at new processes and at some of the others, by turns; what it misses is found by the next, which
// goes further.
func TestQuickSearchIsBounded(t *testing.T) {
	const n = 4 * maxStrangers
	m := village(n)
	o := m.finder()
	o.seek(start, nil, 5) // nobody has it: everybody is looked at once
	if got := m.walked(); len(got) != n {
		t.Fatalf("looked at %d processes at first", len(got))
	}
	m.processes[n+1] = holds(n+1, 6)
	m.processes[n].sockets = []uint32{7}
	o.seek(start, nil, 6, 7)
	o.want(t, 6, n+1, OwnerKnown)
	if got := m.walked(); len(got) > maxStrangers+1 {
		t.Errorf("looked at %d processes for sockets that were never looked for", len(got))
	}
	o.want(t, 7, 0, OwnerNotFound)
	o.seek(start.Add(firstRetry), nil, 7)
	o.want(t, 7, n, OwnerKnown)
}

// By turns every process is looked at.
func TestStrangersTakeTurns(t *testing.T) {
	var s strangers
	var pids, seen []int32
	for pid := range int32(3*maxStrangers - 7) {
		pids = append(pids, 10+2*pid)
	}
	if got := s.some(pids); len(got) < len(pids) {
		t.Errorf("%d of %d new ones", len(got), len(pids))
	}
	s.turn = 0
	for range 3 {
		got := s.some(pids)
		if len(got) != maxStrangers {
			t.Errorf("%d have a turn", len(got))
		}
		seen = append(seen, got...)
	}
	slices.Sort(seen)
	if seen = slices.Compact(seen); !slices.Equal(seen, pids) {
		t.Errorf("%d of %d had a turn", len(seen), len(pids))
	}
}

// After a search through everything that took long, the next waits, and is made up for then.
func TestFullSearchesAreApart(t *testing.T) {
	m := village(3)
	o := m.finder()
	m.processes[1].sockets = make([]uint32, manySockets+1)
	for i := range m.processes[1].sockets {
		m.processes[1].sockets[i] = uint32(i) + 100
	}
	o.seek(start, nil, m.processes[1].sockets...)
	o.seek(start, nil, 7)
	m.processes[1].sockets[0] = 7 // at a number that has another, so that only a whole look finds it
	o.rest.walked(start, time.Second)
	wait := restAfter * time.Second
	o.misses[7] = miss{wait: lastRetry, next: start}
	o.seek(start.Add(wait-1), nil, 7)
	if p, _ := o.owner(of(7, 1000)); p != nil || o.misses[7].next != start {
		t.Errorf("owner %v, next look %v: a search through everything came too early", p, o.misses[7].next)
	}
	o.seek(start.Add(wait), nil, 7)
	o.want(t, 7, 1, OwnerKnown)
}
