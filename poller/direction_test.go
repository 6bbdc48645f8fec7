package poller

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// end6 makes a socket of family IPv6.
func end6(s Socket, v6only bool) Socket {
	s.Family, s.V6Only = IPv6, v6only
	if s.Remote == netip.MustParseAddrPort("0.0.0.0:0") && s.Local.Addr().Is6() {
		s.Remote = netip.MustParseAddrPort("[::]:0")
	}
	return s
}

// udp4 makes a UDP socket.
func udp4(id ID, local, remote string) Socket {
	s := tcp4(id, StateNone, local, remote)
	s.Protocol = UDP
	return s
}

// The direction of a socket follows from those that wait beside it and from the machine's own addresses.
func TestDirection(t *testing.T) {
	const local, remote = "192.0.2.1:443", "198.51.100.7:50000"
	const local6, remote6 = "[2001:db8::1]:443", "[2001:db8::7]:50000"
	established := func(local, remote string) Socket { return tcp4(1, StateEstablished, local, remote) }
	listener := func(local string) Socket { return tcp4(2, StateListen, local, "") }
	for _, tt := range []struct {
		name   string
		socket Socket
		beside []Socket
		want   Direction
	}{
		{"listener", listener(local), nil, Listening},
		{"bound only", tcp4(1, StateClosed, local, ""), nil, DirectionUnknown},
		{"nobody waits", established(local, remote), nil, Outbound},
		{"listener at the address", established(local, remote), []Socket{listener(local)}, Inbound},
		{"listener at all addresses", established(local, remote), []Socket{listener("0.0.0.0:443")}, Inbound},
		{"listener at another port", established(local, remote), []Socket{listener("192.0.2.1:444")}, Outbound},
		{"listener at another address", established(local, remote), []Socket{listener("192.0.2.2:443")}, Outbound},
		{"udp waits there, not tcp", established(local, remote), []Socket{udp4(2, local, "")}, Outbound},
		{"v6-only listener", established(local, remote), []Socket{end6(listener("[::]:443"), true)}, Outbound},
		{"dual-stack listener", end6(established(local, remote), false), []Socket{end6(listener("[::]:443"), false)}, Inbound},
		{"v4 listener, v6 connection", end6(established(local6, remote6), false), []Socket{listener("0.0.0.0:443")}, Outbound},
		{"v6 listener at its address", end6(established(local6, remote6), false), []Socket{end6(listener(local6), false)}, Inbound},
		{"dual-stack at one v6 address", established(local, remote), []Socket{end6(listener(local6), false)}, Outbound},
		{"zones do not count", end6(established("[fe80::1%eth0]:443", "[fe80::2%eth0]:5000"), false),
			[]Socket{end6(listener("[fe80::1%eth0]:443"), false)}, Inbound},
		{"asking from a port where another waits", tcp4(1, StateSynSent, local, remote), []Socket{listener(local)}, Outbound},
		{"not yet answered", tcp4(1, StateSynReceived, local, remote), nil, Inbound},
		{"loopback", established("127.0.0.1:443", "127.0.0.1:5000"), []Socket{listener("127.0.0.1:443")}, Loopback},
		{"loopback v6", end6(established("[::1]:443", "[::1]:5000"), false), nil, Loopback},
		{"own address", established(local, "192.0.2.1:50000"), []Socket{listener(local)}, Loopback},
		{"own link-local address", end6(established("[fe80::1%eth0]:443", "[fe80::99%eth0]:5000"), false), nil, Loopback},
		{"udp unconnected", udp4(1, local, ""), nil, Listening},
		{"udp connected", udp4(1, local, remote), nil, Outbound},
		{"udp connected beside one that waits", udp4(1, local, remote), []Socket{udp4(2, "0.0.0.0:443", "")}, Inbound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, dump := range [][]Socket{append([]Socket{tt.socket}, tt.beside...), append(slices.Clone(tt.beside), tt.socket)} {
				table := newTable()
				bring(table, dump, 0, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fe80::99"))
				if c, _ := table.Get(tt.socket.ID); c.Direction != tt.want {
					t.Errorf("%v, want %v", c.Direction, tt.want)
				}
			}
		})
	}
}

// A direction that was decided stays, whatever becomes of the listener; one that could not be is decided later.
func TestDirectionOverTime(t *testing.T) {
	table := newTable()
	listener := tcp4(2, StateListen, "0.0.0.0:443", "")
	in, late := tcp4(1, StateEstablished, "192.0.2.1:443", "198.51.100.7:50000"), tcp4(3, StateClosed, "192.0.2.1:9000", "")
	expect := func(id ID, want Direction) {
		t.Helper()
		if c, _ := table.Get(id); c.Direction != want {
			t.Errorf("%v is %v, want %v", id, c.Direction, want)
		}
	}
	bring(table, []Socket{listener, in, late}, time.Second)
	expect(1, Inbound)
	expect(3, DirectionUnknown)
	in.State, late.State = StateCloseWait, StateSynSent
	late.Remote = netip.MustParseAddrPort("198.51.100.7:443")
	bring(table, []Socket{in, late}, time.Second)
	expect(1, Inbound)
	expect(3, Outbound)
	after := tcp4(4, StateEstablished, "192.0.2.1:443", "198.51.100.8:50000")
	bring(table, []Socket{in, late, after}, time.Second)
	expect(4, Outbound) // nobody waits there any more
}

// A UDP socket that gets a remote end, and loses it again, waits in between no more.
func TestDirectionOfUDPThatConnects(t *testing.T) {
	table := newTable()
	for i, tt := range []struct {
		remote string
		want   Direction
	}{{"", Listening}, {"198.51.100.7:53", Outbound}, {"", Listening}, {"127.0.0.1:53", Loopback}} {
		bring(table, []Socket{udp4(1, "192.0.2.1:5353", tt.remote)}, time.Second)
		if c, _ := table.Get(1); c.Direction != tt.want {
			t.Errorf("step %d: %v, want %v", i, c.Direction, tt.want)
		}
	}
}

// The set of listeners holds what was added and not taken away again.
func TestListenerSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sockets, l := rapid.SliceOf(anySocket()).Draw(t, "sockets"), listenerSet{}
		for i := range sockets {
			l.add(&sockets[i], 1)
			if key := (listenKey{sockets[i].Protocol, sockets[i].Local.Addr().WithZone(""), sockets[i].Local.Port()}); l[key] == 0 {
				t.Fatalf("%v is not in %v", key, l)
			}
		}
		for i := range sockets {
			l.add(&sockets[i], -1)
		}
		if len(l) != 0 {
			t.Fatalf("left over: %v", l)
		}
	})
}
