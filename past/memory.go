package past

import (
	"container/list"
	"sync"
	"time"

	"sockeye/poller"
)

// Limits bound what a Memory holds.
type Limits struct {
	// Keep is how long the last values of a connection are kept, MostGone of how many.
	Keep     time.Duration
	MostGone int
	// MostPaths is the number of living sockets whose changes of state are kept, MostSteps that of changes of each.
	MostPaths, MostSteps int
	// MostWatched is the number of connections whose bytes are sampled, MostSamples that of samples of each, and
	// Attention how long a connection is sampled after somebody looked at it.
	MostWatched, MostSamples int
	Attention                time.Duration
}

// Defaults are the limits of the program: with all of them reached a Memory takes about 30 MB.
func Defaults() Limits {
	return Limits{
		Keep: 10 * time.Minute, MostGone: 20_000, MostPaths: 50_000, MostSteps: 12,
		MostWatched: 256, MostSamples: 300, Attention: 30 * time.Second,
	}
}

// Step is a change of a socket's state.
type Step struct {
	From, To poller.State
	// At is the poll that saw the change, After the poll before it, which saw the state of before. The clock is the
	// wall clock.
	At, After time.Time
	// Gap tells that nobody looked between the two: other states may lie in between.
	Gap bool
}

// Sample is what had been transferred at a moment.
type Sample struct {
	At time.Time
	// Received and Sent are payload bytes since the socket was opened.
	Received, Sent uint64
	// ReceiveRate and SendRate are bytes per second; they are known where HasRates is set.
	ReceiveRate, SendRate float64
	HasRates              bool
}

// Gone is a connection that is over.
type Gone struct {
	// Connection has the last values, as the table or the kernel told them.
	Connection poller.Connection
	// At is when its end was seen or heard of, by the wall clock.
	At time.Time
	// Seen tells that it was in the table; otherwise it lived between two polls.
	Seen bool
	// Steps are its changes of state, oldest first.
	Steps []Step
	// Samples are its bytes, where somebody looked at it.
	Samples []Sample

	since time.Time     // when it came here, with the monotonic clock
	place *list.Element // in Memory.goneIn
}

// Memory remembers. Make it with [New]; all methods may be called at once by several goroutines.
type Memory struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	states  map[poller.ID]poller.State // of every socket in the table
	paths   map[poller.ID]*path
	pathsIn *list.List // of ids, in the order in which they got a path
	gone    map[poller.ID]*Gone
	goneIn  *list.List // of ids, in the order of their ends
	watched map[poller.ID]*watch
	last    time.Time // of the poll before, by the wall clock
	heard   time.Time // when that poll was heard of, with the monotonic clock
	anchor  anchor
}

// path is where a living socket has been.
type path struct {
	steps []Step
	place *list.Element // in Memory.pathsIn
}

// watch is a connection that somebody looks at.
type watch struct {
	samples []Sample
	until   time.Time
}

// New returns a Memory of nothing.
func New(l Limits) *Memory {
	return &Memory{
		limits: l, now: time.Now, states: map[poller.ID]poller.State{},
		paths: map[poller.ID]*path{}, pathsIn: list.New(), gone: map[poller.ID]*Gone{}, goneIn: list.New(),
		watched: map[poller.ID]*watch{},
	}
}

// Steps returns the changes of state of a socket that is in the table, oldest first; none where none was seen.
func (m *Memory) Steps(id poller.ID) []Step {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.paths[id]; p != nil {
		return append([]Step(nil), p.steps...)
	}
	return nil
}

// Gone returns the last values of a connection that is over; ok is false where nothing is known of it, or not any
// more. What it returns is the caller's.
func (m *Memory) Gone(id poller.ID) (g Gone, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	found := m.gone[id]
	if found == nil {
		return Gone{}, false
	}
	g = *found
	g.place = nil
	g.Steps, g.Samples = append([]Step(nil), g.Steps...), append([]Sample(nil), g.Samples...)
	return g, true
}

// Look says that somebody looks at a connection of the table as it was at a moment, and returns its samples, oldest
// first. From then on each poll adds one, until nobody has looked for a while.
func (m *Memory) Look(c *poller.Connection, at time.Time) []Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.watched[c.ID]
	if w == nil {
		if w = m.watch(c.ID); w == nil {
			return nil
		}
	}
	w.until = m.now().Add(m.limits.Attention)
	m.sample(w, c, at)
	return append([]Sample(nil), w.samples...)
}

// watch begins to sample a connection, in place of one that nobody looks at any more where there are too many; nil
// where all are looked at.
func (m *Memory) watch(id poller.ID) *watch {
	if len(m.watched) >= m.limits.MostWatched {
		m.unwatch()
	}
	if len(m.watched) >= m.limits.MostWatched {
		return nil
	}
	w := &watch{}
	m.watched[id] = w
	return w
}

// unwatch ends the sampling of what nobody looks at any more.
func (m *Memory) unwatch() {
	now := m.now()
	for id, w := range m.watched {
		if now.After(w.until) {
			delete(m.watched, id)
		}
	}
}

// sample adds what a connection has transferred by a moment, unless that was added already.
func (m *Memory) sample(w *watch, c *poller.Connection, at time.Time) {
	if !c.Known.Has(poller.KnownBytes) || len(w.samples) > 0 && !at.After(w.samples[len(w.samples)-1].At) {
		return
	}
	if len(w.samples) >= m.limits.MostSamples {
		w.samples = append(w.samples[:0], w.samples[1:]...)
	}
	w.samples = append(w.samples, Sample{
		At: at, Received: c.BytesReceived, Sent: c.BytesSent,
		ReceiveRate: c.ReceiveRate, SendRate: c.SendRate, HasRates: c.Known.Has(poller.KnownRates),
	})
}
