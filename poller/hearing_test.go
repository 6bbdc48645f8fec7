package poller

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller/sockdiag"
)

// telling is a source of whose endings the test decides.
type telling struct {
	*scripted
	start time.Time

	mu      sync.Mutex // the test decides while the Poller asks
	err     error      // of the next events
	streams []*stream
	asked   []time.Duration // when it was asked for events, after the start
}

func (s *telling) events() (eventStream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Since(s.start))
	if s.err != nil {
		return nil, s.err
	}
	last := &stream{events: make(chan any)}
	s.streams = append(s.streams, last)
	return last, nil
}

// last returns the stream that was opened last.
func (s *telling) last() *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[len(s.streams)-1]
}

// refuse makes err the answer to every request for events; nil grants them again.
func (s *telling) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// opened returns how many streams were opened.
func (s *telling) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// asks returns when it was asked for events since the last call of asks.
func (s *telling) asks() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// hearingTest runs a Poller that somebody watches over a telling source, in a bubble.
func hearingTest(t *testing.T, do func(s *telling, p *Poller, ended *[]Ending, log *bytes.Buffer)) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var ended []Ending
		s := &telling{start: time.Now(), scripted: &scripted{kind: SourceNetlink,
			list: func(context.Context) ([]Socket, error) { return many(1), nil }}}
		p := fake(s, nobody{}, Options{Log: slog.New(slog.NewTextHandler(&log, nil)),
			Observe: func(d *Delta) { ended = append(ended, d.Ended...) }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		defer p.Watch()()
		pass(time.Millisecond)
		do(s, p, &ended, &log)
		cancel()
		if err := <-done; !errors.Is(err, errBroken) {
			t.Error(err)
		}
	})
}

// pass lets the time of the bubble pass, and everybody in it come to rest: what they wrote may be read then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// noted reports whether the reader is told that endings are not heard of.
func noted(p *Poller) bool { return slices.Contains(statusOf(p).Notes, deafNote) }

// A stream that breaks is opened again; what it told before is not lost; the page, the log and the count tell of it.
func TestHearingBreaks(t *testing.T) {
	hearingTest(t, func(s *telling, p *Poller, ended *[]Ending, log *bytes.Buffer) {
		s.last().events <- over(1)
		s.last().events <- errBroken
		pass(2 * time.Second) // one poll finds it broken, the next one says so
		if n := s.opened(); !noted(p) || n != 1 && n != 2 {
			t.Errorf("notes %q after the stream broke, %d opened", statusOf(p).Notes, n)
		}
		pass(2 * time.Second)
		if n := s.opened(); noted(p) || n != 2 {
			t.Errorf("notes %q after it was opened again, %d opened", statusOf(p).Notes, n)
		}
		s.last().events <- over(2)
		pass(time.Second)
		if len(*ended) != 2 || (*ended)[0].ID != 1 || (*ended)[1].ID != 2 {
			t.Errorf("told of %v", *ended)
		}
		if st := statusOf(p); st.EndingsInterrupted != 1 || st.EndingsLost != 0 {
			t.Errorf("%d interruptions, %d lost", st.EndingsInterrupted, st.EndingsLost)
		}
		if text := log.String(); strings.Count(text, "not told any more") != 1 || strings.Count(text, "told again") != 1 {
			t.Errorf("log:\n%s", text)
		}
	})
}

// Where the stream is refused, or breaks again and again, it is asked for ever more rarely, down to once a minute, and
// the log says it once.
func TestHearingBacksOff(t *testing.T) {
	hearingTest(t, func(s *telling, p *Poller, _ *[]Ending, log *bytes.Buffer) {
		s.refuse(errBroken)
		s.asks()
		s.last().events <- errBroken
		pass(10 * time.Minute)
		asked := s.asks()
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			if i == 0 {
				continue
			}
			if got := (asked[i] - asked[i-1]).Round(time.Second) / time.Second; got != want {
				t.Errorf("wait %d is %v s, want %v", i, int64(got), int64(want))
			}
		}
		if n := len(asked); n < 13 || n > 16 || !noted(p) || statusOf(p).EndingsInterrupted != uint64(n)+1 {
			t.Errorf("asked %d times in ten minutes, noted %v, %d interruptions", n, noted(p), statusOf(p).EndingsInterrupted)
		}
		if n := strings.Count(log.String(), "not seen"); n != 1 {
			t.Errorf("the log speaks of the refusal %d times", n)
		}
		s.refuse(nil)
		pass(lastRehearing + time.Second)
		if noted(p) || p.endings == nil {
			t.Error("not heard again")
		}
		pass(2 * lastRehearing) // it holds
		s.asks()
		s.last().events <- errBroken
		pass(3 * time.Second)
		if n := len(s.asks()); n != 1 {
			t.Errorf("asked %d times within 3 s after it had held", n)
		}
	})
}

// A source that tells of no endings is not asked for them again, and nothing is noted.
func TestHearingOfASilentSource(t *testing.T) {
	p := fake(lists(new([]Socket), new(error)), nobody{}, Options{})
	for range 3 {
		p.listen(true)
		p.poll(t.Context())
	}
	if p.endings != nil || p.interruptions != 0 || noted(p) {
		t.Errorf("%d interruptions, notes %q", p.interruptions, statusOf(p).Notes)
	}
}

// What was lost before a stream broke stays counted.
func TestHearingKeepsItsLosses(t *testing.T) {
	hearingTest(t, func(s *telling, p *Poller, _ *[]Ending, _ *bytes.Buffer) {
		s.last().lost = 7
		s.last().events <- sockdiag.ErrLost
		s.last().events <- errBroken
		pass(5 * time.Second)
		if lost := statusOf(p).EndingsLost; lost != 7 {
			t.Errorf("%d lost, want 7", lost)
		}
	})
}

// Nobody who watches is told of nothing: the note goes with the last one who watched, and the next one's stream is
// opened at once.
func TestHearingWhenNobodyWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &telling{start: time.Now(), err: errBroken, scripted: lists(new([]Socket), new(error))}
		p := fake(s, nobody{}, Options{})
		p.listen(true)
		p.poll(t.Context())
		if !noted(p) {
			t.Error("not noted")
		}
		p.listen(false)
		p.poll(t.Context())
		if noted(p) || len(s.asked) != 1 {
			t.Errorf("noted %v, asked %d times", noted(p), len(s.asked))
		}
		p.listen(true)
		if len(s.asked) != 2 {
			t.Errorf("asked %d times", len(s.asked))
		}
	})
}

// What was told while the sockets were listed, right before the stream broke, waits for the next poll.
func TestHearingBreaksDuringAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &telling{start: time.Now()}
		s.scripted = &scripted{list: func(context.Context) ([]Socket, error) {
			if len(s.streams) == 1 {
				s.last().events <- over(1)
				s.last().events <- errBroken
				synctest.Wait()
			}
			return nil, nil
		}}
		var ended []Ending
		p := fake(s, nobody{}, Options{Observe: func(d *Delta) { ended = append(ended, d.Ended...) }})
		p.listen(true)
		p.poll(t.Context())
		p.listen(true)
		s.streams = nil
		p.poll(t.Context())
		if len(ended) != 1 || !p.deaf {
			t.Errorf("told of %v, deaf %v", ended, p.deaf)
		}
	})
}
