package poller

import "time"

// The history of a table: at most historyLen points, none older than historySpan, and so no more than one each
// historyStep.
const (
	historyLen  = 300
	historySpan = 5 * time.Minute
	historyStep = historySpan / historyLen
)

// history is a ring of samples.
type history struct {
	ring  []Sample
	start int
}

// add appends a sample, in place of the oldest when the ring is full. It takes the place of the newest where that
// stands less than a step behind the one before.
func (h *history) add(s Sample) {
	if n := len(h.ring); n > 1 && !s.Gap {
		newest := &h.ring[(h.start+n-1)%n]
		if !newest.Gap && newest.At.Sub(h.ring[(h.start+n-2)%n].At) < historyStep {
			*newest = s
			return
		}
	}
	if len(h.ring) < historyLen {
		h.ring = append(h.ring, s)
		return
	}
	h.ring[h.start] = s
	h.start = (h.start + 1) % historyLen
}

// samples returns a copy of the samples within historySpan of the newest, oldest first.
func (h *history) samples() []Sample {
	n := len(h.ring)
	if n == 0 {
		return nil
	}
	out := make([]Sample, 0, n)
	newest := h.ring[(h.start+n-1)%n].At
	for i := range n {
		if s := h.ring[(h.start+i)%n]; newest.Sub(s.At) < historySpan {
			out = append(out, s)
		}
	}
	return out
}
