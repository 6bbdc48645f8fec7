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

// direct decides who opened the connection, from the sockets that wait now and the machine's own addresses. Once
// decided it stays, whatever becomes of the listener.
func (t *Table) direct(c *Connection, own map[netip.Addr]bool) {
	switch {
	case c.waits():
		c.Direction = Listening
	case !c.Connected():
		c.Direction = DirectionUnknown
	case c.Remote.Addr().IsLoopback() || own[c.Remote.Addr().WithZone("")]:
		c.Direction = Loopback
	case c.State == StateSynSent:
		c.Direction = Outbound
	case c.State == StateSynReceived || t.listeners.accepts(&c.Socket):
		c.Direction = Inbound
	default:
		c.Direction = Outbound
	}
}
