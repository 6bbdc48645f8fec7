package poller

import (
	"net"
	"testing"
)

// Both ends of a connection within the machine know each other, over v4, v6 and a dual-stack listener; others know
// nobody.
func TestPeersOfRealSockets(t *testing.T) {
	p := poller(t, Options{Source: SourceNetlink})
	m := open(t)
	p.poll(t.Context())
	end := func(local, remote net.Addr) Connection {
		return row(t, p, func(c *Connection) bool { return c.Local == addrPort(local) && c.Remote == addrPort(remote) })
	}
	for _, c := range []net.Conn{m.client, m.mapped} {
		a, b := end(c.LocalAddr(), c.RemoteAddr()), end(c.RemoteAddr(), c.LocalAddr())
		if a.Peer != b.ID || b.Peer != a.ID {
			t.Errorf("%v (%v) has peer %v, %v (%v) has peer %v", a.Local, a.ID, a.Peer, b.Local, b.ID, b.Peer)
		}
	}
	if c := row(t, p, func(c *Connection) bool { return c.Local == addrPort(m.listener.Addr()) && c.State == StateListen }); c.Peer != 0 {
		t.Errorf("a listener has peer %v", c.Peer)
	}
}
