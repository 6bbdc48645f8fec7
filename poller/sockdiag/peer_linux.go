package sockdiag

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// PeerUID returns the user whose socket is the client's end of a TCP connection between two addresses of this machine,
// in this network namespace. It asks the kernel for exactly this connection. The user is as this user namespace counts;
// 65534 stands for all that it has no number for. Safe for use by several goroutines.
func PeerUID(client, server netip.AddrPort) (uid uint32, err error) {
	client, server = unmapped(client), unmapped(server)
	c, err := Dial()
	if err != nil {
		return 0, err
	}
	uid, err = c.peerUID(client, server)
	if closed := c.Close(); err == nil {
		err = closed
	}
	return uid, err
}

func (c *Conn) peerUID(client, server netip.AddrPort) (uint32, error) {
	c.sequence++
	q := peerQuestion(client, server)
	q.Cookie = AnyCookie
	c.request = appendAsk(c.request[:0], c.sequence, q, false)
	if err := unix.Sendto(c.fd, c.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, fmt.Errorf("sock_diag: send: %w", err)
	}
	d, err := readAnswer(c, c.portID, c.sequence, q.Cookie, false)
	if err != nil {
		return 0, fmt.Errorf("sock_diag: peer: %w", err)
	}
	return peerUser(&d.Record, client, server)
}
