package poller

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// runner is a Poller that runs on the clock of a synctest bubble, over a source that takes its time.
type runner struct {
	*Poller
	t      *testing.T
	source *scripted
	start  time.Time
	cancel func()
	ended  chan error

	mu    sync.Mutex
	took  time.Duration   // how long each poll takes
	polls []time.Duration // when each poll began, after the start
	inAir int
}

// running starts a runner; it is to be called in a bubble, and ended with stop.
func running(t *testing.T) *runner {
	r := resting(t)
	r.run()
	return r
}

// resting makes a runner that run has to start.
func resting(t *testing.T) *runner {
	r := &runner{t: t, start: time.Now(), ended: make(chan error, 1)}
	r.source = &scripted{kind: SourceNetlink, list: r.list}
	r.Poller = fake(r.source, nobody{}, Options{})
	return r
}

// run starts it.
func (r *runner) run() {
	ctx, cancel := context.WithCancel(r.t.Context())
	r.cancel = cancel
	go func() { r.ended <- r.Run(ctx) }()
}

// list is the source's dump.
func (r *runner) list(context.Context) ([]Socket, error) {
	r.mu.Lock()
	r.inAir++
	if r.inAir > 1 {
		r.t.Errorf("%d polls at once", r.inAir)
	}
	r.polls = append(r.polls, time.Since(r.start))
	took := r.took
	r.mu.Unlock()
	time.Sleep(took)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inAir--
	return many(1), nil
}

// taking sets how long polls take from now on.
func (r *runner) taking(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = d
}

// since returns when polls began since the last call.
func (r *runner) since() []time.Duration {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	polls := r.polls
	r.polls = nil
	return polls
}

// want checks when polls began since the last call.
func (r *runner) want(what string, want ...time.Duration) {
	r.t.Helper()
	if got := r.since(); !slices.Equal(got, want) {
		r.t.Errorf("%s: polls at %v, want %v", what, got, want)
	}
}

// stop ends Run and checks that it closed the source once and returned what that gave.
func (r *runner) stop() {
	r.t.Helper()
	r.cancel()
	if err := <-r.ended; !errors.Is(err, errBroken) {
		r.t.Errorf("Run returned %v, not the error of the source's Close", err)
	}
	if r.source.closed != 1 {
		r.t.Errorf("the source was closed %d times", r.source.closed)
	}
}

// seconds returns a time every second, from first to last.
func seconds(first, last int) (all []time.Duration) {
	for s := first; s <= last; s++ {
		all = append(all, time.Duration(s)*time.Second)
	}
	return all
}

// Without a watcher nothing is polled; with one, at each interval, for a while after the last one went, and again
// when the next one comes.
func TestRunWhileWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := running(t)
		defer r.stop()
		time.Sleep(time.Hour)
		r.want("nobody watches")
		r.start = time.Now()
		first, second := r.Watch(), r.Watch()
		time.Sleep(3500 * time.Millisecond)
		r.want("two watch", seconds(0, 3)...)
		first()
		first() // does not count for the other
		time.Sleep(linger + 10*time.Second)
		r.want("one watches", seconds(4, 28)...)
		second()
		time.Sleep(time.Hour)
		r.want("nobody watches any more", seconds(29, 43)...)
		third := r.Watch()
		defer third()
		time.Sleep(time.Second)
		at := time.Hour + 28*time.Second + 500*time.Millisecond
		r.want("one watches again", at, at+time.Second)
	})
}

// A watcher who comes back before the polls ended finds them going on as they were.
func TestRunReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := running(t)
		defer r.stop()
		for range 5 {
			stop := r.Watch()
			time.Sleep(1300 * time.Millisecond)
			stop()
			time.Sleep(700 * time.Millisecond)
		}
		r.want("reloads", seconds(0, 10)...)
	})
}

// A request for data polls once, unless the last poll is younger than the interval; requests at once share a poll.
func TestFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := running(t)
		defer r.stop()
		fresh := func() {
			if err := r.Fresh(t.Context()); err != nil {
				t.Error(err)
			}
		}
		fresh()
		if statusOf(r.Poller).Seq != 1 {
			t.Error("Fresh returned before the poll was done")
		}
		fresh()
		time.Sleep(999 * time.Millisecond)
		fresh()
		r.want("within the interval", 0)
		time.Sleep(time.Millisecond)
		r.taking(100 * time.Millisecond)
		var all sync.WaitGroup
		for range 5 {
			all.Go(fresh)
		}
		all.Wait()
		time.Sleep(time.Hour)
		r.want("five at once", time.Second)
	})
}

// A request whose context ends is given up, be it before or while the poll is made.
func TestFreshGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := running(t)
		defer r.stop()
		r.taking(10 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Fresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while it polls: %v", err)
		}
		if err := r.Fresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("before it polls: %v", err)
		}
		time.Sleep(time.Minute)
	})
}

// Slow polls never overlap; they stretch the interval to 10 s, and say so; when they are quick again it comes back.
//
//attack:r6
func TestRunSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := running(t)
		defer r.stop()
		defer r.Watch()()
		r.taking(8 * time.Second)
		time.Sleep(5 * time.Minute)
		polls := r.since()
		for i := len(polls) - 5; i < len(polls); i++ {
			if gap := polls[i] - polls[i-1]; gap != 10*time.Second {
				t.Errorf("%v between slow polls, want 10s", gap)
			}
		}
		if s := statusOf(r.Poller); s.Interval != 10*time.Second || len(s.Notes) != 2 {
			t.Errorf("status %+v, want an interval of 10s and a note about it", s)
		}
		r.taking(0)
		time.Sleep(5 * time.Minute)
		polls = r.since()
		if gap := polls[len(polls)-1] - polls[len(polls)-2]; gap != time.Second {
			t.Errorf("%v between quick polls, want 1s", gap)
		}
		if s := statusOf(r.Poller); s.Interval != time.Second || len(s.Notes) != 1 {
			t.Errorf("status %+v, want an interval of 1s and no note about it", s)
		}
	})
}

// Polls that fail slowly stretch the interval as well, and say so.
func TestRunSlowlyFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := resting(t)
		list := r.source.list
		r.source.list = func(ctx context.Context) ([]Socket, error) {
			_, _ = list(ctx)
			return nil, errBroken
		}
		r.run()
		defer r.stop()
		defer r.Watch()()
		r.taking(9 * time.Second)
		time.Sleep(5 * time.Minute)
		polls := r.since()
		if n := len(polls); n > 32 || polls[n-1]-polls[n-2] != 10*time.Second {
			t.Errorf("%d polls in five minutes, the last after %v", n, polls[n-1]-polls[n-2])
		}
		if s := statusOf(r.Poller); s.Interval != 10*time.Second || s.Stale == "" || len(s.Notes) != 2 {
			t.Errorf("status %+v, want an interval of 10s, a note about it, and why the rows are stale", s)
		}
	})
}

// The end of the context ends Run, also in the middle of a poll, which then changes nothing.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := running(t)
		defer r.Watch()()
		r.taking(5 * time.Second)
		time.Sleep(time.Second)
		r.stop()
		if s := statusOf(r.Poller); s.Seq != 0 || s.Stale != "" {
			t.Errorf("the poll that was cut off left %+v", s)
		}
	})
}
