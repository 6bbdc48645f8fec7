package occupancy

import (
	"sockeye/poller"
)

// Key is a port of a protocol.
type Key struct {
	Port     uint16
	Protocol poller.Protocol
}

// Use is what the sockets of this machine do with a port as their own, each socket in one of the groups. The rows are
// the table's: they are valid as long as it may be read.
type Use struct {
	Key
	// Listening wait for others: TCP listeners, UDP sockets without a remote end.
	Listening []*poller.Connection
	// Bound have the port and do nothing with it; TCP only.
	Bound []*poller.Connection
	// Outgoing are connections that this machine opened from the port.
	Outgoing []*poller.Connection
	// Clients are connections that came in through a socket that still waits.
	Clients []*poller.Connection
	// Left are connections that came in through one that is gone.
	Left []*poller.Connection
	// Resting are connections that are over: TIME_WAIT, and FIN_WAIT_2 that no process has any more.
	Resting []*poller.Connection
}

// survey returns the use of every port that is wanted and of which the table has a socket.
func survey(t *poller.Table, wanted func(Key) bool) map[Key]*Use {
	all := make(map[Key]*Use)
	for c := range t.All() {
		k := Key{c.Local.Port(), c.Protocol}
		if k.Port == 0 || !wanted(k) {
			continue
		}
		u := all[k]
		if u == nil {
			u = &Use{Key: k}
			all[k] = u
		}
		u.add(c)
	}
	for _, u := range all {
		u.settle()
	}
	return all
}

// add puts a row into its group. Those that came in or went out wait in Clients until all listeners are known.
func (u *Use) add(c *poller.Connection) {
	switch {
	case c.Direction == poller.Listening:
		u.Listening = append(u.Listening, c)
	case !c.Connected():
		u.Bound = append(u.Bound, c)
	case c.State == poller.StateTimeWait || c.State == poller.StateFinWait2 && c.OwnerNote == poller.OwnerNone:
		u.Resting = append(u.Resting, c)
	default:
		u.Clients = append(u.Clients, c)
	}
}

// settle parts the connections in Clients: which came in, and which went out.
func (u *Use) settle() {
	clients := u.Clients[:0]
	for _, c := range u.Clients {
		switch accepted := u.waits(c); {
		case goesOut(c, accepted):
			u.Outgoing = append(u.Outgoing, c)
		case accepted:
			clients = append(clients, c)
		default:
			u.Left = append(u.Left, c)
		}
	}
	u.Clients = clients
}

// goesOut reports whether this machine opened the connection from the port. Where the table does not tell, a
// connection goes out if nobody waits at its end and the port is none of a server's (RFC 6335 section 6).
func goesOut(c *poller.Connection, accepted bool) bool {
	switch {
	case c.Direction == poller.Outbound || c.State == poller.StateSynSent || c.Opening == poller.OpenedActively:
		return true
	case c.Direction == poller.Inbound || c.State == poller.StateSynReceived || c.Opening == poller.OpenedPassively:
		return false
	}
	return !accepted && c.Local.Port() >= 1024
}

// waits reports whether a socket of the port waits where the connection's local end is.
func (u *Use) waits(c *poller.Connection) bool {
	for _, l := range u.Listening {
		if l.Local.Addr() == c.Local.Addr() || covers(l, c.Local.Addr().Is4()) {
			return true
		}
	}
	return false
}

// covers reports whether a socket has all addresses of a family: IPv4 where four is set, else IPv6.
func covers(c *poller.Connection, four bool) bool {
	if !c.Local.Addr().IsUnspecified() {
		return false
	}
	if c.Family == poller.IPv6 && c.Local.Addr().Is6() {
		return !four || !c.V6Only
	}
	return four
}

// holders returns the sockets that could keep the port from being bound: all but requests that nobody has answered yet,
// which are no sockets of their own.
func (u *Use) holders() []*poller.Connection {
	var all []*poller.Connection
	for _, group := range [...][]*poller.Connection{u.Listening, u.Bound, u.Outgoing, u.Left, u.Clients, u.Resting} {
		for _, c := range group {
			if c.State != poller.StateSynReceived {
				all = append(all, c)
			}
		}
	}
	return all
}
