package past

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// scene is a memory with a clock of its own and the polls that feed it, one a second.
type scene struct {
	*Memory
	clock time.Time // monotonic
	at    time.Time // wall
	rows  map[poller.ID]*poller.Connection
}

// newScene returns a scene with small limits.
func newScene() *scene {
	s := &scene{clock: noon, at: noon, rows: map[poller.ID]*poller.Connection{}}
	s.Memory = New(Limits{
		Keep: time.Minute, MostGone: 3, MostPaths: 2, MostSteps: 4, MostWatched: 2, MostSamples: 3, Attention: 10 * time.Second,
	})
	s.now = func() time.Time { return s.clock }
	return s
}

// pass lets time go by.
func (s *scene) pass(d time.Duration) { s.clock, s.at = s.clock.Add(d), s.at.Add(d) }

// poll lets a second pass and tells the memory of a change.
func (s *scene) poll(d poller.Delta) {
	s.pass(time.Second)
	d.At = s.at
	s.Observe(&d)
}

// row returns the row of an id in a state; it opens it where it is not there.
func (s *scene) row(id poller.ID, state poller.State) *poller.Connection {
	c := s.rows[id]
	if c == nil {
		c = &poller.Connection{FirstSeen: s.at.Add(time.Second)}
		c.ID, c.Known = id, poller.KnownBytes
		s.rows[id] = c
	}
	c.State = state
	return c
}

// open, change and close are polls that do that to one row.
func (s *scene) open(id poller.ID, state poller.State) {
	s.poll(poller.Delta{Opened: []*poller.Connection{s.row(id, state)}})
}

func (s *scene) change(id poller.ID, state poller.State) {
	s.poll(poller.Delta{Changed: []*poller.Connection{s.row(id, state)}})
}

func (s *scene) close(id poller.ID) {
	c := s.rows[id]
	delete(s.rows, id)
	s.poll(poller.Delta{Closed: []*poller.Connection{c}})
}

// TestClosedTwice: a row that is told of as closed twice is forgotten once.
func TestClosedTwice(t *testing.T) {
	s := newScene()
	s.open(1, poller.StateEstablished)
	row := s.rows[1]
	s.poll(poller.Delta{Closed: []*poller.Connection{row}})
	s.poll(poller.Delta{Closed: []*poller.Connection{row}})
	if g, ok := s.Gone(1); !ok || !g.At.Equal(noon.Add(3*time.Second)) {
		t.Errorf("gone at %v, %v", g.At, ok)
	}
	s.pass(time.Hour)
	if _, ok := s.Gone(1); ok {
		t.Error("it is remembered for ever")
	}
}

// TestSteps: the states of a socket with the polls between which they changed, while it lives and after.
func TestSteps(t *testing.T) {
	s := newScene()
	s.open(1, poller.StateEstablished)
	if got := s.Steps(1); len(got) != 0 {
		t.Errorf("before any change: %v", got)
	}
	s.change(1, poller.StateEstablished) // bytes
	s.change(1, poller.StateCloseWait)
	s.poll(poller.Delta{Status: poller.Status{Gap: true}, Changed: []*poller.Connection{s.row(1, poller.StateLastAck), s.row(1, poller.StateLastAck)}})
	want := []Step{
		{poller.StateEstablished, poller.StateCloseWait, noon.Add(3 * time.Second), noon.Add(2 * time.Second), false},
		{poller.StateCloseWait, poller.StateLastAck, noon.Add(4 * time.Second), noon.Add(3 * time.Second), true},
	}
	if diff := cmp.Diff(want, s.Steps(1)); diff != "" {
		t.Errorf("while it lives (-want +got):\n%s", diff)
	}
	s.rows[1].BytesSent = 77
	s.close(1)
	g, ok := s.Gone(1)
	if !ok || !g.Seen || g.Connection.BytesSent != 77 || !g.At.Equal(noon.Add(5*time.Second)) {
		t.Errorf("after its end: %+v %v", g, ok)
	}
	if diff := cmp.Diff(want, g.Steps); diff != "" || len(s.Steps(1)) != 0 {
		t.Errorf("after its end (-want +got):\n%s", diff)
	}
}

// TestStepsAreBounded in number for each socket, and in sockets.
func TestStepsAreBounded(t *testing.T) {
	s := newScene()
	for id := poller.ID(1); id <= 4; id++ {
		s.open(id, poller.StateListen)
	}
	for i := range 10 {
		s.change(1, poller.State(1+i%2))
	}
	if got := s.Steps(1); len(got) != 4 || !got[3].At.Equal(s.at) {
		t.Errorf("steps of one socket: %v", got)
	}
	s.change(2, poller.StateClosed)
	s.change(3, poller.StateClosed)
	if len(s.paths) != 2 || s.pathsIn.Len() != 2 || s.Steps(1) != nil || s.Steps(3) == nil {
		t.Errorf("%d paths, %d in order, of 1: %v", len(s.paths), s.pathsIn.Len(), s.Steps(1))
	}
	for id := poller.ID(1); id <= 4; id++ {
		s.close(id)
	}
	if len(s.paths)+s.pathsIn.Len()+len(s.states) != 0 {
		t.Errorf("after all ended: %d paths, %d in order, %d states", len(s.paths), s.pathsIn.Len(), len(s.states))
	}
}

// TestGoneIsBounded in number and in time.
func TestGoneIsBounded(t *testing.T) {
	s := newScene()
	for id := poller.ID(1); id <= 5; id++ {
		s.open(id, poller.StateEstablished)
		s.close(id)
	}
	for id := poller.ID(1); id <= 5; id++ {
		if _, ok := s.Gone(id); ok != (id > 2) {
			t.Errorf("%d is kept: %v", id, ok)
		}
	}
	s.pass(56 * time.Second)
	if _, ok := s.Gone(3); !ok {
		t.Error("3 is forgotten early")
	}
	s.pass(2 * time.Second)
	_, three := s.Gone(3)
	_, four := s.Gone(4)
	s.pass(time.Minute)
	if _, five := s.Gone(5); three || !four || five || len(s.gone) != 0 || s.goneIn.Len() != 0 {
		t.Errorf("3 %v, 4 %v, 5 %v, %d kept", three, four, five, len(s.gone))
	}
}

// TestEndings: the kernel's word settles the last values, and is all there is of what lived between two polls.
func TestEndings(t *testing.T) {
	s := newScene()
	s.open(1, poller.StateEstablished)
	s.open(2, poller.StateEstablished)
	s.close(1)
	ending := func(id poller.ID, sent uint64, final, seen bool) poller.Ending {
		e := poller.Ending{At: s.at, Seen: seen}
		e.ID, e.BytesSent, e.Final = id, sent, final
		return e
	}
	s.poll(poller.Delta{Ended: []poller.Ending{ending(1, 9, true, true), ending(2, 9, true, true), ending(3, 8, true, false)}})
	if g, ok := s.Gone(1); !ok || g.Connection.BytesSent != 9 || !g.Seen {
		t.Errorf("told of after its row was closed: %+v %v", g, ok)
	}
	if g, ok := s.Gone(2); ok {
		t.Errorf("it waits in TIME_WAIT and is said to be gone: %+v", g)
	}
	if g, ok := s.Gone(3); !ok || g.Connection.BytesSent != 8 || g.Seen {
		t.Errorf("between two polls: %+v %v", g, ok)
	}
	s.rows[2].BytesSent = 5
	s.close(2)
	s.poll(poller.Delta{Ended: []poller.Ending{ending(2, 0, false, true)}})
	if g, _ := s.Gone(2); g.Connection.BytesSent != 5 {
		t.Errorf("a reset cleared the last values: %+v", g)
	}
}

// TestIdentityAgain: a source without cookies gives an identity again; the new connection is not gone.
func TestIdentityAgain(t *testing.T) {
	s := newScene()
	s.open(1, poller.StateEstablished)
	s.close(1)
	s.open(1, poller.StateSynSent)
	if _, ok := s.Gone(1); ok || s.goneIn.Len() != 0 {
		t.Error("it lives again and is said to be gone")
	}
}

// TestSamples: only what is looked at is sampled, each poll once, and no longer than somebody looks.
func TestSamples(t *testing.T) {
	s := newScene()
	for id := poller.ID(1); id <= 4; id++ {
		s.open(id, poller.StateEstablished)
	}
	if len(s.watched) != 0 {
		t.Error("sampled before anybody looked")
	}
	c := s.rows[1]
	if got := s.Look(c, s.at); len(got) != 1 {
		t.Errorf("first look: %v", got)
	}
	if got := s.Look(c, s.at); len(got) != 1 {
		t.Errorf("twice between two polls: %v", got)
	}
	c.BytesSent, c.SendRate, c.Known = 500, 500, poller.KnownBytes|poller.KnownRates
	s.change(1, poller.StateEstablished)
	s.poll(poller.Delta{})
	s.poll(poller.Delta{Status: poller.Status{Stale: "it failed"}})
	want := []Sample{
		{At: noon.Add(4 * time.Second)},
		{At: noon.Add(5 * time.Second), Sent: 500, SendRate: 500, HasRates: true},
		{At: noon.Add(6 * time.Second), Sent: 500, HasRates: true},
	}
	if diff := cmp.Diff(want, s.watched[1].samples); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.poll(poller.Delta{})
	if got := s.watched[1].samples; len(got) != 3 || !got[2].At.Equal(s.at) {
		t.Errorf("more than there is room for: %v", got)
	}
	s.Look(s.rows[2], s.at)
	if got := s.Look(s.rows[3], s.at); got != nil || len(s.watched) != 2 {
		t.Errorf("a third is sampled: %v", got)
	}
	s.pass(20 * time.Second)
	if got := s.Look(s.rows[3], s.at); len(got) != 1 || len(s.watched) != 1 {
		t.Errorf("when nobody looks at the others: %v, %d", got, len(s.watched))
	}
	s.close(3)
	if g, _ := s.Gone(3); len(g.Samples) != 1 || len(s.watched) != 0 {
		t.Errorf("its samples after its end: %+v", g)
	}
}

// TestUnknownBytes: where bytes are not known there is nothing to sample.
func TestUnknownBytes(t *testing.T) {
	s := newScene()
	s.open(1, poller.StateNone)
	s.rows[1].Known = 0
	if got := s.Look(s.rows[1], s.at); len(got) != 0 {
		t.Errorf("samples of nothing: %v", got)
	}
	s.poll(poller.Delta{})
	if got := s.Look(s.rows[1], s.at); len(got) != 0 {
		t.Errorf("samples of nothing: %v", got)
	}
}

// TestClockIsSet: what is remembered moves with the wall clock, whether the anchor is still there or not.
func TestClockIsSet(t *testing.T) {
	for _, anchored := range []bool{true, false} {
		s := newScene()
		s.open(1, poller.StateEstablished)
		s.open(2, poller.StateEstablished)
		s.change(2, poller.StateCloseWait)
		s.open(3, poller.StateEstablished)
		s.Look(s.rows[2], s.at)
		s.close(3)
		if !anchored {
			s.anchor.id = 99
		}
		s.pass(time.Second)
		s.at = s.at.Add(-time.Hour)
		for _, c := range s.rows {
			c.FirstSeen = c.FirstSeen.Add(-time.Hour)
		}
		s.Observe(&poller.Delta{Status: poller.Status{At: s.at}, ClockSet: true, Changed: []*poller.Connection{s.rows[1], s.rows[2]}})
		if got := s.Steps(2)[0]; !got.At.Equal(noon.Add(3*time.Second-time.Hour)) || !got.After.Equal(noon.Add(2*time.Second-time.Hour)) {
			t.Errorf("anchored %v: step %v", anchored, got)
		}
		if g, ok := s.Gone(3); !ok || !g.At.Equal(noon.Add(5*time.Second-time.Hour)) {
			t.Errorf("anchored %v: end %v %v", anchored, g.At, ok)
		}
		if got := s.Look(s.rows[2], s.at); len(got) != 3 || !got[0].At.Equal(noon.Add(4*time.Second-time.Hour)) {
			t.Errorf("anchored %v: samples %v", anchored, got)
		}
	}
}

// TestQuietCostsNothing: a poll that changed nothing allocates nothing, however many sockets there are.
func TestQuietCostsNothing(t *testing.T) {
	s := newScene()
	var all []*poller.Connection
	for id := poller.ID(1); id <= 1000; id++ {
		all = append(all, s.row(id, poller.StateEstablished))
	}
	s.poll(poller.Delta{Opened: all})
	quiet := poller.Delta{}
	if n := testing.AllocsPerRun(100, func() { s.poll(quiet) }); n > 1 { // the delta that the scene makes
		t.Errorf("a quiet poll allocates %v times", n)
	}
	busy := poller.Delta{Changed: all}
	if n := testing.AllocsPerRun(10, func() { s.poll(busy) }); n > 1 {
		t.Errorf("bytes of rows that nobody looks at allocate %v times", n)
	}
}

// BenchmarkObserve is what a poll costs of 100,000 sockets of which a hundredth changed.
func BenchmarkObserve(b *testing.B) {
	m := New(Defaults())
	all := make([]*poller.Connection, 100_000)
	for i := range all {
		all[i] = &poller.Connection{}
		all[i].ID, all[i].State = poller.ID(i+1), poller.StateEstablished
	}
	m.Observe(&poller.Delta{Opened: all})
	d := &poller.Delta{Changed: all[:1000]}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(d)
	}
}
