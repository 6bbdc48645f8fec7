package poller

import "time"

// clock tells real time apart from what the wall clock says. The machine's sleep is real time; setting the clock is
// not.
type clock struct {
	// running returns the time the machine has existed, its sleep included (CLOCK_BOOTTIME on Linux).
	running func() time.Duration
	last    time.Duration
	wall    time.Time
}

// sinceNow returns a running time that starts now and knows no sleep, for systems and tests that have no other.
func sinceNow() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// settingNoticed is the difference from which on the wall clock counts as set, and not as slowly corrected.
const settingNoticed = time.Second

// tick returns the real time since the tick before, 0 at the first, and by how much the wall clock was set meanwhile.
func (c *clock) tick(at time.Time) (elapsed, set time.Duration) {
	running, wall := c.running(), at.Round(0)
	if !c.wall.IsZero() {
		elapsed = running - c.last
		if off := wall.Sub(c.wall) - elapsed; off.Abs() >= settingNoticed {
			set = off
		}
	}
	c.last, c.wall = running, wall
	return elapsed, set
}

// rebase moves the times of all rows and of the history with the wall clock, so that ages stay true, and returns the
// rows.
func (t *Table) rebase(set time.Duration) []*Connection {
	all := make([]*Connection, 0, t.Len())
	for c := range t.All() {
		c.FirstSeen = c.FirstSeen.Add(set)
		if c.Known.Has(KnownOpened) {
			c.Opened = c.Opened.Add(set)
		}
		all = append(all, c)
	}
	t.history.rebase(set)
	return all
}

// rebase moves the times of all samples.
func (h *history) rebase(set time.Duration) {
	for i := range h.ring {
		h.ring[i].At = h.ring[i].At.Add(set)
	}
}
