package poller

import "time"

// The bounds of the time between polls.
const (
	// MinInterval and MaxInterval bound what may be asked for.
	MinInterval = 100 * time.Millisecond
	MaxInterval = time.Minute
	// stretchLimit is how far slow polls may stretch the interval.
	stretchLimit = 10 * time.Second
)

// pace decides the time between the starts of two polls. Polls that take over half of it stretch it, to 10 s at the
// most; polls that take less than a fifth let it come back to what was asked for.
type pace struct {
	base, interval time.Duration
}

func newPace(base time.Duration) pace { return pace{base: base, interval: base} }

// took notes how long a poll took.
func (p *pace) took(d time.Duration) {
	switch limit := max(p.base, stretchLimit); {
	case d > p.interval/2:
		p.interval = min(2*p.interval, limit)
	case d < p.interval/5:
		p.interval = max(p.interval/2, p.base)
	}
}

// stretched reports whether polls come more rarely than asked for.
func (p *pace) stretched() bool { return p.interval > p.base }
