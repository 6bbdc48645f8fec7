package sockdiag

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Destroy ends one TCP connection as if it had failed: its owner gets ECONNABORTED, the other end a reset. The kernel
// does so only where the socket between these ends has the cookie of q, which must not be [AnyCookie]. It needs
// CAP_NET_ADMIN (EPERM without), and a kernel with CONFIG_INET_DIAG_DESTROY (EOPNOTSUPP without). The error is [ErrGone]
// where there is no such socket. It opens and closes a netlink socket of its own.
func Destroy(q Question) error {
	if q.Cookie == AnyCookie || q.Cookie == 0 {
		return errors.New("sock_diag: destroy: a cookie is needed")
	}
	c, err := Dial()
	if err != nil {
		return err
	}
	err = c.destroy(q)
	if closed := c.Close(); err == nil {
		err = closed
	}
	return err
}

// destroy asks for it.
func (c *Conn) destroy(q Question) error {
	c.sequence++
	c.request = appendDestroy(c.request[:0], c.sequence, q)
	if err := unix.Sendto(c.fd, c.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sock_diag: destroy: send: %w", err)
	}
	if err := readAck(c, c.portID, c.sequence); err != nil {
		return fmt.Errorf("sock_diag: destroy: %w", err)
	}
	return nil
}
