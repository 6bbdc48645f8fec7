package query

import (
	"math"
	"net/netip"

	"sockeye/poller"
)

// The functions of this file say what the keys look at. What is unknown or not there is -1, the zero netip.Addr or
// "", and no value of a key matches that.

// pid returns the owner's PID, or the one the source named where the process itself is not known.
func pid(c *poller.Connection) int64 {
	if id := c.OwnerPID(); id > 0 {
		return int64(id)
	}
	return -1
}

// processName returns the owner's name.
func processName(c *poller.Connection) string {
	if c.Owner == nil {
		return ""
	}
	return c.Owner.Name
}

// user returns the name of the socket's user.
func user(c *poller.Connection) string { return c.User }

// localPort returns the local port.
func localPort(c *poller.Connection) int64 { return int64(c.Local.Port()) }

// remotePort returns the remote port, unknown where the socket is not connected.
func remotePort(c *poller.Connection) int64 {
	if !c.Connected() {
		return -1
	}
	return int64(c.Remote.Port())
}

// localAddress returns the local address.
func localAddress(c *poller.Connection) netip.Addr { return c.Local.Addr().Unmap() }

// remoteAddress returns the remote address, the zero Addr where the socket is not connected.
func remoteAddress(c *poller.Connection) netip.Addr {
	if !c.Connected() {
		return netip.Addr{}
	}
	return c.Remote.Addr().Unmap()
}

// ifKnown returns n where the source knows the fact, and -1 elsewhere.
func ifKnown(c *poller.Connection, fact poller.Known, n uint64) int64 {
	if !c.Known.Has(fact) {
		return -1
	}
	return int64(min(n, math.MaxInt64))
}

// received and sent return the counters of bytes.
func received(c *poller.Connection) int64 { return ifKnown(c, poller.KnownBytes, c.BytesReceived) }
func sent(c *poller.Connection) int64     { return ifKnown(c, poller.KnownBytes, c.BytesSent) }

// receiveRate, sendRate and rate return bytes per second, in whole ones as they are shown.
func receiveRate(c *poller.Connection) int64 {
	return ifKnown(c, poller.KnownRates, whole(c.ReceiveRate))
}
func sendRate(c *poller.Connection) int64 { return ifKnown(c, poller.KnownRates, whole(c.SendRate)) }
func rate(c *poller.Connection) int64 {
	return ifKnown(c, poller.KnownRates, whole(c.ReceiveRate)+whole(c.SendRate))
}

// whole rounds a rate.
func whole(perSecond float64) uint64 { return uint64(perSecond + 0.5) }

// receiveQueue and sendQueue return the queues; for a listener they are in connections.
func receiveQueue(c *poller.Connection) int64 {
	return ifKnown(c, poller.KnownQueues, uint64(c.ReceiveQueue))
}
func sendQueue(c *poller.Connection) int64 {
	return ifKnown(c, poller.KnownQueues, uint64(c.SendQueue))
}

// roundTrip returns the round-trip time in microseconds.
func roundTrip(c *poller.Connection) int64 { return ifKnown(c, poller.KnownRTT, uint64(c.RTT)) }

// retransmits returns how many segments were sent again.
func retransmits(c *poller.Connection) int64 {
	return ifKnown(c, poller.KnownRetransmits, uint64(c.Retransmits))
}
