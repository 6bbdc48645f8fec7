package poller

import "time"

// runningClock tells the time the machine has existed. now may be called by several goroutines.
type runningClock struct {
	now func() time.Duration
	// countsSleep tells that it goes on while the machine sleeps, so that whatever the wall clock is off by was set.
	countsSleep bool
}

// sinceNow returns a running time that starts now and may know no sleep, for systems and tests that have no other.
func sinceNow() runningClock {
	start := time.Now()
	return runningClock{now: func() time.Duration { return time.Since(start) }}
}

// moment is a point in real time, by the running and by the wall clock. The zero value is none.
type moment struct {
	running time.Duration
	wall    time.Time
}

// settingNoticed is the difference from which on the wall clock counts as set, and not as slowly corrected.
const settingNoticed = time.Second

// at returns the moment at which the wall clock says so; it is to be called at that moment.
func (r runningClock) at(wall time.Time) moment { return moment{r.now(), wall.Round(0)} }

// between returns the real time between two moments, and by how much the wall clock was set meanwhile. The machine's
// sleep is real time; setting the clock is not. Where the running time knows no sleep, a wall clock that is ahead is
// taken for a sleep, which is the commoner of the two and makes nothing look younger than it is; one that is behind
// was set in any case.
func (r runningClock) between(from, to moment) (elapsed, set time.Duration) {
	elapsed = to.running - from.running
	off := to.wall.Sub(from.wall) - elapsed
	switch {
	case off.Abs() < settingNoticed: // slowly corrected
		return elapsed, 0
	case off > 0 && !r.countsSleep:
		return elapsed + off, 0
	}
	return elapsed, off
}

// since returns the real time since a moment.
func (r runningClock) since(from moment) time.Duration {
	elapsed, _ := r.between(from, r.at(time.Now()))
	return elapsed
}

// clock tells real time apart from what the wall clock says, from one poll to the next.
type clock struct {
	running runningClock
	last    moment
}

// tick returns the real time from the tick before to now, 0 at the first, and by how much the wall clock was set
// meanwhile.
func (c *clock) tick(now moment) (elapsed, set time.Duration) {
	if !c.last.wall.IsZero() {
		elapsed, set = c.running.between(c.last, now)
	}
	c.last = now
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
