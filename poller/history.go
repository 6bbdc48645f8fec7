package poller

import "time"

// HistorySpan is how long samples are kept.
const HistorySpan = 15 * time.Minute

// A history has at most historyLen samples, none older than HistorySpan, and so no more than one each historyStep.
const (
	historyLen  = 900
	historyStep = HistorySpan / historyLen
)

// history is a ring of samples.
type history struct {
	ring  []Sample
	start int
}

// add appends a sample, in place of the oldest when the ring is full. Where the newest stands less than a step behind
// the one before, the sample takes its place and its flow over.
func (h *history) add(s Sample) {
	if n := len(h.ring); n > 1 && !s.Gap {
		newest := &h.ring[(h.start+n-1)%n]
		if !newest.Gap && newest.At.Sub(h.ring[(h.start+n-2)%n].At) < historyStep {
			s.Flow = newest.Flow.Plus(s.Flow)
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

// samples returns a copy of the samples within a span of the newest, oldest first.
func (h *history) samples(span time.Duration) []Sample {
	n := len(h.ring)
	if n == 0 {
		return nil
	}
	out := make([]Sample, 0, n)
	newest := h.ring[(h.start+n-1)%n].At
	for i := range n {
		if s := h.ring[(h.start+i)%n]; newest.Sub(s.At) < min(span, HistorySpan) {
			out = append(out, s)
		}
	}
	return out
}
