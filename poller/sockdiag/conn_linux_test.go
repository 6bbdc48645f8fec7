package sockdiag

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// dial opens a connection to the kernel that is closed with the test.
func dial(t *testing.T) *Conn {
	t.Helper()
	c, err := Dial()
	check(t, err)
	t.Cleanup(func() { check(t, c.Close()) })
	return c
}

// sees reports whether a dump has a socket with this local end.
func sees(t *testing.T, c *Conn, local string) (found bool) {
	t.Helper()
	check(t, c.Dump(captures()[0].request, func(r *Record) {
		found = found || r.Source == netip.MustParseAddrPort(local)
	}))
	return found
}

// A socket is seen while it is open, by one connection to the kernel that is used again and again.
func TestConnDump(t *testing.T) {
	c := dial(t)
	l := listen(t, "tcp4", "127.0.0.1:0")
	address := l.Addr().String()
	for range 2 {
		if !sees(t, c, address) {
			t.Error("an open listener is not seen")
		}
	}
	check(t, l.Close())
	if sees(t, c, address) {
		t.Error("a closed listener is seen")
	}
}

// A request for a protocol that the kernel does not list is refused, not empty; the connection can be used after it.
func TestConnRefused(t *testing.T) {
	c := dial(t)
	err := c.Dump(Request{Family: FamilyIPv4, Protocol: unix.IPPROTO_ICMP, States: AllStates}, func(*Record) {})
	var errno syscall.Errno
	if !errors.As(err, &errno) || !strings.HasPrefix(err.Error(), "sock_diag: family 2 protocol 1: ") {
		t.Errorf("a dump of ICMP gave %v", err)
	}
	l := listen(t, "tcp4", "127.0.0.1:0")
	if !sees(t, c, l.Addr().String()) {
		t.Error("an open listener is not seen after a refused dump")
	}
}

// A buffer that is too short for the kernel's datagrams is an error, not a shorter list. What is left of that dump does
// not stand in the way of the next.
func TestConnTruncated(t *testing.T) {
	l := listen(t, "tcp4", "127.0.0.1:0")
	c := dial(t)
	whole := c.buffer
	c.buffer = make([]byte, 64)
	if err := c.Dump(captures()[0].request, func(*Record) {}); !errors.Is(err, ErrTruncated) {
		t.Errorf("a buffer of 64 bytes gave %v", err)
	}
	c.buffer = whole
	if !sees(t, c, l.Addr().String()) {
		t.Error("an open listener is not seen after a dump that was cut off")
	}
}

// A connection that was closed says so.
func TestConnClosed(t *testing.T) {
	c, err := Dial()
	check(t, err)
	check(t, c.Close())
	c.fd = -1 // its number may be another file's by now
	if err := c.Dump(captures()[0].request, func(*Record) {}); !errors.Is(err, unix.EBADF) {
		t.Errorf("Dump gave %v", err)
	}
	if err := c.Close(); !errors.Is(err, unix.EBADF) {
		t.Errorf("Close gave %v", err)
	}
}
