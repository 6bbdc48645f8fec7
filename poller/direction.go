package poller

import "net/netip"

// listenKey is where a socket waits for others to come.
type listenKey struct {
	protocol Protocol
	addr     netip.Addr // unspecified for all addresses of its family
	port     uint16
}

// listenerSet counts the sockets that wait at each place. A v6 socket that takes v4 traffic counts for both families.
type listenerSet map[listenKey]int

// waits reports whether the socket takes what comes from anywhere: a TCP listener, or UDP without a remote end.
func (s *Socket) waits() bool {
	return s.State == StateListen || s.Protocol == UDP && !s.Connected()
}

// add changes the count of the socket's place by n.
func (l listenerSet) add(s *Socket, n int) {
	l.addKey(listenKey{s.Protocol, s.Local.Addr().WithZone(""), s.Local.Port()}, n)
	if s.Family == IPv6 && !s.V6Only && s.Local.Addr() == netip.IPv6Unspecified() {
		l.addKey(listenKey{s.Protocol, netip.IPv4Unspecified(), s.Local.Port()}, n)
	}
}

func (l listenerSet) addKey(k listenKey, n int) {
	if l[k] += n; l[k] == 0 {
		delete(l, k)
	}
}

// accepts reports whether some socket waits where this one's local end is.
func (l listenerSet) accepts(s *Socket) bool {
	addr := s.Local.Addr().WithZone("")
	any := netip.IPv6Unspecified()
	if addr.Is4() {
		any = netip.IPv4Unspecified()
	}
	return l[listenKey{s.Protocol, addr, s.Local.Port()}] > 0 || l[listenKey{s.Protocol, any, s.Local.Port()}] > 0
}

// direct decides who opened the connection. Once decided it stays, whatever becomes of the listener. In this order:
//
//  1. a socket that waits for others is Listening;
//  2. a connection whose other end is this machine is Loopback;
//  3. in SYN_SENT it is Outbound, in SYN_RECEIVED Inbound;
//  4. where the kernel's counters tell which end sent the first SYN, that decides;
//  5. where a socket waits at its local end, or did at the poll before, it is Inbound;
//  6. where its local port is one that the system hands out itself, it is Outbound, if the remote port is none of that
//     kind, or if somebody watched while it opened: its listener would have been seen;
//  7. elsewhere it is not known: the listener may have gone before it was first looked for, or the program chose the
//     port of its end itself, and between two high ports, as of peers, there is nothing to tell them apart.
func (t *Table) direct(c *Connection, own map[netip.Addr]bool) {
	c.Part = PartUnknown
	switch {
	case c.waits():
		c.Direction = Listening
	case !c.Connected():
		c.Direction = DirectionUnknown
	case c.Remote.Addr().IsLoopback() || own[c.Remote.Addr().WithZone("")]:
		c.Direction, c.Part = Loopback, t.part(&c.Socket)
	case c.State == StateSynSent || c.Opening == OpenedActively:
		c.Direction = Outbound
	case c.State == StateSynReceived || c.Opening == OpenedPassively:
		c.Direction = Inbound
	case t.listeners.accepts(&c.Socket) || t.left.accepts(&c.Socket):
		c.Direction = Inbound
	case t.ephemeral.has(c.Local.Port()) && (!t.ephemeral.likely(c.Remote.Port()) || c.Known.Has(KnownOpened)):
		c.Direction = Outbound
	default:
		c.Direction = DirectionUnknown
	}
}

// leave notes which sockets that waited are closed by the poll that is about to be applied: a server that takes one
// connection closes its listener right after it.
func (t *Table) leave(closed []ID) {
	clear(t.left)
	for _, id := range closed {
		if c := t.rowOf(id); c != nil && c.waits() {
			t.left.add(&c.Socket, 1)
		}
	}
}
