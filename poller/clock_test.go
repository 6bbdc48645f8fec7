package poller

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A tick tells sleep, which is real time, from a wall clock that was set, and neither from small corrections.
func TestClockTick(t *testing.T) {
	var running time.Duration
	c := clock{running: runningClock{func() time.Duration { return running }, true}}
	wall := time.Unix(1_000_000, 0)
	for i, tt := range []struct{ running, wall, elapsed, set time.Duration }{
		{time.Hour, time.Hour, 0, 0}, // the first
		{time.Second, time.Second, time.Second, 0},
		{8 * time.Hour, 8 * time.Hour, 8 * time.Hour, 0}, // slept
		{time.Second, time.Hour, time.Second, time.Hour - time.Second},
		{time.Second, -time.Hour, time.Second, -time.Hour - time.Second},
		{time.Second, 1100 * time.Millisecond, time.Second, 0}, // slewed
	} {
		running, wall = running+tt.running, wall.Add(tt.wall)
		if elapsed, set := c.tick(c.running.at(wall)); elapsed != tt.elapsed || set != tt.set {
			t.Errorf("%d: elapsed %v, set by %v; want %v and %v", i, elapsed, set, tt.elapsed, tt.set)
		}
	}
}

// A running time that knows no sleep takes a wall clock that is ahead for one; what goes back was set.
func TestClockThatKnowsNoSleep(t *testing.T) {
	var running time.Duration
	c := clock{running: runningClock{func() time.Duration { return running }, false}}
	wall := time.Unix(1_000_000, 0)
	for i, tt := range []struct{ running, wall, elapsed, set time.Duration }{
		{time.Hour, time.Hour, 0, 0}, // the first
		{time.Second, time.Second, time.Second, 0},
		{time.Second, 8 * time.Hour, 8 * time.Hour, 0},
		{time.Second, -time.Hour, time.Second, -time.Hour - time.Second},
		{time.Second, 1100 * time.Millisecond, time.Second, 0}, // slewed
	} {
		running, wall = running+tt.running, wall.Add(tt.wall)
		if elapsed, set := c.tick(c.running.at(wall)); elapsed != tt.elapsed || set != tt.set {
			t.Errorf("%d: elapsed %v, set by %v; want %v and %v", i, elapsed, set, tt.elapsed, tt.set)
		}
	}
}

// The system's running time goes on.
func TestSystemRunning(t *testing.T) {
	r := systemRunning()
	first := r.at(time.Now())
	if first.running <= 0 || r.since(first) < 0 || r.since(moment{first.running - time.Hour, first.wall.Add(-time.Hour)}) < time.Hour {
		t.Errorf("running for %v, then %v", first.running, r.since(first))
	}
}

// asleep makes a poller's machine sleep in a bubble: real time goes on by what is added to it, Go's clock does not.
func asleep(r *runner) *atomic.Int64 {
	var slept atomic.Int64
	start := time.Now()
	r.clock.running = runningClock{func() time.Duration { return time.Since(start) + time.Duration(slept.Load()) }, true}
	return &slept
}

// A request right after the machine's sleep gets a table that is younger than the sleep.
func TestFreshAfterSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := resting(t)
		slept := asleep(r)
		r.run()
		defer r.stop()
		for _, sleep := range []time.Duration{0, time.Millisecond, time.Hour} {
			slept.Add(int64(sleep))
			check(t, r.Fresh(t.Context()))
		}
		r.want("before and after the sleep", 0, 0)
	})
}

// Who left before the machine slept does not look any more when it wakes up.
func TestLingerOverSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := resting(t)
		slept := asleep(r)
		r.run()
		defer r.stop()
		leave := r.Watch()
		time.Sleep(500 * time.Millisecond)
		leave()
		slept.Add(int64(time.Hour))
		time.Sleep(time.Hour)
		r.want("nobody watches after the sleep", 0)
	})
}

// setting is a Poller whose wall clock can be set: it is that of the test's bubble, and running is what is told of it.
func setting(t *testing.T) (p *Poller, sockets *[]Socket, pass func(real, wall time.Duration), told *Delta) {
	t.Helper()
	var running time.Duration
	sockets, told = new([]Socket), new(Delta)
	p = newPoller(&scripted{list: func(context.Context) ([]Socket, error) { return *sockets, nil }}, nobody{},
		Options{Interval: time.Second, Log: quiet(), Observe: func(d *Delta) { *told = *d }})
	p.clock.running = runningClock{func() time.Duration { return running }, true}
	return p, sockets, func(real, wall time.Duration) {
		running += real
		time.Sleep(wall)
		p.poll(t.Context())
	}, told
}

// When the clock is set, ages stay what they are, no rate is absurd, and viewers are told of every row.
func TestClockSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sockets, pass, told := setting(t)
		pass(time.Second, time.Second)
		s := tcp4(1, StateEstablished, "192.0.2.1:443", "198.51.100.1:5000")
		s.Known |= KnownBytes
		*sockets = []Socket{s}
		pass(time.Second, time.Second) // it opens
		(*sockets)[0].BytesSent = 1000
		pass(time.Second, 5*time.Hour)
		c, _ := p.table.Get(1)
		if age, exact := c.Age(p.table.status.At); !exact || age != time.Second {
			t.Errorf("age %v (exact %v) after a second in which the clock was set", age, exact)
		}
		if !c.Known.Has(KnownRates) || c.SendRate != 1000 {
			t.Errorf("rate %v", c.SendRate)
		}
		if len(told.Changed) != 1 || told.Changed[0] != c || told.Gap {
			t.Errorf("told of %d changed rows, gap %v", len(told.Changed), told.Gap)
		}
		if h := p.table.History(); len(h) != 3 || h[2].At.Sub(h[0].At) != 2*time.Second {
			t.Errorf("history: %v", h)
		}
	})
}

// A look at the sockets that takes long is not taken for a clock that was set: both clocks are read at its start.
func TestSlowPollIsNoSetClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, set := time.Duration(0), 0
		p := newPoller(&scripted{list: func(context.Context) ([]Socket, error) { time.Sleep(slow); return nil, nil }}, nobody{},
			Options{Interval: time.Second, Log: quiet(), Observe: func(d *Delta) {
				if d.ClockSet {
					set++
				}
			}})
		for _, slow = range []time.Duration{0, 1500 * time.Millisecond, 0} {
			p.poll(t.Context())
		}
		if set != 0 {
			t.Errorf("told %d times that the clock was set", set)
		}
	})
}

// After a sleep there is a gap: no rate over it, no opening time for what came meanwhile, and ages that count it.
func TestClockSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sockets, pass, told := setting(t)
		pass(time.Second, time.Second)
		s := tcp4(1, StateEstablished, "192.0.2.1:443", "198.51.100.1:5000")
		s.Known |= KnownBytes
		*sockets = []Socket{s}
		pass(time.Second, time.Second)
		(*sockets)[0].BytesSent = 1000
		*sockets = append(*sockets, tcp4(2, StateListen, "192.0.2.1:80", ""))
		pass(8*time.Hour, 8*time.Hour)
		c, _ := p.table.Get(1)
		if age, _ := c.Age(p.table.status.At); age != 8*time.Hour {
			t.Errorf("age %v after a sleep of 8 h", age)
		}
		if c.Known.Has(KnownRates) {
			t.Errorf("a rate of %v over a sleep", c.SendRate)
		}
		if c, _ := p.table.Get(2); c.Known.Has(KnownOpened) {
			t.Errorf("opened %v, though nobody looked", c.Opened)
		}
		h := p.table.History()
		if !told.Gap || !h[len(h)-1].Gap {
			t.Errorf("no gap: %v, %v", told.Gap, h)
		}
		pass(time.Second, time.Second)
		if told.Gap {
			t.Error("the gap is told of twice")
		}
	})
}
