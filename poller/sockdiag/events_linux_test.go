package sockdiag

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The end of a TCP connection and of a UDP socket is told, over v4 and v6, with protocol, ends, bytes and the cookie
// that a dump gave it; Close ends a wait.
func TestEvents(t *testing.T) {
	e, err := DialEvents(GroupTCP4Destroy, GroupTCP6Destroy, GroupUDP4Destroy, GroupUDP6Destroy)
	check(t, err)
	ended, done := make(chan Record, 1024), make(chan error, 1)
	go func() {
		for {
			if err := e.Receive(func(r *Record) { ended <- *r }); err != nil {
				done <- err
				return
			}
		}
	}()
	conn := dial(t)
	for _, tt := range []struct {
		network, address string
		request          Request
	}{
		{"tcp", "127.0.0.1:0", Request{Family: FamilyIPv4, Protocol: ProtocolTCP, Extensions: WithInfo, States: AllStates}},
		{"tcp", "[::1]:0", Request{Family: FamilyIPv6, Protocol: ProtocolTCP, Extensions: WithInfo, States: AllStates}},
		{"udp", "127.0.0.1:0", Request{Family: FamilyIPv4, Protocol: ProtocolUDP, States: AllStates}},
		{"udp", "[::1]:0", Request{Family: FamilyIPv6, Protocol: ProtocolUDP, States: AllStates}},
	} {
		c := reach(t, tt.network, tt.address)
		_, err := c.Write([]byte("hello"))
		check(t, err)
		local := netip.MustParseAddrPort(c.LocalAddr().String())
		var cookie uint64
		check(t, conn.Dump(tt.request, func(r *Record) {
			if r.Source == local {
				cookie = r.Cookie
			}
		}))
		check(t, c.Close())
		r := next(t, ended, func(r *Record) bool { return r.Cookie == cookie })
		if r.Protocol != tt.request.Protocol || r.Source != local {
			t.Errorf("%s %s: protocol %d, %v", tt.network, tt.address, r.Protocol, r.Source)
		}
		if tt.network == "tcp" && (!r.HasInfo || r.Info.BytesSent != 5) {
			t.Errorf("%s: %+v", tt.address, r.Info)
		}
	}
	if lost, err := e.Lost(); lost != 0 || err != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
	check(t, e.Close())
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("a wait ended by Close: %v", err)
	}
}

// reach makes a connection to a socket of the test's own.
func reach(t *testing.T, network, address string) net.Conn {
	t.Helper()
	if network == "udp" {
		l, err := net.ListenPacket("udp", address)
		check(t, err)
		t.Cleanup(func() { l.Close() })
		address = l.LocalAddr().String()
	} else {
		l := listen(t, "tcp", address)
		t.Cleanup(func() { l.Close() })
		address = l.Addr().String()
	}
	c, err := net.Dial(network, address)
	check(t, err)
	return c
}

// next returns the first record that is meant.
func next(t *testing.T, ended <-chan Record, is func(*Record) bool) Record {
	t.Helper()
	patience := time.NewTimer(30 * time.Second)
	defer patience.Stop()
	for {
		select {
		case r := <-ended:
			if is(&r) {
				return r
			}
		case <-patience.C:
			t.Fatal("the end of a socket was not told")
		}
	}
}

// Events that are not read are dropped by the kernel, which says so and counts them.
func TestEventsLost(t *testing.T) {
	e, err := DialEvents(GroupUDP4Destroy)
	check(t, err)
	defer e.Close()
	check(t, e.raw.Control(func(fd uintptr) {
		check(t, unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 0)) // the kernel makes it its least
	}))
	const sockets = 200
	for range sockets {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		check(t, err)
		check(t, c.Close())
	}
	// The kernel tells of them a little later, and must not find room for all.
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if n, err := e.Lost(); n > 0 || err != nil {
			break
		}
	}
	seen, failure := 0, error(nil)
	for failure == nil {
		failure = e.Receive(func(*Record) { seen++ })
	}
	lost, err := e.Lost()
	if !errors.Is(failure, ErrLost) || err != nil || lost == 0 {
		t.Errorf("%v; %d of %d seen, %d lost, %v", failure, seen, sockets, lost, err)
	}
}
