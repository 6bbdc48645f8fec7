package sockdiag

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

// questionTo finds the record of a socket by its ends in a dump, and asks for it alone.
func questionTo(t *testing.T, protocol uint8, local, remote string) Question {
	t.Helper()
	var q Question
	c := dial(t)
	l, r := netip.MustParseAddrPort(local), netip.MustParseAddrPort(remote)
	check(t, c.Dump(Request{Family: FamilyIPv4, Protocol: protocol, States: AllStates}, func(rec *Record) {
		if rec.Source == l && rec.Destination == r {
			q = Question{Family: FamilyIPv4, Protocol: protocol, Local: l, Remote: r, Cookie: rec.Cookie}
		}
	}))
	if q.Cookie == 0 {
		t.Fatalf("no socket %s %s in the dump", local, remote)
	}
	return q
}

// The kernel tells of one connection what it tells of none in a dump of all.
func TestAskConnection(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	check(t, err)
	defer c.Close()
	q := questionTo(t, ProtocolTCP, c.LocalAddr().String(), l.Addr().String())
	d, err := Ask(q)
	check(t, err)
	if d.Cookie != q.Cookie || d.State != Established || d.Congestion == "" || !d.HasMemory || !d.HasShutdown {
		t.Errorf("%+v", d)
	}
	if d.TCP.SndMSS == 0 || d.TCP.SndCwnd == 0 || !d.TCP.Has(LenBytes) {
		t.Errorf("tcp_info %+v", d.TCP)
	}
	q.Cookie++
	if _, err := Ask(q); !errors.Is(err, ErrGone) {
		t.Errorf("another cookie: %v", err)
	}
}

// Sockets that are not found by their ends are found all the same: bound ones, and listeners.
func TestAskOthers(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	if d, err := Ask(questionTo(t, ProtocolTCP, l.Addr().String(), "0.0.0.0:0")); err != nil || d.State != Listen {
		t.Errorf("listener: %+v, %v", d, err)
	}
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	check(t, err)
	defer u.Close()
	if d, err := Ask(questionTo(t, ProtocolUDP, u.LocalAddr().String(), "0.0.0.0:0")); err != nil || !d.HasMemory {
		t.Errorf("UDP socket: %+v, %v", d, err)
	}
	peer, err := net.Dial("udp4", u.LocalAddr().String())
	check(t, err)
	defer peer.Close()
	if _, err := Ask(questionTo(t, ProtocolUDP, peer.LocalAddr().String(), u.LocalAddr().String())); err != nil {
		t.Errorf("connected UDP socket: %v", err)
	}
}
