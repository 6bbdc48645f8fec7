package ports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// noIPv6 reports whether this system has no IPv6 on loopback.
func noIPv6(t *testing.T) bool {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return true
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return false
}

// listen opens a listener on loopback, or a UDP socket, and returns its port.
func listen(t *testing.T, protocol string) uint16 {
	t.Helper()
	if protocol == "udp" {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return netip.MustParseAddrPort(c.LocalAddr().String()).Port()
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

// TestTryHeld: of a port that is held on loopback, all addresses of IPv4 and that one are refused, and nothing else.
func TestTryHeld(t *testing.T) {
	for _, protocol := range []string{"tcp", "udp"} {
		port := listen(t, protocol)
		for _, o := range Try(t.Context(), port, protocol, noIPv6(t)) {
			want := No
			if o.Addr.Is6() && !o.Dual {
				want = Yes
			} else if protocol == "udp" && o.Reuse && len(reuses()) == 2 {
				want = Perhaps
			}
			if o.Verdict != want || want == No && (o.Errno != "EADDRINUSE" || o.Reason == "") || (o.Reason == "") != (want == Yes) {
				t.Errorf("%s %+v, want %v", protocol, o, want)
			}
		}
	}
}

// TestTryLetsGo: a free port is bound in every place, one after the other, and can be had afterwards.
func TestTryLetsGo(t *testing.T) {
	for _, protocol := range []string{"tcp", "udp"} {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := netip.MustParseAddrPort(l.Addr().String()).Port()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		all := Try(t.Context(), port, protocol, noIPv6(t))
		if len(all) != len(Places(noIPv6(t)))*len(reuses()) {
			t.Errorf("%d outcomes", len(all))
		}
		for _, o := range all {
			if o.Verdict != Yes || o.Errno != "" || o.Reason != "" {
				t.Errorf("%s %+v", protocol, o)
			}
		}
		if again, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
			t.Errorf("the port was not let go of: %v", err)
		} else if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTryEnds: who does not wait for the rest gets what was done.
func TestTryEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if all := Try(ctx, 1, "tcp", false); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestPlaces(t *testing.T) {
	var names []string
	for _, p := range Places(false) {
		names = append(names, p.String())
	}
	if fmt.Sprint(names) != "[0.0.0.0 :: :: with IPv4 127.0.0.1 ::1]" || len(Places(true)) != 2 || Places(true)[1].Wildcard() || !Places(true)[0].Wildcard() {
		t.Errorf("%q", names)
	}
}

// TestExplain: errors of the system have a name and words, on Windows too; others their own text.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err  error
		name string
		v    Verdict
	}{
		{fmt.Errorf("bind: %w", syscall.EADDRINUSE), "EADDRINUSE", No},
		{&net.OpError{Op: "listen", Err: fmt.Errorf("x: %w", syscall.EACCES)}, "EACCES", No},
		{syscall.Errno(10048), "EADDRINUSE", No},
		{syscall.Errno(10013), "EACCES", No},
		{syscall.EMFILE, "EMFILE", Perhaps},
		{syscall.ENOBUFS, "ENOBUFS", Perhaps},
		{errors.New("strange"), "", No},
		{syscall.ENOTDIR, "", No},
		{nil, "", Yes},
	} {
		var o Outcome
		o.judge(c.err)
		if o.Errno != c.name || o.Verdict != c.v || (o.Reason == "") != (c.err == nil) {
			t.Errorf("%v: %+v", c.err, o)
		}
	}
	if Yes.String() != "yes" || No.String() != "no" || Perhaps.String() != "perhaps" {
		t.Error("verdicts are not called what they are")
	}
}
