package sockdiag

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// bufferLen holds any datagram of a dump: the kernel fills at most 32 KiB at a time (NLMSG_GOODSIZE and the
// longest receive seen so far, capped in af_netlink.c).
const bufferLen = 64 << 10

// receiveTimeout ends a wait that the kernel should never cause: a dump is produced while it is read.
const receiveTimeout = 5 * time.Second

// Conn is one netlink socket of the sock_diag family with its buffers, which are reused by every dump. It is not
// safe for concurrent use.
type Conn struct {
	fd       int
	portID   uint32
	sequence uint32
	unread   bool // a dump was given up before its end
	request  []byte
	buffer   []byte
}

// Dial opens the socket. The caller closes it.
func Dial() (*Conn, error) {
	c := &Conn{buffer: make([]byte, bufferLen)}
	if err := c.open(); err != nil {
		return nil, err
	}
	return c, nil
}

// open gives c a new socket.
func (c *Conn) open() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("sock_diag: socket: %w", err)
	}
	portID, err := bind(fd)
	if err != nil {
		_ = unix.Close(fd)
		return err
	}
	c.fd, c.portID, c.unread = fd, portID, false
	return nil
}

// bind lets the kernel choose a port id, which it returns, and sets the time a receive may take.
func bind(fd int) (portID uint32, err error) {
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, fmt.Errorf("sock_diag: bind: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, fmt.Errorf("sock_diag: getsockname: %w", err)
	}
	own, ok := name.(*unix.SockaddrNetlink)
	if !ok {
		return 0, fmt.Errorf("sock_diag: getsockname: unexpected address %T", name)
	}
	limit := unix.NsecToTimeval(receiveTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return 0, fmt.Errorf("sock_diag: receive timeout: %w", err)
	}
	return own.Pid, nil
}

// reopen replaces the socket: the kernel refuses another dump (EBUSY) on one whose last dump was not read to its end.
func (c *Conn) reopen() error {
	old := c.fd
	if err := c.open(); err != nil {
		return err
	}
	if err := unix.Close(old); err != nil {
		return fmt.Errorf("sock_diag: close: %w", err)
	}
	return nil
}

// Close closes the socket. No dump may be under way.
func (c *Conn) Close() error {
	if err := unix.Close(c.fd); err != nil {
		return fmt.Errorf("sock_diag: close: %w", err)
	}
	return nil
}

// Dump asks for all sockets that match r and calls each with every one, in the kernel's order. The record is reused:
// each copies what it keeps. An error means that the set is not whole; [ErrInterrupted] asks for another try.
func (c *Conn) Dump(r Request, each func(*Record)) error {
	if c.unread {
		if err := c.reopen(); err != nil {
			return err
		}
	}
	c.sequence++
	c.request = AppendRequest(c.request[:0], c.sequence, r)
	if err := unix.Sendto(c.fd, c.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sock_diag: send: %w", err)
	}
	if err := readDump(c, c.portID, c.sequence, each); err != nil {
		c.unread = !errors.Is(err, ErrInterrupted)
		return fmt.Errorf("sock_diag: family %d protocol %d: %w", r.Family, r.Protocol, err)
	}
	return nil
}

// receive implements receiver.
func (c *Conn) receive() (datagram, error) {
	for {
		n, from, err := receiveFrom(c.fd, c.buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return datagram{}, err
		}
		return datagram{data: c.buffer[:min(n, len(c.buffer))], from: from, truncated: n > len(c.buffer)}, nil
	}
}
