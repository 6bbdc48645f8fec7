package poller

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller/sockdiag"
)

// What came less what went is always the change of the number of sockets, and what moved is the sum of what the
// counters have risen by.
func TestFlowOfRandomPolls(t *testing.T) {
	const step = 500 * time.Millisecond // too little for the wall clock to seem set
	rapid.Check(t, func(rt *rapid.T) {
		var sockets []Socket
		var running time.Duration
		var told Delta
		p := newPoller(lists(&sockets, new(error)), nobody{}, Options{Interval: time.Second, Log: quiet(),
			Observe: func(d *Delta) { told = *d }})
		p.clock.running = runningClock{func() time.Duration { return running }, true}
		p.poll(t.Context())
		before := map[ID]Socket{}
		for range rapid.IntRange(1, 8).Draw(rt, "polls") {
			next, now, want := somewhatLater(rt, before)
			total := p.table.Len()
			sockets, before = next, now
			running += step
			p.poll(t.Context())
			if told.Flow.Opened-told.Flow.Closed != p.table.Len()-total {
				rt.Fatalf("%+v, and of %d sockets there are %d", told.Flow, total, p.table.Len())
			}
			want.Elapsed, want.Counted, want.Opened, want.Closed = step, true, told.Flow.Opened, told.Flow.Closed
			if diff := cmp.Diff(want, told.Flow); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

// somewhatLater draws a dump that follows another, also by ID, and the bytes that moved in between.
func somewhatLater(t *rapid.T, before map[ID]Socket) (next []Socket, byID map[ID]Socket, moved Flow) {
	byID = map[ID]Socket{}
	for id := ID(1); id <= 6; id++ {
		if !rapid.Bool().Draw(t, "there") {
			continue
		}
		s := tcp4(id, StateEstablished, "192.0.2.1:443", "198.51.100.1:5000")
		s.Known |= KnownBytes
		received, sent := rapid.Uint64Range(0, 1000).Draw(t, "received"), rapid.Uint64Range(0, 1000).Draw(t, "sent")
		s.BytesReceived, s.BytesSent = before[id].BytesReceived+received, before[id].BytesSent+sent
		moved.BytesReceived += received
		moved.BytesSent += sent
		next, byID[id] = append(next, s), s
	}
	return next, byID, moved
}

// ending is the end of a connection with the bytes of a client that closed first.
func ending(cookie, sent, received uint64) end {
	r := over(cookie)
	r.HasInfo = true
	r.Info = sockdiag.Info{HasBytes: true, HasSent: true, BytesSent: sent, BytesAcked: sent + 2, BytesReceived: received + 1}
	return end{record: *r}
}

// A connection that lives between two polls comes and goes with its bytes; one that waits in TIME_WAIT has not gone;
// and what one that was seen moved last is counted once.
func TestFlowOfEndings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sockets, pass, told := setting(t)
		seen := tcp4(1, StateEstablished, "127.0.0.1:1", "127.0.0.1:2")
		seen.Known |= KnownBytes
		seen.BytesSent = 70
		*sockets = []Socket{seen}
		pass(time.Second, time.Second)
		if told.Flow != (Flow{}) {
			t.Errorf("the first poll says that %+v", told.Flow)
		}

		p.ends = append(p.ends, ending(1, 100, 7), ending(2, 10, 20), ending(3, 1000, 2000))
		*sockets = []Socket{tcp4(1, StateTimeWait, "127.0.0.1:1", "127.0.0.1:2"), tcp4(3, StateTimeWait, "127.0.0.1:1", "127.0.0.1:3")}
		pass(time.Second, time.Second)
		want := Flow{Elapsed: time.Second, Counted: true, BytesSent: 30 + 10 + 1000, BytesReceived: 7 + 20 + 2000, Opened: 2, Closed: 1}
		if diff := cmp.Diff(want, told.Flow); diff != "" {
			t.Error(diff)
		}

		if h := p.table.History(); h[len(h)-1].Flow != told.Flow {
			t.Errorf("the history has %+v", h[len(h)-1].Flow)
		}
		*sockets = nil
		pass(time.Second, time.Second)
		if diff := cmp.Diff(Flow{Elapsed: time.Second, Counted: true, Closed: 2}, told.Flow); diff != "" {
			t.Error(diff)
		}
		if pass(time.Hour, time.Hour); told.Flow != (Flow{}) {
			t.Errorf("of a time in which nobody watched it says %+v", told.Flow)
		}
	})
}

// A counter that was reset, or that runs faster than any link, moved nothing; nor does a source without bytes.
//
//attack:k5
func TestFlowOfStrangeCounters(t *testing.T) {
	at := func(n uint64) *Socket { return &Socket{Known: KnownBytes, BytesReceived: n, BytesSent: 1} }
	for _, tt := range []struct {
		flow     Flow
		old, now *Socket
		want     uint64
	}{
		{Flow{Elapsed: time.Second, Counted: true}, at(5), at(9), 4},
		{Flow{Elapsed: time.Second, Counted: true}, at(9), at(5), 0},
		{Flow{Elapsed: time.Second, Counted: true}, at(0), at(1 << 50), 0},
		{Flow{Elapsed: time.Second, Counted: true}, &Socket{}, at(9), 0},
		{Flow{Elapsed: time.Second, Counted: true}, at(9), &Socket{}, 0},
		{Flow{Elapsed: time.Second}, at(5), at(9), 0},
	} {
		if tt.flow.move(tt.old, tt.now); tt.flow.BytesReceived != tt.want || tt.flow.BytesSent != 0 {
			t.Errorf("from %+v to %+v: %+v", tt.old, tt.now, tt.flow)
		}
	}
	table := newTable()
	if table.begin(time.Second, false); table.status.Flow.Counted {
		t.Error("a source that knows no bytes counts them")
	}
	if table.begin(0, true); table.status.Flow.Counted {
		t.Error("bytes of an unknown time are counted")
	}
}

// Where samples come faster than the history keeps them, none of what they moved is lost.
func TestHistoryKeepsFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h history
		var sum Flow
		at := time.Unix(0, 0)
		for range rapid.IntRange(1, 100).Draw(t, "samples") {
			step := rapid.SampledFrom([]time.Duration{100 * time.Millisecond, time.Second}).Draw(t, "step")
			at = at.Add(step)
			f := Flow{Elapsed: step, Counted: true, BytesSent: rapid.Uint64Range(0, 100).Draw(t, "sent"), Opened: 1}
			sum = Flow{Elapsed: sum.Elapsed + step, Counted: true, BytesSent: sum.BytesSent + f.BytesSent, Opened: sum.Opened + 1}
			h.add(Sample{At: at, Flow: f})
		}
		got := Flow{Counted: true}
		for _, s := range h.samples(HistorySpan) {
			got = got.Plus(s.Flow)
		}
		if got != sum {
			t.Fatalf("%+v is left of %+v", got, sum)
		}
	})
}
