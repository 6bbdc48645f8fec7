package server

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// addrs parses a list of addresses separated by spaces.
func addrs(list string) (out []netip.Addr) {
	for _, a := range strings.Fields(list) {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func TestParseListen(t *testing.T) {
	table := []struct {
		in   string
		want listenSpec
		url  string
	}{
		{"localhost:8080", listenSpec{addrs: addrs("127.0.0.1 ::1"), both: true, port: 8080}, "http://localhost:8080"},
		{"LocalHost.:0", listenSpec{addrs: addrs("127.0.0.1 ::1"), both: true}, "http://localhost:8080"},
		{":8080", listenSpec{addrs: addrs("0.0.0.0 ::"), both: true, port: 8080}, "http://localhost:8080"},
		{"0.0.0.0:8080", listenSpec{addrs: addrs("0.0.0.0"), port: 8080}, "http://localhost:8080"},
		{"127.0.0.1:8080", listenSpec{addrs: addrs("127.0.0.1"), port: 8080}, "http://127.0.0.1:8080"},
		{"[::1]:8080", listenSpec{addrs: addrs("::1"), port: 8080}, "http://[::1]:8080"},
		{"[::ffff:127.0.0.1]:8080", listenSpec{addrs: addrs("127.0.0.1"), port: 8080}, "http://127.0.0.1:8080"},
		{"192.0.2.7:8080", listenSpec{addrs: addrs("192.0.2.7"), port: 8080}, "http://192.0.2.7:8080"},
		{"Box.lan:8080", listenSpec{name: "box.lan", port: 8080}, "http://box.lan:8080"},
	}
	for _, tt := range table {
		got, err := parseListen(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(listenSpec{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
		if url := got.url(false, 8080); url != tt.url {
			t.Errorf("%s: url %s, want %s", tt.in, url, tt.url)
		}
		if url := got.url(true, 8080); url != strings.Replace(tt.url, "http:", "https:", 1) {
			t.Errorf("%s: url with TLS %s", tt.in, url)
		}
	}
	for _, bad := range []string{"", "8080", "localhost", "localhost:", "localhost:http", "localhost:65536", "localhost:-1", "::1:8080", "127.1:80", "a b:80", "http://localhost:8080"} {
		if _, err := New(Config{Listen: bad}, testSite{}); err == nil || !strings.Contains(err.Error(), "listen address") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Attack N1, first half: localhost is 127.0.0.1 and ::1 on one port, and nothing else.
func TestOpenLocalhost(t *testing.T) {
	needIPv6(t)
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	if s.URL() != "" || len(s.Addrs()) != 0 {
		t.Errorf("before Open: %q %v", s.URL(), s.Addrs())
	}
	serve(t, s)
	got := s.Addrs()
	if len(got) != 2 || got[0].Addr() != netip.MustParseAddr("127.0.0.1") || got[1].Addr() != netip.IPv6Loopback() || got[0].Port() != got[1].Port() || got[0].Port() == 0 {
		t.Fatalf("bound to %v", got)
	}
	for _, addr := range got {
		if res, _ := raw(t, addr, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); res.StatusCode != 200 {
			t.Errorf("%v: status %d", addr, res.StatusCode)
		}
	}
}

// needIPv6 skips a test where ::1 cannot be bound.
func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	l.Close()
}

// Attack N2: one of the two families is taken, so the server does not start, and holds nothing.
//
//attack:n2 no listener of the two stays
func TestOpenWhenAPortIsTaken(t *testing.T) {
	needIPv6(t)
	for _, taken := range []string{"127.0.0.1:0", "[::1]:0"} {
		other, err := net.Listen("tcp", taken)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		addr := addrPort(other.Addr())
		free := netip.AddrPortFrom(netip.IPv6Loopback(), addr.Port())
		if addr.Addr().Is6() {
			free = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), addr.Port())
		}
		for holder, want := range map[string]string{
			"nginx (PID 812)": "listen " + addr.String() + ": address already in use by nginx (PID 812)",
			"":                "listen " + addr.String() + ": ",
		} {
			s := newTestServer(t, Config{Listen: free.String(), Holder: func(got netip.AddrPort) string {
				if got != addr {
					t.Errorf("asked for the holder of %v, want %v", got, addr)
				}
				return holder
			}}, testSite{}, defaultLimits)
			s.listen.addrs, s.listen.both = addrs("127.0.0.1 ::1"), true
			err := s.Open(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), want) || !isAddrInUse(err) {
				t.Fatalf("open: %v, want %s", err, want)
			}
			if len(s.Addrs()) != 0 || s.URL() != "" {
				t.Errorf("says it is at %v %s", s.Addrs(), s.URL())
			}
			l, err := net.Listen("tcp", free.String())
			if err != nil {
				t.Fatalf("the other family is still held: %v", err)
			}
			l.Close()
		}
	}
}

// fakeBind returns a bindFunc that fails with the errors of fail in turn for IPv6, nil for success, and the listeners
// it made.
func fakeBind(fail ...error) (bindFunc, *[]*pipeListener) {
	made := new([]*pipeListener)
	next := uint16(1000)
	return func(_ context.Context, network string, addr netip.AddrPort) (net.Listener, error) {
		if (network == "tcp6") != addr.Addr().Is6() {
			return nil, errors.New("wrong network for the address")
		}
		if network == "tcp6" && len(fail) > 0 {
			err := fail[0]
			fail = fail[1:]
			if err != nil {
				return nil, &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", err)}
			}
		}
		if addr.Port() == 0 {
			next++
			addr = netip.AddrPortFrom(addr.Addr(), next)
		}
		l := newPipeListener(addr)
		*made = append(*made, l)
		return l, nil
	}, made
}

// IPv6 may be absent from "localhost" and "", but is not left out for another reason, nor where it was asked for.
func TestOpenWithoutIPv6(t *testing.T) {
	table := []struct {
		listen string
		err    error
		bound  string // "" for a failure
	}{
		{"localhost:8080", errFamilyAbsent, "127.0.0.1:8080"},
		{":8080", errFamilyAbsent, "0.0.0.0:8080"},
		{"[::1]:8080", errFamilyAbsent, ""},
		{"localhost:8080", errInUse, ""},
		{"localhost:8080", syscall.EACCES, ""},
	}
	for _, tt := range table {
		s := newTestServer(t, Config{Listen: tt.listen}, testSite{}, defaultLimits)
		bind, made := fakeBind(tt.err)
		s.bind = bind
		err := s.Open(t.Context())
		if (err == nil) != (tt.bound != "") {
			t.Errorf("%s, %v: open: %v", tt.listen, tt.err, err)
		}
		if err == nil && (len(s.Addrs()) != 1 || s.Addrs()[0].String() != tt.bound) {
			t.Errorf("%s, %v: bound %v", tt.listen, tt.err, s.Addrs())
		}
		if err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: the cause is lost: %v", tt.listen, err)
		}
		checkClosed(t, *made, err != nil)
	}
}

// checkClosed demands that all listeners are closed, or none.
func checkClosed(t *testing.T, made []*pipeListener, want bool) {
	t.Helper()
	for _, l := range made {
		select {
		case <-l.done:
			if !want {
				t.Errorf("%v was closed", l.addr)
			}
		default:
			if want {
				t.Errorf("%v was left open", l.addr)
			}
		}
	}
}

// A port that the system chose for IPv4 may be taken for IPv6: another one is tried, but not for ever.
func TestOpenPortZero(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	bind, made := fakeBind(errInUse, errInUse, nil)
	s.bind = bind
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.Addrs(); len(got) != 2 || got[0].Port() != 1003 || got[1].Port() != 1003 {
		t.Errorf("bound %v", got)
	}
	checkClosed(t, (*made)[:2], true)
	checkClosed(t, (*made)[2:], false)

	s = newTestServer(t, Config{}, testSite{}, defaultLimits)
	never := make([]error, 2*portTries)
	for i := range never {
		never[i] = errInUse
	}
	s.bind, made = fakeBind(never...)
	if err := s.Open(t.Context()); !isAddrInUse(err) {
		t.Errorf("open: %v", err)
	}
	if len(*made) != portTries {
		t.Errorf("%d tries", len(*made))
	}
	checkClosed(t, *made, true)
}

func TestOpenUnknownName(t *testing.T) {
	s := newTestServer(t, Config{Listen: "box.invalid:0"}, testSite{}, defaultLimits)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the resolver is not asked
	if err := s.Open(ctx); err == nil || !strings.Contains(err.Error(), "box.invalid") {
		t.Errorf("open: %v", err)
	}
	if !s.gate.allows("box.invalid:80", netip.Addr{}) {
		t.Error("the name listened on is not allowed as Host")
	}
}

// Whoever listens beyond loopback is told, and only then.
func TestOpenWarnsBeyondLoopback(t *testing.T) {
	for listen, want := range map[string]int{"localhost:8080": 0, ":8080": 1, "192.0.2.7:8080": 1} {
		var log logBuffer
		s := newTestServer(t, Config{Listen: listen, Log: log.logger()}, testSite{}, defaultLimits)
		s.bind, _ = fakeBind()
		if err := s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != want {
			t.Errorf("%s: %d warnings:\n%s", listen, n, log.String())
		}
		if s.gate.beyond.Load() != (want == 1) {
			t.Errorf("%s: own addresses allowed %v", listen, s.gate.beyond.Load())
		}
	}
}
