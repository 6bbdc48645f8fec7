package workload

import (
	"sockeye/poller"
)

// Key names a process: its PID and its start, as in poller.Process. A PID that is used again has another start.
type Key struct {
	PID   int32
	Start uint64
}

// KeyOf returns the key of an owner.
func KeyOf(p *poller.Process) Key { return Key{p.PID, p.Start} }

// Load is what a process has to do with the network. Sums are of those sockets of which it is known.
type Load struct {
	// Sockets counts all of them; Listening those that wait for others, Connections those with a remote end.
	Sockets, Listening, Connections int
	// States counts the sockets in each state.
	States poller.Counts
	// Received and Sent are payload bytes of the sockets that there are now; WithBytes counts those that tell them.
	Received, Sent uint64
	WithBytes      int
	// ReceiveRate and SendRate are bytes a second over the last interval; WithRates counts those that tell them.
	ReceiveRate, SendRate float64
	WithRates             int
}

// add counts a socket in.
func (l *Load) add(c *poller.Connection) {
	l.Sockets++
	l.States[c.State]++
	switch {
	case c.Direction == poller.Listening:
		l.Listening++
	case c.Connected():
		l.Connections++
	}
	if c.Known.Has(poller.KnownBytes) {
		l.WithBytes++
		l.Received += c.BytesReceived
		l.Sent += c.BytesSent
	}
	if c.Known.Has(poller.KnownRates) {
		l.WithRates++
		l.ReceiveRate += c.ReceiveRate
		l.SendRate += c.SendRate
	}
}
