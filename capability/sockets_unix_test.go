//go:build unix

package capability

import (
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/poller"
)

// lacks is nothing: this system is the one that the table speaks of.
func lacks(poller.SourceKind) map[string]string { return nil }

// bind binds a socket to a port of loopback, 0 for a free one, and returns its port. It is closed with the test.
func bind(t *testing.T, kind int, port int, shared bool) uint16 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if shared {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	a, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(a.(*unix.SockaddrInet4).Port)
}

// udpSocket, twinSockets and boundSocket open one socket of UDP, two of UDP with the same end, and one of TCP that does
// not listen, and return the port.
func udpSocket(t *testing.T) uint16   { return bind(t, unix.SOCK_DGRAM, 0, false) }
func boundSocket(t *testing.T) uint16 { return bind(t, unix.SOCK_STREAM, 0, false) }
func twinSockets(t *testing.T) uint16 {
	port := bind(t, unix.SOCK_DGRAM, 0, true)
	return bind(t, unix.SOCK_DGRAM, int(port), true)
}
