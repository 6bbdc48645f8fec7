package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
)

func TestMeasurePolls(t *testing.T) {
	p, err := measurePolls(t.Context(), 2, poller.MinInterval)
	if err != nil {
		t.Fatal(err)
	}
	if p.Sockets == 0 || p.Interval < poller.MinInterval || len(p.Steady) != 2 || len(p.Raw) != 2 {
		t.Errorf("%d sockets, %d polls, %d dumps", p.Sockets, len(p.Steady), len(p.Raw))
	}
	for _, c := range append(p.Steady, p.First) {
		if c.Took <= 0 || c.Changed < 0 || c.Bytes > 1<<30 {
			t.Errorf("poll %+v", c)
		}
	}
	if p.First.Changed < p.Sockets/2 || p.First.Allocs == 0 {
		t.Errorf("first poll %+v of %d sockets", p.First, p.Sockets)
	}
}

func TestMeasurePollsFirstAlone(t *testing.T) {
	p, err := measurePolls(t.Context(), 0, time.Second)
	if err != nil || p.First.Took <= 0 || len(p.Steady)+len(p.Raw) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestMeterPassesFailuresOver(t *testing.T) {
	m := &meter{calls: make(chan call, 1)}
	m.observe(&poller.Delta{Status: poller.Status{At: time.Now(), Took: time.Hour}})
	if len(m.calls) != 0 {
		t.Error("a failed poll was counted")
	}
	m.observe(&poller.Delta{Status: poller.Status{At: time.Now(), Took: time.Hour, Complete: true}, Opened: make([]*poller.Connection, 3)})
	if c := <-m.calls; c.Took < time.Hour || c.Changed != 3 {
		t.Errorf("counted %+v", c)
	}
}

func TestMeasureGopsutil(t *testing.T) {
	calls, err := measureGopsutil(t.Context(), 0)
	if err != nil || len(calls) != 1 || calls[0].Took <= 0 || calls[0].Allocs == 0 || calls[0].Changed != -1 {
		t.Errorf("%+v, %v", calls, err)
	}
}

func TestRepeat(t *testing.T) {
	for budget, want := range map[time.Duration]int{0: 1, time.Hour: maxRepeats} {
		n := 0
		if err := repeat(budget, func() error { n++; return nil }); err != nil || n != want {
			t.Errorf("budget %v: %d times, %v; want %d", budget, n, err, want)
		}
	}
	n, bad := 0, errors.New("bad")
	if err := repeat(time.Hour, func() error { n++; return bad }); err != bad || n != 1 {
		t.Errorf("%d times, %v", n, err)
	}
}

func TestTimeCommand(t *testing.T) {
	if runs, err := timeCommand(t.Context(), 0, []string{"true"}); err != nil || len(runs) != 1 || runs[0] <= 0 {
		t.Errorf("true: %v, %v", runs, err)
	}
	if runs, err := timeCommand(t.Context(), 0, []string{"no-such-command-here"}); err != nil || runs != nil {
		t.Errorf("a missing command: %v, %v", runs, err)
	}
	if _, err := timeCommand(t.Context(), 0, []string{"false"}); err == nil {
		t.Error("false: no error")
	}
}

// TestComparison: times are given as multiples of the bare dump, and what a poll allocates by what it changed.
func TestComparison(t *testing.T) {
	c := comparison{table: table{head: make([]string, 8)}}
	ms := time.Millisecond
	c.ours(1000, []call{{Took: 60 * ms}}, polls{
		Sockets: 1004, Interval: time.Second, Raw: []time.Duration{9 * ms, 10 * ms, 30 * ms},
		Steady: []call{{Took: 15 * ms, Allocs: 40, Bytes: 1280, Changed: 20}, {Took: 15 * ms, Allocs: 40, Bytes: 1280, Changed: 0}},
	})
	c.runs("other", nil)
	want := [][]string{
		{"bare kernel dump with tcp_info", "9.00", "10.0", "30.0", "1.00 ×", "–", "–", "3"},
		{"sockeye, steady poll, owners included", "15.0", "15.0", "15.0", "1.50 ×", "40", "1,280 B", "2"},
		{"sockeye, first poll, owners included", "60.0", "60.0", "60.0", "6.00 ×", "0", "0 B", "1"},
		{"other", "–", "–", "–", "–", "–", "–", "0"},
	}
	if diff := cmp.Diff(want, c.rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A steady poll allocated 64 B for each of these rows (median)."}, c.notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if !strings.Contains(c.intro, "1,004 sockets were there") || !strings.Contains(c.intro, "(5 connections") || !strings.Contains(c.intro, "every 1s") {
		t.Errorf("intro %q", c.intro)
	}
}
