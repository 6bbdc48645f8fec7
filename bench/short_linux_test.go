package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
)

func TestMakeShort(t *testing.T) {
	made, err := makeShort(t.Context(), 200, 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(made.Conns); n == 0 || n > 60 {
		t.Fatalf("%d connections, want at most 60", n)
	}
	sizes := map[[2]uint64]bool{}
	for _, c := range made.Conns {
		if c.Client == 0 || c.Server == 0 || c.Up == 0 || c.Down == 0 {
			t.Errorf("connection %+v", c)
		}
		sizes[[2]uint64{c.Up, c.Down}] = true
	}
	if len(sizes) != len(made.Conns) {
		t.Errorf("%d connections have %d different sizes", len(made.Conns), len(sizes))
	}
}

func TestMakeShortStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if made, err := makeShort(ctx, 1000, time.Hour); err != nil || len(made.Conns) != 0 {
		t.Errorf("%d connections, %v", len(made.Conns), err)
	}
}

// shortConns generates connections of which some have the same ports.
func shortConns(t *rapid.T) []short {
	return rapid.SliceOf(rapid.Custom(func(t *rapid.T) short {
		return short{
			Client: rapid.Uint16Range(1000, 1003).Draw(t, "client"), Server: 80,
			Up: rapid.Uint64Range(1, 3).Draw(t, "up"), Down: rapid.Uint64Range(1, 3).Draw(t, "down"),
		}
	})).Draw(t, "connections")
}

// TestCompareCountsWhatWasTold: any part of the sockets, in any order, among endings of others.
func TestCompareCountsWhatWasTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		conns := shortConns(t)
		var all []ending
		for i := range conns {
			sides := conns[i].sides()
			all = append(all, sides[:]...)
		}
		told := rapid.Permutation(all).Draw(t, "order")
		if len(told) > 0 {
			told = told[:rapid.IntRange(0, len(told)).Draw(t, "told")]
		}
		others := []ending{{1, 2, 3, 4}, {2, 1, 4, 3}}
		got := compare(conns, &endings{list: append(others, told...)})
		if got.sockets != 2*len(conns) || got.seen != len(told) || got.exact != len(told) || got.twice+got.unknown != 0 {
			t.Fatalf("%d of %d sockets told of: %+v", len(told), len(all), got)
		}
	})
}

func TestCompareFindsWhatIsWrong(t *testing.T) {
	conns := []short{{Client: 1000, Server: 80, Up: 10, Down: 20}}
	right := conns[0].sides()
	off := ending{1000, 80, 10, 21}
	for name, tt := range map[string]struct {
		endings
		want tally
	}{
		"nothing":       {endings{}, tally{sockets: 2, sent: 30}},
		"one byte more": {endings{list: []ending{off, right[1]}}, tally{sockets: 2, seen: 2, exact: 1, sent: 30, counted: 30, received: 31}},
		"twice":         {endings{list: []ending{right[0], right[0]}}, tally{sockets: 2, seen: 1, exact: 1, twice: 1, sent: 30, counted: 10, received: 20}},
		"no bytes":      {endings{silent: []ending{{1000, 80, 0, 0}}}, tally{sockets: 2, seen: 1, unknown: 1, sent: 30}},
	} {
		if got := compare(conns, &tt.endings); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestEndingsObserve(t *testing.T) {
	known := poller.Socket{Protocol: poller.TCP, Known: poller.KnownBytes, BytesSent: 5, BytesReceived: 6}
	silent, udp := known, known
	silent.Known, udp.Protocol = 0, poller.UDP
	e := &endings{}
	d := &poller.Delta{Status: poller.Status{Took: time.Hour, EndingsLost: 3}}
	d.At = time.Now()
	for _, s := range []poller.Socket{known, silent, udp} {
		d.Ended = append(d.Ended, poller.Ending{Connection: poller.Connection{Socket: s}})
	}
	e.observe(d)
	if len(e.list) != 1 || len(e.silent) != 1 || e.list[0].sent != 5 || e.list[0].received != 6 {
		t.Errorf("kept %+v and %+v", e.list, e.silent)
	}
	if e.polls != 1 || e.longest != time.Hour || e.last.EndingsLost != 3 {
		t.Errorf("kept %+v", e)
	}
	text := printed(t, e.table(&bench{}, &shorts{Took: time.Second}), false)
	if !strings.Contains(text, "messages lost, as counted by sockeye") || !strings.Contains(text, "longest of 1 polls") {
		t.Errorf("table:\n%s", text)
	}
}

// TestObservingTellsOfShortConnections that no poll can have seen, by the real kernel.
func TestObservingTellsOfShortConnections(t *testing.T) {
	var made shorts
	e := &endings{}
	err := observing(t.Context(), poller.MinInterval, e, func(ctx context.Context) (err error) {
		made, err = makeShort(ctx, 100, 300*time.Millisecond)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := compare(made.Conns, e); got.sockets == 0 || got.seen != got.sockets || got.twice != 0 {
		t.Errorf("told of %+v, lost %d", got, e.last.EndingsLost)
	}
}
