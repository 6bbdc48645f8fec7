package query

import (
	"net/netip"

	"sockeye/poller"
)

// The functions of this file say what the keys look at. What is unknown or not there is -1, the zero netip.Addr or
// "", and no value of a key matches that.

// pid returns the owner's PID, or the one the source named where the process itself is not known.
func pid(c *poller.Connection) int64 {
	switch {
	case c.Owner != nil:
		return int64(c.Owner.PID)
	case c.PID > 0:
		return int64(c.PID)
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
