package poller

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// counted is a connection with the given counters.
func counted(received, sent uint64) []Socket {
	s := tcp4(1, StateEstablished, "192.0.2.1:80", "192.0.2.2:5000")
	s.BytesReceived, s.BytesSent, s.Known = received, sent, s.Known|KnownBytes
	return []Socket{s}
}

// rate returns the row's rates; known is false where they are unknown.
func rate(t rapid.TB, table *Table) (received, sent float64, known bool) {
	t.Helper()
	c, ok := table.Get(1)
	if !ok {
		t.Fatal("the row is gone")
	}
	if !c.Known.Has(KnownRates) && (c.ReceiveRate != 0 || c.SendRate != 0) {
		t.Fatalf("unknown rates %v and %v", c.ReceiveRate, c.SendRate)
	}
	return c.ReceiveRate, c.SendRate, c.Known.Has(KnownRates)
}

// Rates follow from the counters of two polls, and are unknown where these do not tell.
func TestRates(t *testing.T) {
	type counters struct{ received, sent uint64 }
	for _, tt := range []struct {
		name           string
		before, after  counters
		elapsed        time.Duration
		received, sent float64
		known          bool
	}{
		{"both ways", counters{100, 200}, counters{1100, 2200}, 2 * time.Second, 500, 1000, true},
		{"one way", counters{100, 200}, counters{100, 201}, time.Second, 0, 1, true},
		{"first byte", counters{0, 0}, counters{1, 0}, 500 * time.Millisecond, 2, 0, true},
		{"reset of both", counters{100, 200}, counters{0, 0}, time.Second, 0, 0, false},
		{"reset of one", counters{100, 200}, counters{99, 300}, time.Second, 0, 0, false},
		{"wrap at 2^32", counters{1<<32 - 1, 0}, counters{5, 0}, time.Second, 0, 0, false},
		{"beyond 2^32", counters{1<<32 - 1, 0}, counters{1<<32 + 9, 0}, time.Second, 10, 0, true},
		{"jump to 2^63", counters{100, 200}, counters{1 << 63, 200}, time.Second, 0, 0, false},
		{"jump of the other to 2^64-1", counters{100, 200}, counters{101, 1<<64 - 1}, time.Second, 0, 0, false},
		{"last poll too long ago", counters{100, 200}, counters{200, 300}, 0, 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := newTable()
			bring(table, counted(tt.before.received, tt.before.sent), 0)
			bring(table, counted(tt.after.received, tt.after.sent), tt.elapsed)
			received, sent, known := rate(t, table)
			if received != tt.received || sent != tt.sent || known != tt.known {
				t.Errorf("%v, %v, known %v; want %v, %v, known %v", received, sent, known, tt.received, tt.sent, tt.known)
			}
		})
	}
}

// A rate that ends is reported as changed once.
func TestRateReturnsToZero(t *testing.T) {
	table := newTable()
	for i, tt := range []struct {
		bytes   uint64
		changed int
		rate    float64
		known   bool
	}{
		{5000, 0, 0, false}, // opened
		{5000, 1, 0, true},  // now there are two polls
		{5000, 0, 0, true},
		{6000, 1, 1000, true},
		{6000, 1, 0, true},
		{6000, 0, 0, true},
		{10, 1, 0, false},
		{10, 1, 0, true},
		{10, 0, 0, true},
	} {
		elapsed := time.Second
		if i == 0 {
			elapsed = 0
		}
		d := bring(table, counted(tt.bytes, 0), elapsed)
		if received, _, known := rate(t, table); len(d.Changed) != tt.changed || received != tt.rate || known != tt.known {
			t.Errorf("poll %d: %d changed, %v/s, known %v; want %+v", i, len(d.Changed), received, known, tt)
		}
	}
}

// What counters do, no rate is negative, no number or faster than any link.
func TestRatesStaySane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newTable()
		for range rapid.IntRange(1, 6).Draw(t, "polls") {
			any := rapid.OneOf(counter(), rapid.Uint64())
			elapsed := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "elapsed"))
			bring(table, counted(any.Draw(t, "received"), any.Draw(t, "sent")), elapsed)
			received, sent, _ := rate(t, table)
			for _, r := range []float64{received, sent} {
				if r < 0 || math.IsNaN(r) || r > maxRate {
					t.Fatalf("a rate of %v", r)
				}
			}
		}
	})
}

// A socket that came between two polls was opened then, with all its bytes; one that was there at the first was not.
func TestRatesOfNewSockets(t *testing.T) {
	table := newTable()
	first := append(counted(500, 0), counted(500, 0)...)[:1]
	bring(table, first, 0)
	if c, _ := table.Get(1); c.Known.Has(KnownOpened) || c.Known.Has(KnownRates) {
		t.Errorf("first poll: known %b", c.Known)
	}
	second := append(first, counted(500, 0)...)
	second[1].ID = 2
	bring(table, second, time.Second)
	if c, _ := table.Get(2); !c.Known.Has(KnownOpened|KnownRates) || c.ReceiveRate != 500 {
		t.Errorf("second poll: known %b, %v/s", c.Known, c.ReceiveRate)
	}
}

// A connection whose bytes are not told yet, or not any more, has no rate.
func TestRatesEndWithBytes(t *testing.T) {
	table := newTable()
	untold := counted(0, 0)
	untold[0].Known = KnownUID
	bring(table, untold, 0)
	bring(table, counted(0, 0), time.Second)
	if _, _, known := rate(t, table); known {
		t.Error("a rate since there were no bytes")
	}
	bring(table, counted(500, 0), time.Second)
	closing := counted(0, 0)
	closing[0].State, closing[0].Known = StateTimeWait, 0
	bring(table, closing, time.Second)
	if _, _, known := rate(t, table); known {
		t.Error("a rate without bytes")
	}
	if c, _ := table.Get(1); !c.Known.Has(KnownUID) || c.Known.Has(KnownBytes) {
		t.Errorf("known %b: want the user, and no bytes", c.Known)
	}
}
