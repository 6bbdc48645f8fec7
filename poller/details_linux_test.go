package poller

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"sockeye/poller/sockdiag"
)

// detailsOf polls once and asks for the details of the socket with the given local end and state.
func detailsOf(t *testing.T, local netip.AddrPort, state State) (*sockdiag.Detail, error) {
	t.Helper()
	s, err := openNetlink()
	check(t, err)
	p := fake(s, nobody{}, Options{})
	defer func() { check(t, s.Close()) }()
	all, err := s.sockets(context.Background(), nil)
	check(t, err)
	for i := range all {
		if all[i].Local == local && all[i].State == state {
			return p.Details(context.Background(), &all[i])
		}
	}
	t.Fatalf("no socket at %v in %v", local, state)
	return nil, nil
}

// TestDetails on real sockets: IPv4, IPv6, and IPv4 inside IPv6.
func TestDetails(t *testing.T) {
	for _, network := range [][2]string{{"tcp4", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}, {"tcp", "[::]:0"}} {
		l, err := net.Listen(network[0], network[1])
		check(t, err)
		defer l.Close()
		listening := l.Addr().(*net.TCPAddr).AddrPort()
		d, err := detailsOf(t, netip.AddrPortFrom(listening.Addr().Unmap(), listening.Port()), StateListen)
		if err != nil || d.State != sockdiag.Listen {
			t.Errorf("%v listener: %+v, %v", network, d, err)
		}
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), listening.Port())
		if network[0] == "tcp6" {
			to = listening
		}
		c, err := net.Dial("tcp", to.String())
		check(t, err)
		defer c.Close()
		server, err := l.Accept()
		check(t, err)
		defer server.Close()
		if d, err = detailsOf(t, to, StateEstablished); err != nil || d.TCP.SndCwnd == 0 {
			t.Errorf("%v server's end: %+v, %v", network, d, err)
		}
	}
}

func TestNoDetails(t *testing.T) {
	p := fake(fakeSource{&Fake{}}, nobody{}, Options{})
	s := tcp4(1, StateEstablished, "127.0.0.1:1", "127.0.0.1:2")
	if _, err := p.Details(context.Background(), &s); !errors.Is(err, ErrNoDetails) {
		t.Errorf("a fake that cannot tell: %v", err)
	}
	p = fake(fakeSource{&Fake{Details: func(*Socket) (*sockdiag.Detail, error) { return nil, sockdiag.ErrGone }}}, nobody{}, Options{})
	if _, err := p.Details(context.Background(), &s); !errors.Is(err, sockdiag.ErrGone) {
		t.Errorf("a socket that is gone: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Details(ended, &s); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody asks any more: %v", err)
	}
}

func TestQuestionOf(t *testing.T) {
	s := tcp4(7, StateEstablished, "192.0.2.1:80", "192.0.2.2:5")
	s.Family, s.Protocol = IPv6, UDP
	q := questionOf(&s, nil)
	if q.Local.String() != "[::ffff:192.0.2.1]:80" || q.Protocol != sockdiag.ProtocolUDP || q.Family != sockdiag.FamilyIPv6 || q.Cookie != 7 {
		t.Errorf("%+v", q)
	}
	s.Local = netip.MustParseAddrPort("[fe80::1%eth9]:80")
	q = questionOf(&s, func(zone string) uint32 { return uint32(len(zone)) })
	if q.Interface != 4 || q.Local.Addr().Zone() != "" {
		t.Errorf("%+v", q)
	}
}
