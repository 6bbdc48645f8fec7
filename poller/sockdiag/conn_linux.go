package sockdiag

import (
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
	request  []byte
	buffer   []byte
}

// Dial opens the socket. The caller closes it.
func Dial() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: socket: %w", err)
	}
	c := &Conn{fd: fd, buffer: make([]byte, bufferLen)}
	if err := c.bind(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return c, nil
}

// bind lets the kernel choose a port id and sets the time a receive may take.
func (c *Conn) bind() error {
	if err := unix.Bind(c.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sock_diag: bind: %w", err)
	}
	name, err := unix.Getsockname(c.fd)
	if err != nil {
		return fmt.Errorf("sock_diag: getsockname: %w", err)
	}
	own, ok := name.(*unix.SockaddrNetlink)
	if !ok {
		return fmt.Errorf("sock_diag: getsockname: unexpected address %T", name)
	}
	c.portID = own.Pid
	limit := unix.NsecToTimeval(receiveTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return fmt.Errorf("sock_diag: receive timeout: %w", err)
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
	c.sequence++
	c.request = AppendRequest(c.request[:0], c.sequence, r)
	if err := unix.Sendto(c.fd, c.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sock_diag: send: %w", err)
	}
	if err := readDump(c, c.portID, c.sequence, each); err != nil {
		return fmt.Errorf("sock_diag: family %d protocol %d: %w", r.Family, r.Protocol, err)
	}
	return nil
}

// receive implements receiver.
func (c *Conn) receive() (datagram, error) {
	for {
		n, _, flags, from, err := unix.Recvmsg(c.fd, c.buffer, nil, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return datagram{}, err
		}
		d := datagram{data: c.buffer[:n], truncated: flags&unix.MSG_TRUNC != 0}
		if a, ok := from.(*unix.SockaddrNetlink); ok {
			d.from = a.Pid
		}
		return d, nil
	}
}
