package occupancy

import (
	"slices"
	"sync"
	"time"

	"sockeye/poller"
)

// Former is a socket that had a port and has not any more.
type Former struct {
	// Connection has its last values.
	Connection poller.Connection
	// Gone is when its end was noticed; it carries the monotonic clock.
	Gone time.Time
	// Gap tells that nobody had looked for a while then: it may have ended long before.
	Gap bool
}

// The bounds of what is remembered. Sockets on ports that the system hands out by itself come and go all the time, and
// have places of their own.
const (
	mostFormer   = 2048 // of ports that somebody chose
	mostFleeting = 512  // of others
	mostPerPort  = 4    // told of one port
)

// Memory remembers who waited on a port or was bound to it, until there are too many: what ended first is forgotten
// first. It is fed with the poller's deltas, and knows nothing of what came and went while nobody watched. Its zero
// value is empty and ready; its methods may be called by several goroutines.
type Memory struct {
	mu               sync.Mutex
	chosen, fleeting ring
}

// ring is the last sockets of a sort.
type ring struct {
	all  []Former
	next int // where the next takes the place of the oldest, once the ring is full
}

// add takes in one socket; at most most are kept.
func (r *ring) add(f Former, most int) {
	if len(r.all) < most {
		r.all = append(r.all, f)
		return
	}
	r.all[r.next] = f
	r.next = (r.next + 1) % most
}

// Observe takes in what a poll closed. handedOut tells which ports the system hands out by itself.
func (m *Memory) Observe(d *poller.Delta, handedOut func(port uint16) bool) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range d.Closed {
		if c.Local.Port() == 0 || c.Direction != poller.Listening && c.Connected() {
			continue
		}
		f := Former{Connection: *c, Gone: now, Gap: d.Gap}
		if handedOut(c.Local.Port()) {
			m.fleeting.add(f, mostFleeting)
		} else {
			m.chosen.add(f, mostFormer)
		}
	}
}

// Before returns who had a port before, the last first; at most four.
func (m *Memory) Before(k Key) []Former {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Former
	for _, r := range [...]*ring{&m.chosen, &m.fleeting} {
		for i := range r.all {
			if c := &r.all[i].Connection; c.Local.Port() == k.Port && c.Protocol == k.Protocol {
				found = append(found, r.all[i])
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Former) int { return b.Gone.Compare(a.Gone) })
	return found[:min(len(found), mostPerPort)]
}
