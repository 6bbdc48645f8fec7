package diagnose

import (
	"net/netip"
	"time"

	"sockeye/poller"
)

// closing follows connections that the other side has closed and this one has not: CLOSE_WAIT.
type closing struct {
	of    map[poller.ID]*poller.Process
	leaks map[*poller.Process]*leak
}

func newClosing() closing {
	return closing{of: map[poller.ID]*poller.Process{}, leaks: map[*poller.Process]*leak{}}
}

// put files a socket.
func (k *closing) put(c *poller.Connection, now time.Duration) {
	owner, known := k.of[c.ID]
	if c.State != poller.StateCloseWait {
		if known {
			k.take(c.ID)
		}
		return
	}
	if known && owner == c.Owner {
		return
	}
	k.take(c.ID)
	l := k.leaks[c.Owner]
	if l == nil {
		l = &leak{since: now}
		k.leaks[c.Owner] = l
	}
	l.count++
	k.of[c.ID] = c.Owner
}

// take forgets a socket.
func (k *closing) take(id poller.ID) {
	owner, known := k.of[id]
	if !known {
		return
	}
	delete(k.of, id)
	l := k.leaks[owner]
	if l.count--; l.count == 0 {
		delete(k.leaks, owner)
	}
}

// sample remembers how many each process has.
func (k *closing) sample(now time.Duration) {
	for _, l := range k.leaks {
		if l.count >= closeWaitSome || len(l.samples) > 0 {
			l.sample(now)
		}
	}
}

// most returns the peer that most of a process's are to.
func (k *closing) most(p *poller.Process, rows Rows) (peer netip.Addr, count int) {
	by := map[netip.Addr]int{}
	for id, owner := range k.of {
		if c, ok := rows.Get(id); ok && owner == p {
			by[c.Remote.Addr()]++
		}
	}
	for a, n := range by {
		if n > count || n == count && a.Less(peer) {
			peer, count = a, n
		}
	}
	return peer, count
}

// leak is the connections in CLOSE_WAIT of one process.
type leak struct {
	count   int
	since   time.Duration // when the first of them was seen
	samples []leakSample  // oldest first
}

// leakSample is how many there were at a moment.
type leakSample struct {
	at    time.Duration
	count int
}

// How many connections in CLOSE_WAIT are looked at, and are too many whether they grow or not; how many samples of
// their number are kept, and how far apart.
const (
	closeWaitSome = 10
	closeWaitMany = 200
	leakSamples   = 12
	leakApart     = 10 * time.Second
)

// sample remembers how many there are.
func (l *leak) sample(now time.Duration) {
	if n := len(l.samples); n > 0 && now-l.samples[n-1].at < leakApart {
		return
	}
	if len(l.samples) == leakSamples {
		copy(l.samples, l.samples[1:])
		l.samples = l.samples[:leakSamples-1]
	}
	l.samples = append(l.samples, leakSample{now, l.count})
}

// grows returns by how many there are more than at the first sample, where they never became fewer and there are
// three samples at least.
func (l *leak) grows() int {
	if len(l.samples) < 3 {
		return 0
	}
	for i := 1; i < len(l.samples); i++ {
		if l.samples[i].count < l.samples[i-1].count {
			return 0
		}
	}
	return max(0, l.count-l.samples[0].count)
}
