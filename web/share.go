package web

import (
	"sockeye/poller"
)

// share is what one row has put into its group. It is kept, because a row is changed in place and what it was before is
// needed to take it out again.
type share struct {
	// group is the group's number plus one, 0 where the row is in none.
	group int32
	// next and before are the neighbours in the group's list, by row number plus one.
	next, before int32

	state poller.State
	known poller.Known
	// waits tells that the queues are those of a listener, which count connections and not bytes.
	waits                    bool
	retransmits              uint32
	receiveQueue, sendQueue  uint32
	bytesReceived, bytesSent uint64
	receiveRate, sendRate    uint64
	// since is when the row was opened, or first seen where known has no KnownOpened, in milliseconds since 1970.
	since int64
}

// shareOf returns what a row comes to.
func shareOf(c *poller.Connection) share {
	s := share{state: c.State, known: c.Known, waits: c.State == poller.StateListen, since: c.FirstSeen.UnixMilli()}
	if c.Known.Has(poller.KnownBytes) {
		s.bytesReceived, s.bytesSent = c.BytesReceived, c.BytesSent
	}
	if c.Known.Has(poller.KnownRates) {
		s.receiveRate, s.sendRate = uint64(c.ReceiveRate+0.5), uint64(c.SendRate+0.5)
	}
	if c.Known.Has(poller.KnownRetransmits) {
		s.retransmits = c.Retransmits
	}
	if s.queues() {
		s.receiveQueue, s.sendQueue = c.ReceiveQueue, c.SendQueue
	}
	if c.Known.Has(poller.KnownOpened) {
		s.since = c.Opened.UnixMilli()
	}
	return s
}

// elder is the greater the older the row is. Of two that began at one moment the one that was found already there is the
// older one.
func (s *share) elder() int64 {
	since := s.since << 1
	if s.known.Has(poller.KnownOpened) {
		since |= 1
	}
	return -since
}

// queues reports whether the queues are known and hold bytes.
func (s *share) queues() bool { return s.known.Has(poller.KnownQueues) && !s.waits }

// sums is what the rows of a group come to. Sums and the worst are of those of which it is known; with says how many
// those are.
type sums struct {
	rows                     int
	states                   [poller.NumStates]int32
	withBytes, withRates     int
	withRetransmits          int
	withQueues               int
	bytesReceived, bytesSent uint64
	receiveRate, sendRate    uint64
	retransmits              uint64
	// elder is the greatest share.elder, of the oldest row. worstReceive and worstSend are the longest queues in bytes.
	elder, worstReceive, worstSend most
}

// add counts a share in, once. Numbers wrap around, so that what was added can always be taken away.
func (g *sums) add(s *share) {
	g.count(s, 1)
	g.bytesReceived += s.bytesReceived
	g.bytesSent += s.bytesSent
	g.receiveRate += s.receiveRate
	g.sendRate += s.sendRate
	g.retransmits += uint64(s.retransmits)
	g.stretch(s)
}

// remove counts a share out. It reports whether the oldest or the worst may have been of it.
func (g *sums) remove(s *share) (extreme bool) {
	g.count(s, -1)
	g.bytesReceived -= s.bytesReceived
	g.bytesSent -= s.bytesSent
	g.receiveRate -= s.receiveRate
	g.sendRate -= s.sendRate
	g.retransmits -= uint64(s.retransmits)
	extreme = g.elder.remove(s.elder())
	if s.queues() {
		extreme = g.worstReceive.remove(int64(s.receiveQueue)) || extreme
		extreme = g.worstSend.remove(int64(s.sendQueue)) || extreme
	}
	return extreme
}

// count changes the numbers of rows by n.
func (g *sums) count(s *share, n int) {
	g.rows += n
	g.states[s.state] += int32(n)
	if s.known.Has(poller.KnownBytes) {
		g.withBytes += n
	}
	if s.known.Has(poller.KnownRates) {
		g.withRates += n
	}
	if s.known.Has(poller.KnownRetransmits) {
		g.withRetransmits += n
	}
	if s.queues() {
		g.withQueues += n
	}
}

// stretch widens the oldest and the worst to what the share has.
func (g *sums) stretch(s *share) {
	g.elder.add(s.elder())
	if s.queues() {
		g.worstReceive.add(int64(s.receiveQueue))
		g.worstSend.add(int64(s.sendQueue))
	}
}

// forget takes the oldest and the worst back, so that they can be found anew.
func (g *sums) forget() { g.elder, g.worstReceive, g.worstSend = most{}, most{}, most{} }

// oldest returns since when there is a row, in milliseconds since 1970; unless exact, the row is older than that.
func (g *sums) oldest() (since int64, exact bool) {
	since = -g.elder.value
	return since >> 1, since&1 != 0
}

// most is the greatest of some numbers, and how often it is among them.
type most struct {
	value int64
	times int
}

// add counts a number in.
func (m *most) add(n int64) {
	switch {
	case m.times == 0 || n > m.value:
		m.value, m.times = n, 1
	case n == m.value:
		m.times++
	}
}

// remove counts a number out. It reports whether the greatest has to be found anew.
func (m *most) remove(n int64) (lost bool) {
	if m.times == 0 || n != m.value {
		return false
	}
	m.times--
	return m.times == 0
}
