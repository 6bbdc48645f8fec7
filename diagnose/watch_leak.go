package diagnose

import (
	"net/netip"
	"time"
)

// leak is the connections in CLOSE_WAIT of one process.
type leak struct {
	count   int
	since   time.Time // when the first of them was seen
	remotes map[netip.Addr]int
	samples []leakSample // oldest first
}

// leakSample is how many there were at a moment.
type leakSample struct {
	at    time.Time
	count int
}

// How many connections in CLOSE_WAIT are looked at, and are too many whether they grow or not; how many samples of
// their number are kept, and how far apart; how many peers are told apart.
const (
	closeWaitSome = 10
	closeWaitMany = 200
	leakSamples   = 12
	leakApart     = 10 * time.Second
	leakRemotes   = 64
)

// add counts one.
func (l *leak) add(remote netip.Addr, now time.Time) {
	if l.count == 0 {
		l.since = now
	}
	l.count++
	if _, known := l.remotes[remote]; known || len(l.remotes) < leakRemotes {
		l.remotes[remote]++
	}
}

// remove takes one away.
func (l *leak) remove(remote netip.Addr) {
	l.count--
	if n, known := l.remotes[remote]; known && n > 1 {
		l.remotes[remote]--
	} else {
		delete(l.remotes, remote)
	}
}

// sample remembers how many there are.
func (l *leak) sample(now time.Time) {
	if n := len(l.samples); n > 0 && now.Sub(l.samples[n-1].at) < leakApart {
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

// most returns the peer that most of them are to.
func (l *leak) most() (peer netip.Addr, count int) {
	for a, n := range l.remotes {
		if n > count || n == count && a.Less(peer) {
			peer, count = a, n
		}
	}
	return peer, count
}
