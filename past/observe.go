package past

import (
	"container/list"

	"sockeye/poller"
)

// Observe takes in what one poll changed. It is the poller's observer, and never waits but for a reader of this Memory.
func (m *Memory) Observe(d *poller.Delta) {
	if d.Stale != "" {
		return // a poll that failed knows nothing
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.ClockSet {
		m.shift(m.wasSet(d))
	}
	for _, c := range d.Opened {
		m.states[c.ID] = c.State
		m.leaveGone(c.ID)
	}
	for _, c := range d.Changed {
		m.change(c, d)
	}
	for _, c := range d.Closed {
		m.close(c, d)
	}
	for i := range d.Ended {
		m.end(&d.Ended[i])
	}
	if len(m.watched) > 0 {
		m.unwatch()
		m.sampleAll(d)
	}
	m.forget()
	m.last, m.heard = d.At, m.now()
	m.reanchor(d)
}

// change notes the state of a row.
func (m *Memory) change(c *poller.Connection, d *poller.Delta) {
	before, known := m.states[c.ID]
	if known && before == c.State {
		return
	}
	m.states[c.ID] = c.State
	if !known {
		return
	}
	p := m.paths[c.ID]
	if p == nil {
		for len(m.paths) >= m.limits.MostPaths {
			delete(m.paths, m.pathsIn.Remove(m.pathsIn.Front()).(poller.ID))
		}
		p = &path{place: m.pathsIn.PushBack(c.ID)}
		m.paths[c.ID] = p
	}
	if len(p.steps) >= m.limits.MostSteps {
		p.steps = append(p.steps[:0], p.steps[1:]...)
	}
	p.steps = append(p.steps, Step{From: before, To: c.State, At: d.At, After: m.last, Gap: d.Gap})
}

// close keeps the last values of a row that is gone from the table.
func (m *Memory) close(c *poller.Connection, d *poller.Delta) {
	g := &Gone{Connection: *c, At: d.At, Seen: true}
	if p := m.paths[c.ID]; p != nil {
		g.Steps = p.steps
		delete(m.paths, c.ID)
		m.pathsIn.Remove(p.place)
	}
	if w := m.watched[c.ID]; w != nil {
		g.Samples = w.samples
		delete(m.watched, c.ID)
	}
	delete(m.states, c.ID)
	m.keep(g)
}

// end takes in the word of the kernel that a connection is over: of one whose row is closed it settles the last
// values, of one that lived between two polls it is all there is. One that is still in the table waits in TIME_WAIT.
func (m *Memory) end(e *poller.Ending) {
	if _, lives := m.states[e.ID]; lives {
		return
	}
	if g := m.gone[e.ID]; g != nil {
		g.At = e.At.Round(0)
		if e.Final {
			g.Connection = e.Connection
		}
		return
	}
	m.keep(&Gone{Connection: e.Connection, At: e.At.Round(0), Seen: e.Seen})
}

// keep puts a connection among those that are over; the oldest goes where there are too many.
func (m *Memory) keep(g *Gone) {
	for len(m.gone) >= m.limits.MostGone {
		m.drop(m.goneIn.Front())
	}
	m.leaveGone(g.Connection.ID) // one identity, one place in the list
	g.since = m.now()
	g.place = m.goneIn.PushBack(g.Connection.ID)
	m.gone[g.Connection.ID] = g
}

// leaveGone forgets that a connection is over: a source without cookies gives an identity again.
func (m *Memory) leaveGone(id poller.ID) {
	if g := m.gone[id]; g != nil {
		m.drop(g.place)
	}
}

// forget drops what was kept long enough.
func (m *Memory) forget() {
	now := m.now()
	for e := m.goneIn.Front(); e != nil && now.Sub(m.gone[e.Value.(poller.ID)].since) > m.limits.Keep; e = m.goneIn.Front() {
		m.drop(e)
	}
}

// drop forgets one connection that is over.
func (m *Memory) drop(place *list.Element) { delete(m.gone, m.goneIn.Remove(place).(poller.ID)) }

// sampleAll adds a sample for each connection that is looked at. The delta names those that transferred something; the
// others stand where they stood, without a rate.
func (m *Memory) sampleAll(d *poller.Delta) {
	for _, rows := range [...][]*poller.Connection{d.Changed, d.Opened} {
		for _, c := range rows {
			if w := m.watched[c.ID]; w != nil {
				m.sample(w, c, d.At)
			}
		}
	}
	for _, w := range m.watched {
		if n := len(w.samples); n > 0 && d.At.After(w.samples[n-1].At) {
			last := w.samples[n-1]
			still := poller.Connection{ReceiveRate: 0, SendRate: 0}
			still.Known, still.BytesReceived, still.BytesSent = poller.KnownBytes, last.Received, last.Sent
			if !d.Gap {
				still.Known |= poller.KnownRates
			}
			m.sample(w, &still, d.At)
		}
	}
}
