package poller

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever comes and goes, rows are peers of each other exactly when they face each other, and nothing is kept of
// rows that are gone.
func TestPeersOverTime(t *testing.T) {
	ends := []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1", "[::1]:1", "192.0.2.1:1"}
	rapid.Check(t, func(t *rapid.T) {
		table := newTable()
		next, serial := map[ID]Socket{}, ID(0)
		for range rapid.IntRange(1, 8).Draw(t, "polls") {
			taken := map[pairKey]bool{}
			for id, s := range next {
				if rapid.Bool().Draw(t, "closes") {
					delete(next, id)
					continue
				}
				taken[pairKey{s.Protocol, s.Local, s.Remote}] = true
			}
			for range rapid.IntRange(0, 6).Draw(t, "opens") {
				a, b := rapid.SampledFrom(ends).Draw(t, "local"), rapid.SampledFrom(ends).Draw(t, "remote")
				serial++
				s := tcp4(serial, StateEstablished, a, b)
				if key := (pairKey{s.Protocol, s.Local, s.Remote}); a != b && !taken[key] {
					taken[key] = true
					next[s.ID] = s
				}
			}
			var dump []Socket
			for _, s := range next {
				dump = append(dump, s)
			}
			bring(table, dump, 1)
			checkPeers(t, table)
		}
		bring(table, nil, 1)
		if n := len(table.peers.pairs); n != 0 {
			t.Fatalf("%d pairs are kept of no rows", n)
		}
	})
}

// checkPeers compares with what a look at all pairs of rows says.
func checkPeers(t *rapid.T, table *Table) {
	for a := range table.All() {
		for b := range table.All() {
			both := a.Direction == Loopback && b.Direction == Loopback
			if both && faces(a, b) && (a.Peer != b.ID || b.Peer != a.ID) {
				t.Fatalf("%v and %v face each other and have the peers %v and %v", a.ID, b.ID, a.Peer, b.Peer)
			}
		}
		if other := table.rowOf(a.Peer); a.Peer != 0 && other != nil && !faces(a, other) {
			t.Fatalf("%v has the peer %v, which faces another", a.ID, a.Peer)
		}
	}
}

// An end that was there before is told as changed when the other one turns to it.
func TestPeersToldOfAChange(t *testing.T) {
	table := newTable()
	a, b := udp4(1, "127.0.0.1:1", "127.0.0.1:2"), udp4(2, "127.0.0.1:2", "")
	bring(table, []Socket{a, b}, 1)
	for c := range table.All() {
		c.FirstSeen = c.FirstSeen.Add(-time.Minute)
	}
	d := bring(table, []Socket{a, udp4(2, "127.0.0.1:2", "127.0.0.1:1")}, 1)
	told := map[ID]ID{}
	for _, c := range d.Changed {
		told[c.ID] = c.Peer
	}
	if len(told) != 2 || told[1] != 2 || told[2] != 1 {
		t.Errorf("changed rows and their peers: %v", told)
	}
}
