package diagnose

import (
	"net/netip"
	"time"

	"sockeye/poller"
)

// losses counts segments and those sent again, for each peer and in all, over one to two minutes.
type losses struct {
	begun         time.Time // of the newer of the two spans
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

// lose counts what a connection sent, and sent again, since it was last looked at.
func (w *Watch) lose(c *poller.Connection, now *trace) {
	if !c.Known.Has(poller.KnownRetransmits|poller.KnownBytes) || c.Direction == poller.Loopback || !c.Connected() || c.State == poller.StateSynSent {
		return
	}
	s := segments{again: uint64(c.Retransmits) - min(uint64(now.retransmits), uint64(c.Retransmits))}
	s.sent = (c.BytesSent - min(now.sent, c.BytesSent) + segmentSize - 1) / segmentSize
	now.retransmits, now.sent = c.Retransmits, c.BytesSent
	if s != (segments{}) {
		w.losses.add(c.Remote.Addr(), s, w.now)
	}
}

// add counts segments to a peer.
func (l *losses) add(peer netip.Addr, s segments, now time.Time) {
	l.turn(now)
	old, known := l.newer[peer]
	if known || len(l.newer) < maxPeers {
		l.newer[peer] = segments{old.sent + s.sent, old.again + s.again}
	}
	l.total.sent += s.sent
	l.total.again += s.again
}

// turn begins a new span when the newer one is over.
func (l *losses) turn(now time.Time) {
	if l.newer != nil && now.Sub(l.begun) < lossSpan {
		return
	}
	l.older, l.before = l.newer, l.total
	if now.Sub(l.begun) >= 2*lossSpan {
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

// rate is the share that was sent again.
func (s segments) rate() float64 {
	if s.sent == 0 {
		return 0
	}
	return float64(s.again) / float64(s.sent)
}
