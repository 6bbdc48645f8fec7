package past

import (
	"time"

	"sockeye/poller"
)

// anchor is a row of the table by which it shows how far the wall clock was set: all times of rows move with it.
type anchor struct {
	id    poller.ID
	first time.Time
}

// reanchor takes another row where the anchor is gone, and where its times moved.
func (m *Memory) reanchor(d *poller.Delta) {
	_, lives := m.states[m.anchor.id]
	if lives && !d.ClockSet {
		return
	}
	for _, rows := range [...][]*poller.Connection{d.Changed, d.Opened} {
		for _, c := range rows {
			if !lives || c.ID == m.anchor.id {
				m.anchor = anchor{c.ID, c.FirstSeen}
				return
			}
		}
	}
}

// wasSet returns by how much the wall clock was set before a poll: by the anchor's word, and where that is gone, by
// what the monotonic clock says of the time since the poll before.
func (m *Memory) wasSet(d *poller.Delta) time.Duration {
	for _, c := range d.Changed {
		if c.ID == m.anchor.id {
			return c.FirstSeen.Sub(m.anchor.first)
		}
	}
	if m.last.IsZero() {
		return 0
	}
	return d.At.Sub(m.last) - m.now().Sub(m.heard)
}

// shift moves all times that are remembered.
func (m *Memory) shift(by time.Duration) {
	m.last = m.last.Add(by)
	for _, p := range m.paths {
		shiftSteps(p.steps, by)
	}
	for _, g := range m.gone {
		g.At = g.At.Add(by)
		g.Connection.FirstSeen, g.Connection.Opened = g.Connection.FirstSeen.Add(by), g.Connection.Opened.Add(by)
		shiftSteps(g.Steps, by)
		shiftSamples(g.Samples, by)
	}
	for _, w := range m.watched {
		shiftSamples(w.samples, by)
	}
}

func shiftSteps(steps []Step, by time.Duration) {
	for i := range steps {
		steps[i].At, steps[i].After = steps[i].At.Add(by), steps[i].After.Add(by)
	}
}

func shiftSamples(samples []Sample, by time.Duration) {
	for i := range samples {
		samples[i].At = samples[i].At.Add(by)
	}
}
