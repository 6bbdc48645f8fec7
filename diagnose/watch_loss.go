package diagnose

import (
	"net/netip"
	"time"

	"sockeye/poller"
)

// losses counts segments and those sent again, for each peer and in all, over one to two minutes.
type losses struct {
	repeats       map[poller.ID]uint32 // of the connections that have some
	begun         time.Duration        // of the newer of the two spans
	newer, older  map[netip.Addr]segments
	total, before segments
}

// segments are segments of TCP; sent is estimated from bytes.
type segments struct{ sent, again uint64 }

// How long a span is, how many peers are remembered in it, and how large a segment is taken to be.
const (
	lossSpan    = time.Minute
	maxPeers    = 4096
	segmentSize = 1400
)

func newLosses() losses {
	return losses{repeats: map[poller.ID]uint32{}, newer: map[netip.Addr]segments{}}
}

// put counts what a connection sent, and sent again, since the poll before; of one that is found, since it was opened.
// Nothing is counted of a time in which nobody looked.
func (l *losses) put(c *poller.Connection, h naming, now, step time.Duration) {
	if !c.Known.Has(poller.KnownRetransmits|poller.KnownBytes) || c.Direction == poller.Loopback || !c.Connected() || c.State == poller.StateSynSent {
		return
	}
	again, sent := uint64(c.Retransmits), float64(c.BytesSent)
	if h == namedChanged {
		again -= min(uint64(l.repeats[c.ID]), again)
		sent = c.SendRate * step.Seconds()
	}
	if c.Retransmits > 0 {
		l.repeats[c.ID] = c.Retransmits
	}
	if h == namedMissed || h == namedChanged && !c.Known.Has(poller.KnownRates) {
		return
	}
	s := segments{again: again, sent: (uint64(sent+0.5) + segmentSize - 1) / segmentSize}
	if s != (segments{}) {
		l.add(c.Remote.Addr(), s, now)
	}
}

// add counts segments to a peer.
func (l *losses) add(peer netip.Addr, s segments, now time.Duration) {
	l.turn(now)
	old, known := l.newer[peer]
	if known || len(l.newer) < maxPeers {
		l.newer[peer] = segments{old.sent + s.sent, old.again + s.again}
	}
	l.total.sent += s.sent
	l.total.again += s.again
}

// turn begins a new span when the newer one is over.
func (l *losses) turn(now time.Duration) {
	if now-l.begun < lossSpan {
		return
	}
	l.older, l.before = l.newer, l.total
	if now-l.begun >= 2*lossSpan {
		l.older, l.before = nil, segments{}
	}
	l.newer, l.total, l.begun = map[netip.Addr]segments{}, segments{}, now
}

// of returns what was sent to a peer in both spans.
func (l *losses) of(peer netip.Addr) segments {
	a, b := l.newer[peer], l.older[peer]
	return segments{a.sent + b.sent, a.again + b.again}
}

// all returns what was sent in both spans.
func (l *losses) all() segments {
	return segments{l.total.sent + l.before.sent, l.total.again + l.before.again}
}

// peers returns the peers of both spans, each once.
func (l *losses) peers() (list []netip.Addr) {
	for a := range l.newer {
		list = append(list, a)
	}
	for a := range l.older {
		if _, twice := l.newer[a]; !twice {
			list = append(list, a)
		}
	}
	return list
}

// rate is the share that was sent again.
func (s segments) rate() float64 {
	if s.sent == 0 {
		return 0
	}
	return float64(s.again) / float64(s.sent)
}
