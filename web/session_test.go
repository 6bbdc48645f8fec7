package web

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
	"sockeye/query"
)

// seat is a viewer with a session of its own.
type seat struct {
	*fakeChannel
	session *session
	leave   context.CancelFunc // the server stops
	done    chan struct{}      // closed when the session has ended
}

// sit lets a viewer in as [Site.live] does, over a channel of the test. It works in a synctest bubble.
func sit(t *testing.T, s *Site, rawQuery string) *seat {
	t.Helper()
	q, sp, err := s.viewOf(rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(owners(t))
	v := &seat{fakeChannel: newFakeChannel(), leave: cancel, done: make(chan struct{})}
	v.session = &session{hub: s.hub, channel: v.fakeChannel, viewer: newViewer(true), hello: s.hello()}
	stop := s.poller.Watch()
	go func() {
		defer close(v.done)
		defer stop()
		v.session.run(ctx, q, sp)
	}()
	t.Cleanup(func() { cancel(); <-v.done })
	synctest.Wait()
	return v
}

// kinds names the frames that came since the last call: a snap by its seq, a delta by both.
func (v *seat) kinds(t *testing.T) []string {
	t.Helper()
	synctest.Wait()
	var kinds []string
	for _, data := range v.take() {
		switch f := parseFrame(t, data); f.Type {
		case "snap":
			kinds = append(kinds, fmt.Sprintf("snap %d", f.Seq))
		case "delta":
			kinds = append(kinds, fmt.Sprintf("delta %d-%d", *f.From, f.Seq))
		default:
			kinds = append(kinds, f.Type)
		}
	}
	return kinds
}

// expect fails the test where other frames came.
func (v *seat) expect(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, v.kinds(t)); diff != "" {
		t.Fatalf("frames (-want +got):\n%s", diff)
	}
}

// room starts a site of the office in a bubble, with its first poll done; polls come each second.
func room(t *testing.T, test func(t *testing.T, m *machine, s *Site)) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		if err := s.poller.Fresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, m, s)
	})
}

// TestSessionOrder: hello, snap, then a delta for each poll.
func TestSessionOrder(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "state=ESTABLISHED")
		frames := v.take()
		if len(frames) != 2 {
			t.Fatalf("%d frames at first", len(frames))
		}
		hello, snap := parseFrame(t, frames[0]), parseFrame(t, frames[1])
		if hello.Type != "hello" || hello.Version != 1 || hello.Host != s.host || len(hello.Columns) != 34 || len(hello.GroupColumns) != 15 || hello.Columns[0] != "id" {
			t.Errorf("hello %+v", hello)
		}
		if len(hello.States) != len(poller.States()) || hello.States[0] != "LISTEN" {
			t.Errorf("states %v", hello.States)
		}
		if snap.Type != "snap" || len(snap.Rows) != 2 || snap.Matched != 2 || snap.Total != 5 || snap.Limit != 60 || len(snap.History) != 1 {
			t.Errorf("snap %+v", snap)
		}
		time.Sleep(2500 * time.Millisecond)
		v.expect(t, "delta 1-2", "delta 2-3")
	})
}

// TestClockSet: when the clock was set, all that a viewer has is of the wrong time, and it gets everything anew.
func TestClockSet(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		v.expect(t, "hello", "snap 1")
		var status poller.Status
		s.poller.Read(func(table *poller.Table) { status = table.Status() })
		s.Observe(&poller.Delta{Status: status, ClockSet: true})
		v.expect(t, "snap 1")
		time.Sleep(time.Second)
		v.expect(t, "delta 1-2")
	})
}

// TestStalledViewer: while one viewer does not read, nothing queues for it and the others get every frame; when it
// reads again, one snap brings it to the present.
//
//attack:r1
func TestStalledViewer(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		slow, quick, other := sit(t, s, ""), sit(t, s, ""), sit(t, s, "port=443")
		for _, v := range []*seat{slow, quick, other} {
			v.expect(t, "hello", "snap 1")
		}
		release := slow.stall()
		time.Sleep(4500 * time.Millisecond)
		slow.expect(t)
		quick.expect(t, "delta 1-2", "delta 2-3", "delta 3-4", "delta 4-5")
		other.expect(t, "delta 1-2", "delta 2-3", "delta 3-4", "delta 4-5")
		if v := slow.session.viewer; v.pending != nil || !v.snap || len(v.errors) != 0 {
			t.Errorf("a stalled viewer holds pending %v, snap %v, %d errors", v.pending, v.snap, len(v.errors))
		}
		release()
		slow.expect(t, "delta 1-2", "snap 5")
		time.Sleep(time.Second)
		slow.expect(t, "delta 5-6")
	})
}

// TestOnePendingFrame: a frame that was not sent is replaced, with the next or the twentieth.
func TestOnePendingFrame(t *testing.T) {
	v := newViewer(true)
	for i := range uint64(20) {
		v.offer(&message{from: i, seq: i + 1})
		if _, again := v.pending, v.snap; again == (i == 0) || len(v.wake) != 1 {
			t.Fatalf("after %d frames: pending %v, snap %v, awake %d", i+1, v.pending, v.snap, len(v.wake))
		}
	}
	for range 20 {
		v.complain("no")
	}
	errors, pending, snap, _ := v.take()
	if len(errors) != maxErrors || pending != nil || !snap {
		t.Errorf("taken: %d errors, pending %v, snap %v", len(errors), pending, snap)
	}
	if errors, pending, snap, _ := v.take(); errors != nil || pending != nil || snap {
		t.Error("something was left behind")
	}
}

// TestViewerThatDoesNotRead is cut when a write has waited for 5 s; another is not disturbed.
//
//attack:r1 cut when a write has waited for 5 s
//attack:w8
func TestViewerThatDoesNotRead(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		slow, quick := sit(t, s, ""), sit(t, s, "")
		slow.stall()
		<-slow.done
		if _, _, at := slow.ended(); at.Sub(slow.waiting) != writeTimeout || writeTimeout > 5*time.Second {
			t.Errorf("cut %v after its write began", at.Sub(slow.waiting))
		}
		if code, _, _ := quick.ended(); code != 0 {
			t.Errorf("the other viewer was closed with %d", code)
		}
		synctest.Wait() // the poll of this very moment
		quick.take()
		time.Sleep(time.Second)
		if len(quick.kinds(t)) != 1 {
			t.Error("the other viewer gets no frames any more")
		}
	})
}

// TestViewerThatDoesNotAnswer is cut 15 s after it was last heard of.
func TestViewerThatDoesNotAnswer(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		start := time.Now()
		v := sit(t, s, "")
		v.fallSilent()
		<-v.done
		if _, _, at := v.ended(); at.Sub(start) != 15*time.Second {
			t.Errorf("cut after %v", at.Sub(start))
		}
		if len(s.hub.shelf.views) != 0 {
			t.Error("its view stays")
		}
	})
}

// TestViewerThatAnswers stays for as long as it likes.
func TestViewerThatAnswers(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		time.Sleep(time.Hour)
		if code, reason, _ := v.ended(); code != 0 {
			t.Errorf("closed with %d %q", code, reason)
		}
	})
}

// TestServerStops: the viewer is told with 1001, and everything that served it has ended; the bubble would not end
// otherwise.
func TestServerStops(t *testing.T) {
	for _, stalled := range []bool{false, true} {
		room(t, func(t *testing.T, m *machine, s *Site) {
			v := sit(t, s, "")
			if stalled {
				v.stall()
				time.Sleep(1500 * time.Millisecond)
			}
			begin := time.Now()
			v.leave()
			<-v.done
			code, _, at := v.ended()
			if code != closeGoingAway && !stalled || at.Sub(begin) > writeTimeout {
				t.Errorf("stalled %v: closed with %d after %v", stalled, code, at.Sub(begin))
			}
			if len(s.hub.shelf.views) != 0 {
				t.Error("its view stays")
			}
		})
	}
}

// TestClientLeaves ends the session and drops its view.
func TestClientLeaves(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		v.hangUp()
		<-v.done
		if code, reason, _ := v.ended(); code != closeNormal || reason != "" {
			t.Errorf("closed with %d %q", code, reason)
		}
		if len(s.hub.shelf.views) != 0 {
			t.Error("its view stays")
		}
	})
}

// TestTooManyMessages: twenty at once are read, twenty more a second later, and one more ends the session.
func TestTooManyMessages(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		for range 3 {
			for range 20 {
				v.incoming <- []byte(`{"t":"resync"}`)
			}
			synctest.Wait()
			if code, reason, _ := v.ended(); code != 0 {
				t.Fatalf("closed with %d %q after what is allowed", code, reason)
			}
			time.Sleep(time.Second)
		}
		for range 21 {
			v.incoming <- []byte(`{"t":"resync"}`)
		}
		<-v.done
		if code, reason, _ := v.ended(); code != closePolicy || reason != "Too many messages." {
			t.Errorf("closed with %d %q", code, reason)
		}
	})
}

// TestBrokenMessage ends the session with the code and the reason of the violation.
func TestBrokenMessage(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		v.incoming <- []byte(`{"t":"kill"}`)
		<-v.done
		if code, reason, _ := v.ended(); code != closePolicy || !strings.Contains(reason, `"t"`) {
			t.Errorf("closed with %d %q", code, reason)
		}
	})
}

// TestViewThatCannotBeRead is answered, and the old view stays in force.
func TestViewThatCannotBeRead(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "state=ESTABLISHED")
		v.take()
		bad := map[string]string{
			`{"t":"view","q":"state=FOO","offset":0,"limit":60}`:     `unknown state "FOO"`,
			`{"t":"view","q":"port=99999","offset":0,"limit":60}`:    "port must be 0 to 65535",
			`{"t":"view","q":"","offset":-1,"limit":60}`:             "offset must be",
			`{"t":"view","q":"","offset":0,"limit":0}`:               "limit must be",
			`{"t":"view","q":"","offset":0,"limit":201}`:             "limit must be",
			`{"t":"view","q":"nokey=1","offset":0,"limit":60}`:       "unknown parameter",
			`{"t":"view","q":"` + strings.Repeat("a", 3000) + `"}`:   "",
			`{"t":"view","q":"sort=weight","offset":0,"limit":60}`:   "unknown column",
			`{"t":"view","q":"q=%zz","offset":0,"limit":60}`:         "escape",
			`{"t":"view","q":"offset=5","offset":0,"limit":1000000}`: "limit must be",
		}
		for message, want := range bad {
			v.incoming <- []byte(message)
			synctest.Wait()
			frames := v.take()
			if len(frames) != 1 {
				t.Fatalf("%s: %d frames", message, len(frames))
			}
			if f := parseFrame(t, frames[0]); f.Type != "error" || f.Text == "" || !strings.Contains(f.Text, want) {
				t.Errorf("%s: answered %s", message, frames[0])
			}
		}
		if s.hub.shelf.views["state=ESTABLISHED"] == nil || len(s.hub.shelf.views) != 1 {
			t.Errorf("views %v", s.hub.shelf.views)
		}
		time.Sleep(time.Second)
		v.expect(t, "delta 1-2")
	})
}

// TestViewerTurns: another view is shown from the next frame on, and a resync brings the window whole.
func TestViewerTurns(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		v.take()
		v.incoming <- []byte(`{"t":"view","q":"sort=-pid&state=established","offset":1,"limit":1}`)
		synctest.Wait()
		f := parseFrame(t, v.last(t))
		if *f.Offset != 1 || f.Limit != 1 || f.Matched != 2 || len(f.Rows) != 1 || idOf(t, f.Rows[0]) != "2" {
			t.Errorf("snap %+v", f)
		}
		v.expect(t, "snap 1")
		v.incoming <- []byte(`{"t":"resync"}`)
		v.expect(t, "snap 1")
		time.Sleep(time.Second)
		v.expect(t, "delta 1-2")
		if s.hub.shelf.views["state=ESTABLISHED&sort=-pid"] == nil || len(s.hub.shelf.views) != 1 {
			t.Errorf("views %v", s.hub.shelf.views)
		}
	})
}

// TestViewsAreShared: viewers of one URL, however spelled, have one view and one window, and both go with the last.
func TestViewsAreShared(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		first, second := sit(t, s, "state=established&port=443"), sit(t, s, "q=state:ESTAB+port:443&limit=60")
		third, fourth := sit(t, s, "state=ESTABLISHED&port=443&offset=7"), sit(t, s, "proto=udp")
		shared := s.hub.shelf.views["state=ESTABLISHED&port=443"]
		if len(s.hub.shelf.views) != 2 || shared == nil || len(shared.windows) != 2 {
			t.Fatalf("%d views: %v", len(s.hub.shelf.views), s.hub.shelf.views)
		}
		if w := shared.windows[span{offset: 0, limit: 60}]; len(w.viewers) != 2 {
			t.Errorf("the window has %d viewers", len(w.viewers))
		}
		for i, step := range []struct {
			who            *seat
			views, windows int
		}{{first, 2, 2}, {third, 2, 1}, {second, 1, 0}, {fourth, 0, 0}} {
			step.who.leave()
			<-step.who.done
			if len(s.hub.shelf.views) != step.views || len(shared.windows) != step.windows {
				t.Errorf("after %d went: %d views and %d windows", i+1, len(s.hub.shelf.views), len(shared.windows))
			}
		}
	})
}

// TestLeaveTwice: a viewer that looks at nothing can leave.
func TestLeaveTwice(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := newViewer(true)
		s.hub.join(v, query.Query{}, span{offset: 0, limit: 60})
		s.hub.leave(v)
		s.hub.leave(v)
		if len(s.hub.shelf.views) != 0 {
			t.Errorf("views %v", s.hub.shelf.views)
		}
	})
}
