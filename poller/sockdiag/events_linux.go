package sockdiag

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// eventBuffer is how many bytes of events the kernel keeps until they are read: about 25,000 ends of TCP connections.
const eventBuffer = 32 << 20

// Events is a netlink socket that hears of the end of sockets. One goroutine may call Receive; Close may be called
// from another and ends it.
type Events struct {
	file   *os.File
	closed atomic.Bool
	raw    syscall.RawConn
	buffer []byte
	record Record

	// Of the last datagram: its length, its sender and what went wrong.
	arrived func(fd uintptr) bool // the method arrive; made once, since making it allocates
	n       int
	from    uint32
	failure error
}

// DialEvents opens the socket and joins the groups. The caller closes it.
func DialEvents(groups ...Group) (*Events, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag events: socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), "sock_diag events")
	if err := subscribe(fd, groups); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sock_diag events: %w", err), file.Close())
	}
	e := &Events{file: file, raw: raw, buffer: make([]byte, bufferLen)}
	e.arrived = e.arrive
	return e, nil
}

// subscribe binds the socket, makes room for bursts and joins the groups. The larger buffer needs CAP_NET_ADMIN; without
// it the system's limit holds.
func subscribe(fd int, groups []Group) error {
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sock_diag events: bind: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, eventBuffer); err != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, eventBuffer); err != nil {
			return fmt.Errorf("sock_diag events: receive buffer: %w", err)
		}
	}
	for _, g := range groups {
		if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, int(g)); err != nil {
			return fmt.Errorf("sock_diag events: join group %d: %w", g, err)
		}
	}
	return nil
}

// Lost returns how many events the kernel has dropped because they were not read in time.
func (e *Events) Lost() (n uint64, err error) {
	var info [9]uint32 // SK_MEMINFO_VARS, linux/sock_diag.h
	const drops = 8    // SK_MEMINFO_DROPS
	size := uint32(unsafe.Sizeof(info))
	var errno syscall.Errno
	err = e.raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	if err != nil {
		return 0, fmt.Errorf("sock_diag events: drops: %w", err)
	}
	return uint64(info[drops]), nil
}

// Close ends a Receive under way, which returns os.ErrClosed.
func (e *Events) Close() error {
	e.closed.Store(true)
	return e.file.Close()
}

// Receive waits for the next datagram and calls each with every socket in it, reusing one Record. [ErrLost] says that
// some were dropped before it; the next call goes on.
func (e *Events) Receive(each func(*Record)) error {
	err := e.raw.Read(e.arrived)
	switch {
	case err != nil && e.closed.Load():
		return os.ErrClosed // the runtime has an error of its own for it, which nobody can name
	case err != nil:
		return fmt.Errorf("sock_diag events: %w", err)
	case e.failure == unix.ENOBUFS:
		return ErrLost
	case e.failure != nil:
		return fmt.Errorf("sock_diag events: receive: %w", e.failure)
	case e.from != 0:
		return nil // not from the kernel
	}
	return readEvents(e.buffer[:min(e.n, len(e.buffer))], &e.record, each)
}

// arrive takes the next datagram, if one is there, and reports whether the wait for it is over.
func (e *Events) arrive(fd uintptr) bool {
	for {
		e.n, e.from, e.failure = receiveFrom(int(fd), e.buffer, unix.MSG_DONTWAIT)
		if e.failure != unix.EINTR {
			return e.failure != unix.EAGAIN
		}
	}
}
