package sockdiag

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Ask returns everything the kernel tells of one socket, or [ErrGone] where there is none with this identity. It opens
// and closes a netlink socket of its own. A socket that the kernel does not find by its ends is searched for in a list
// of those with the same ports, which takes the kernel a walk through its table.
func Ask(q Question) (*Detail, error) {
	c, err := Dial()
	if err != nil {
		return nil, err
	}
	d, err := c.ask(q, false)
	if errors.Is(err, ErrGone) {
		d, err = c.ask(q, true)
	}
	if closed := c.Close(); err == nil {
		err = closed
	}
	return d, err
}

// ask asks once.
func (c *Conn) ask(q Question, search bool) (*Detail, error) {
	c.sequence++
	c.request = appendAsk(c.request[:0], c.sequence, q, search)
	if err := unix.Sendto(c.fd, c.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("sock_diag: send: %w", err)
	}
	d, err := readAnswer(c, c.portID, c.sequence, q.Cookie, search)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: one socket: %w", err)
	}
	return d, nil
}
