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
	const client, server, client6, server6 = "192.0.2.1:50000", "198.51.100.7:443", "[2001:db8::1]:50000", "[2001:db8::7]:443"
	established := func(local, remote string) Socket { return tcp4(1, StateEstablished, local, remote) }
	opened := func(o Opening, local, remote string) Socket {
		s := established(local, remote)
		s.Opening = o
		return s
	}
	listener := func(local string) Socket { return tcp4(2, StateListen, local, "") }
	for _, tt := range []struct {
		name   string
		socket Socket
		beside []Socket
		want   Direction
	}{
		{"listener", listener(local), nil, Listening},
		{"bound only", tcp4(1, StateClosed, local, ""), nil, DirectionUnknown},
		{"nobody waits, server's port", established(local, remote), nil, DirectionUnknown},
		{"nobody waits, client's port", established(client, server), nil, Outbound},
		{"client that chose its port, as of NFS", established("192.0.2.1:700", "198.51.100.7:2049"), nil, DirectionUnknown},
		{"two high ports, as of peers", established(client, "198.51.100.7:51413"), nil, DirectionUnknown},
		{"a high port beyond our range", established(client, "198.51.100.7:65000"), nil, DirectionUnknown},
		{"high port, and nobody waits at ours", established("192.0.2.1:61000", server), nil, DirectionUnknown},
		{"first SYN from here", opened(OpenedActively, local, remote), nil, Outbound},
		{"first SYN from here, though another waits there", opened(OpenedActively, local, remote), []Socket{listener(local)}, Outbound},
		{"first SYN from there, to a high port", opened(OpenedPassively, client, server), nil, Inbound},
		{"listener at the address", established(local, remote), []Socket{listener(local)}, Inbound},
		{"listener at a high port", established(client, server), []Socket{listener(client)}, Inbound},
		{"listener at all addresses", established(local, remote), []Socket{listener("0.0.0.0:443")}, Inbound},
		{"listener at another port", established(client, server), []Socket{listener("192.0.2.1:444")}, Outbound},
		{"listener at another address", established(client, server), []Socket{listener("192.0.2.2:50000")}, Outbound},
		{"udp waits there, not tcp", established(client, server), []Socket{udp4(2, client, "")}, Outbound},
		{"v6-only listener", established(client, server), []Socket{end6(listener("[::]:50000"), true)}, Outbound},
		{"dual-stack listener", end6(established(local, remote), false), []Socket{end6(listener("[::]:443"), false)}, Inbound},
		{"v4 listener, v6 connection", end6(established(client6, server6), false), []Socket{listener("0.0.0.0:50000")}, Outbound},
		{"v6 listener at its address", end6(established(local6, remote6), false), []Socket{end6(listener(local6), false)}, Inbound},
		{"dual-stack at one v6 address", established(client, server), []Socket{end6(listener(client6), false)}, Outbound},
		{"zones do not count", end6(established("[fe80::1%eth0]:443", "[fe80::2%eth0]:5000"), false),
			[]Socket{end6(listener("[fe80::1%eth0]:443"), false)}, Inbound},
		{"asking from a port where another waits", tcp4(1, StateSynSent, local, remote), []Socket{listener(local)}, Outbound},
		{"not yet answered", tcp4(1, StateSynReceived, local, remote), nil, Inbound},
		{"loopback", established("127.0.0.1:443", "127.0.0.1:5000"), []Socket{listener("127.0.0.1:443")}, Loopback},
		{"loopback v6", end6(established("[::1]:443", "[::1]:5000"), false), nil, Loopback},
		{"loopback, whoever opened it", opened(OpenedActively, "127.0.0.1:5000", "127.0.0.1:443"), nil, Loopback},
		{"own address", established(local, "192.0.2.1:50000"), []Socket{listener(local)}, Loopback},
		{"own link-local address", end6(established("[fe80::1%eth0]:443", "[fe80::99%eth0]:5000"), false), nil, Loopback},
		{"udp unconnected", udp4(1, local, ""), nil, Listening},
		{"udp connected", udp4(1, client, server), nil, Outbound},
		{"udp between two well-known ports, as of NTP", udp4(1, "192.0.2.1:123", "198.51.100.7:123"), nil, DirectionUnknown},
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
	expect(4, DirectionUnknown) // nobody waits there any more
	after.Opening, after.BytesSent = OpenedPassively, 1
	bring(table, []Socket{in, late, after}, time.Second)
	expect(4, Inbound)
}

// The listener of a connection may close between the same two polls, as that of a server for one visitor does; and
// what opens between two high ports while somebody watches was opened from here, where no such listener was.
func TestDirectionOfWhatJustOpened(t *testing.T) {
	for _, tt := range []struct {
		name          string
		local, remote string
		listener      string
		elapsed       time.Duration
		want          Direction
	}{
		{"closed at once", "192.0.2.1:9000", "198.51.100.7:50000", "0.0.0.0:9000", time.Second, Inbound},
		{"closed at once, after a gap", "192.0.2.1:9000", "198.51.100.7:50000", "0.0.0.0:9000", 0, Inbound},
		{"closed at once, high port", "192.0.2.1:40000", "198.51.100.7:50000", "0.0.0.0:40000", time.Second, Inbound},
		{"another closed", "192.0.2.1:9000", "198.51.100.7:50000", "0.0.0.0:9001", time.Second, DirectionUnknown},
		{"high ports, watched", "192.0.2.1:40000", "198.51.100.7:50051", "0.0.0.0:9001", time.Second, Outbound},
		{"high ports, after a gap", "192.0.2.1:40000", "198.51.100.7:50051", "0.0.0.0:9001", 0, DirectionUnknown},
	} {
		table := newTable()
		bring(table, []Socket{tcp4(1, StateListen, tt.listener, "")}, 0)
		connection := tcp4(2, StateEstablished, tt.local, tt.remote)
		bring(table, []Socket{connection}, tt.elapsed)
		if c, _ := table.Get(2); c.Direction != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, c.Direction, tt.want)
		}
		later := tcp4(3, StateEstablished, "192.0.2.1:9000", "198.51.100.7:50001") // that listener is long gone
		bring(table, []Socket{connection, later}, time.Second)
		if c, _ := table.Get(3); c.Direction != DirectionUnknown {
			t.Errorf("%s: %v for what came later", tt.name, c.Direction)
		}
	}
}

// A UDP socket that gets a remote end, and loses it again, waits in between no more.
func TestDirectionOfUDPThatConnects(t *testing.T) {
	table := newTable()
	for i, tt := range []struct {
		remote string
		want   Direction
	}{{"", Listening}, {"198.51.100.7:53", Outbound}, {"", Listening}, {"127.0.0.1:53", Loopback}} {
		bring(table, []Socket{udp4(1, "192.0.2.1:40000", tt.remote)}, time.Second)
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

// A poll tells the table which listeners left with it, and which ports this machine hands out.
func TestDirectionInAPoll(t *testing.T) {
	sockets, err := []Socket{tcp4(1, StateListen, "0.0.0.0:9000", "")}, error(nil)
	p := fake(lists(&sockets, &err), nobody{}, Options{})
	p.ports.read = func() (portRange, error) { return portRange{100, 200}, nil }
	p.poll(t.Context())
	sockets = []Socket{
		tcp4(2, StateEstablished, "192.0.2.1:9000", "198.51.100.7:50000"),
		tcp4(3, StateEstablished, "192.0.2.1:150", "198.51.100.7:443"),
	}
	p.poll(t.Context())
	for id, want := range map[ID]Direction{2: Inbound, 3: Outbound} {
		if c, _ := p.table.Get(id); c.Direction != want {
			t.Errorf("%v is %v, want %v", id, c.Direction, want)
		}
	}
}
