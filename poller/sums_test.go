package poller

import (
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// groups returns what the sums hold.
func groups(s *Sums) map[GroupKey]Sum { return maps.Collect(s.All()) }

// Sums kept up to date from deltas are those of the table made anew, by every dimension, and applying a delta twice
// changes nothing.
func TestSumsFollow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newTable()
		by := Dimension(rapid.IntRange(int(ByProcess), int(ByUser)).Draw(t, "by"))
		sums := NewSums(by, table)
		var dump []Socket
		for range rapid.IntRange(1, 6).Draw(t, "polls") {
			dump = drawDump(t, dump)
			d := bring(table, dump, time.Second)
			sums.Apply(&d)
			sums.Apply(&d)
			if want, got := groups(NewSums(by, table)), groups(sums); !maps.Equal(want, got) {
				t.Fatalf("by %d: %v, want %v", by, got, want)
			}
		}
		d := bring(table, nil, time.Second)
		sums.Apply(&d)
		if len(sums.groups)+len(sums.shares) != 0 {
			t.Fatalf("an empty table sums up to %v", groups(sums))
		}
	})
}

// What is not known adds nothing, and each dimension tells its groups apart.
func TestSums(t *testing.T) {
	nginx := &Process{PID: 1, Name: "nginx"}
	row := func(id ID, state State, remote string, known Known) *Connection {
		c := &Connection{Socket: tcp4(id, state, "192.0.2.1:443", remote), Owner: nginx, User: "www", Direction: Inbound}
		c.Known |= known
		c.BytesReceived, c.BytesSent, c.ReceiveRate, c.SendRate = 10, 20, 1.5, 0.4
		return c
	}
	d := Delta{Opened: []*Connection{
		row(1, StateEstablished, "198.51.100.1:1000", KnownBytes|KnownRates),
		row(2, StateEstablished, "198.51.100.1:1001", 0),
		row(3, StateCloseWait, "198.51.100.2:1000", KnownBytes),
	}}
	all := Sum{3, 20, 40, 2, 0}
	for by, want := range map[Dimension]map[GroupKey]Sum{
		ByProcess: {{Process: nginx}: all},
		ByPort:    {{Port: 443}: all},
		ByUser:    {{User: "www"}: all},
		ByState:   {{State: StateEstablished}: {2, 10, 20, 2, 0}, {State: StateCloseWait}: {1, 10, 20, 0, 0}},
		ByRemote: {
			{Remote: d.Opened[0].Remote.Addr()}: {2, 10, 20, 2, 0},
			{Remote: d.Opened[2].Remote.Addr()}: {1, 10, 20, 0, 0},
		},
	} {
		sums := NewSums(by, newTable())
		sums.Apply(&d)
		if got := groups(sums); !maps.Equal(got, want) {
			t.Errorf("by %d: %v, want %v", by, got, want)
		}
	}
}

// The service's port is the local one of who was called, the remote one of who called, the lower one in between.
func TestServicePort(t *testing.T) {
	for direction, want := range map[Direction]uint16{
		Inbound: 50000, Listening: 50000, DirectionUnknown: 50000, Outbound: 443, Loopback: 443,
	} {
		c := Connection{Socket: tcp4(1, StateEstablished, "192.0.2.1:50000", "192.0.2.1:443"), Direction: direction}
		if got := c.ServicePort(); got != want {
			t.Errorf("%v: %d, want %d", direction, got, want)
		}
	}
}

// BenchmarkSums measures a poll that changes 1 % of 100,000 connections.
func BenchmarkSums(b *testing.B) {
	table := newTable()
	dump := make([]Socket, 100_000)
	for i := range dump {
		dump[i] = tcp4(ID(i+1), StateEstablished, "192.0.2.1:443", "198.51.100.1:1000")
	}
	opened := bring(table, dump, time.Second)
	sums := NewSums(ByRemote, table)
	d := Delta{Changed: opened.Opened[:1000]}
	b.ReportAllocs()
	for b.Loop() {
		sums.Apply(&d)
	}
}
