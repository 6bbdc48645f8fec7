package poller

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller/sockdiag"
)

// zoneOf names interfaces as eth0, eth1 and so on.
func zoneOf(index uint32) string { return "eth" + digits(index) }

// recordOf makes a record of an established v4 connection, changed by with.
func recordOf(with func(*sockdiag.Record)) *sockdiag.Record {
	r := &sockdiag.Record{
		Family: sockdiag.FamilyIPv4, State: sockdiag.Established, Cookie: 99, Inode: 4026, UID: 1000,
		Source: netip.MustParseAddrPort("192.0.2.1:443"), Destination: netip.MustParseAddrPort("198.51.100.7:50000"),
		ReceiveQueue: 3, SendQueue: 4, HasInfo: true,
		Info: sockdiag.Info{Unacked: 1, RTT: 250, TotalRetrans: 2, BytesAcked: 901, BytesReceived: 500, BytesSent: 1000, BytesRetrans: 100,
			HasBytes: true, HasSent: true},
	}
	with(r)
	return r
}

// What the kernel tells of a socket is taken over, and nothing that it does not tell.
func TestSocketOf(t *testing.T) {
	const all = KnownUID | KnownQueues | KnownBytes | KnownRTT | KnownRetransmits
	whole := Socket{
		ID: 99, Protocol: TCP, Family: IPv4, State: StateEstablished, Known: all, Inode: 4026, UID: 1000,
		Local: netip.MustParseAddrPort("192.0.2.1:443"), Remote: netip.MustParseAddrPort("198.51.100.7:50000"),
		ReceiveQueue: 3, SendQueue: 4, BytesReceived: 500, BytesSent: 900, RTT: 250, Retransmits: 2,
	}
	for _, tt := range []struct {
		name string
		with func(*sockdiag.Record)
		want func(*Socket)
	}{
		{"established", func(*sockdiag.Record) {}, func(*Socket) {}},
		{"before the first round trip", func(r *sockdiag.Record) { r.Info.RTT = 0 },
			func(s *Socket) { s.RTT, s.Known = 0, all&^KnownRTT }},
		{"kernel without bytes sent", func(r *sockdiag.Record) { r.Info.HasSent = false }, func(s *Socket) { s.BytesSent = 901 }},
		{"kernel without bytes", func(r *sockdiag.Record) { r.Info.HasSent, r.Info.HasBytes = false, false },
			func(s *Socket) { s.BytesReceived, s.BytesSent, s.Known = 0, 0, all&^KnownBytes }},
		{"kernel without tcp_info", func(r *sockdiag.Record) { r.HasInfo = false }, func(s *Socket) {
			s.BytesReceived, s.BytesSent, s.RTT, s.Retransmits, s.Known = 0, 0, 0, 0, KnownUID|KnownQueues
		}},
		{"more repeated than sent", func(r *sockdiag.Record) { r.Info.BytesRetrans = 1001 }, func(s *Socket) { s.BytesSent = 0 }},
		{"listener", func(r *sockdiag.Record) { r.State = sockdiag.Listen }, func(s *Socket) {
			s.State, s.Known = StateListen, KnownUID|KnownQueues
			s.BytesReceived, s.BytesSent, s.RTT, s.Retransmits = 0, 0, 0, 0
		}},
		{"FIN received", func(r *sockdiag.Record) { r.State = sockdiag.CloseWait },
			func(s *Socket) { s.State, s.BytesReceived = StateCloseWait, 499 }},
		{"FIN received, nothing counted", func(r *sockdiag.Record) { r.State, r.Info.BytesReceived = sockdiag.LastAck, 0 },
			func(s *Socket) { s.State, s.BytesReceived = StateLastAck, 0 }},
		{"FIN sent", func(r *sockdiag.Record) { r.State = sockdiag.FinWait2 }, func(s *Socket) { s.State = StateFinWait2 }},
		{"root", func(r *sockdiag.Record) { r.UID = 0 }, func(s *Socket) { s.UID = 0 }},
		{"v6 only", func(r *sockdiag.Record) { r.HasV6, r.V6Only = true, true }, func(s *Socket) { s.V6Only = true }},
		{"unknown state", func(r *sockdiag.Record) { r.State = 14 }, func(s *Socket) { s.State = StateUnknown }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := whole
			tt.want(&want)
			got := socketOf(sockdiag.ProtocolTCP, recordOf(tt.with), zoneOf)
			if diff := cmp.Diff(want, got, comparable()); diff != "" {
				t.Errorf("socket (-want +got):\n%s", diff)
			}
		})
	}
}

// A socket that waits without a struct sock has no user; its zero does not mean root.
func TestSocketOfUser(t *testing.T) {
	for _, tt := range []struct {
		state, timer uint8
		uid          uint32
		known        bool
	}{
		{sockdiag.TimeWait, sockdiag.TimerTimeWait, 0, false},
		{sockdiag.FinWait2, sockdiag.TimerTimeWait, 0, false},
		{sockdiag.FinWait2, 0, 0, true},
		{sockdiag.SynRecv, 0, 0, false},
		{sockdiag.NewSynRecv, 1, 0, false},
		{sockdiag.SynRecv, 0, 1000, true},
		{sockdiag.TimeWait, sockdiag.TimerTimeWait, 1000, true},
		{sockdiag.Established, 0, 0, true},
	} {
		r := recordOf(func(r *sockdiag.Record) { r.State, r.Timer, r.UID = tt.state, tt.timer, tt.uid })
		s := socketOf(sockdiag.ProtocolTCP, r, zoneOf)
		if s.Known.Has(KnownUID) != tt.known || tt.known && s.UID != tt.uid {
			t.Errorf("%+v: user %d, known %b", tt, s.UID, s.Known)
		}
	}
}

// Each state of the kernel has its word; UDP has none.
func TestSocketOfState(t *testing.T) {
	for state, want := range map[uint8]State{
		sockdiag.Established: StateEstablished, sockdiag.SynSent: StateSynSent, sockdiag.SynRecv: StateSynReceived,
		sockdiag.FinWait1: StateFinWait1, sockdiag.FinWait2: StateFinWait2, sockdiag.TimeWait: StateTimeWait,
		sockdiag.Close: StateClosed, sockdiag.CloseWait: StateCloseWait, sockdiag.LastAck: StateLastAck,
		sockdiag.Listen: StateListen, sockdiag.Closing: StateClosing, sockdiag.NewSynRecv: StateSynReceived,
		sockdiag.BoundInactive: StateClosed, 0: StateUnknown, 14: StateUnknown, 255: StateUnknown,
	} {
		r := recordOf(func(r *sockdiag.Record) { r.State = state })
		if got := socketOf(sockdiag.ProtocolTCP, r, zoneOf).State; got != want {
			t.Errorf("TCP state %d is %v, want %v", state, got, want)
		}
		s := socketOf(sockdiag.ProtocolUDP, r, zoneOf)
		if s.State != StateNone || s.Protocol != UDP {
			t.Errorf("UDP state %d is %v of %v", state, s.State, s.Protocol)
		}
	}
}

// Addresses are those of the contract: v4-mapped ones as IPv4, link-local ones with their zone, others without.
func TestSocketOfAddresses(t *testing.T) {
	for _, tt := range []struct {
		wire  string
		index uint32
		want  string
	}{
		{"[::ffff:192.0.2.1]:443", 0, "192.0.2.1:443"},
		{"[::ffff:192.0.2.1]:443", 2, "192.0.2.1:443"},
		{"[::ffff:169.254.1.1]:443", 2, "169.254.1.1:443"},
		{"[fe80::1]:443", 2, "[fe80::1%eth2]:443"},
		{"[fe80::1]:443", 0, "[fe80::1]:443"},
		{"[2001:db8::]:443", 2, "[2001:db8::]:443"},
		{"[::]:0", 2, "[::]:0"},
	} {
		r := recordOf(func(r *sockdiag.Record) {
			r.Family, r.Interface = sockdiag.FamilyIPv6, tt.index
			r.Source, r.Destination = netip.MustParseAddrPort(tt.wire), netip.MustParseAddrPort(tt.wire)
		})
		s := socketOf(sockdiag.ProtocolTCP, r, zoneOf)
		if want := netip.MustParseAddrPort(tt.want); s.Local != want || s.Remote != want || s.Family != IPv6 {
			t.Errorf("%s on interface %d: %v and %v of %v, want %v", tt.wire, tt.index, s.Local, s.Remote, s.Family, want)
		}
	}
}

// Of a UDP socket it is known what waits in its queue and what it dropped, where the kernel tells that, and no bytes.
func TestSocketOfUDP(t *testing.T) {
	const known = KnownUID | KnownQueues
	for _, has := range []bool{true, false} {
		r := recordOf(func(r *sockdiag.Record) { r.State, r.HasInfo, r.Drops, r.HasDrops = sockdiag.Close, false, 7, has })
		s := socketOf(sockdiag.ProtocolUDP, r, zoneOf)
		if s.State != StateNone || s.ReceiveQueue != 3 || has && (s.Known != known|KnownDrops || s.Drops != 7) || !has && s.Known != known {
			t.Errorf("told of drops: %v: %+v", has, s)
		}
		if s := socketOf(sockdiag.ProtocolTCP, r, zoneOf); s.Known.Has(KnownDrops) {
			t.Errorf("a TCP socket with drops: %+v", s)
		}
	}
}

// Which end opened a connection follows from the sequence numbers that were acknowledged, once all are.
func TestOpening(t *testing.T) {
	info := func(sent, retrans, acked uint64, unacked uint32) sockdiag.Info {
		return sockdiag.Info{BytesSent: sent, BytesRetrans: retrans, BytesAcked: acked, Unacked: unacked, HasBytes: true, HasSent: true}
	}
	old := info(0, 0, 0, 0)
	old.HasSent = false
	for _, tt := range []struct {
		name  string
		state uint8
		info  sockdiag.Info
		want  Opening
	}{
		{"client, nothing sent", sockdiag.Established, info(0, 0, 1, 0), OpenedActively},
		{"server, nothing sent", sockdiag.Established, info(0, 0, 0, 0), OpenedPassively},
		{"client", sockdiag.Established, info(100, 0, 101, 0), OpenedActively},
		{"server", sockdiag.Established, info(100, 0, 100, 0), OpenedPassively},
		{"client that repeated", sockdiag.Established, info(130, 30, 101, 0), OpenedActively},
		{"client, the peer has closed", sockdiag.CloseWait, info(100, 0, 101, 0), OpenedActively},
		{"one byte of a client on its way", sockdiag.Established, info(101, 0, 101, 1), OpeningUnknown},
		{"does not add up", sockdiag.Established, info(100, 0, 99, 0), OpeningUnknown},
		{"a FIN may be among them", sockdiag.FinWait2, info(100, 0, 101, 0), OpeningUnknown},
		{"asking", sockdiag.SynSent, info(0, 0, 0, 0), OpeningUnknown},
		{"listener", sockdiag.Listen, info(0, 0, 0, 0), OpeningUnknown},
		{"old kernel", sockdiag.Established, old, OpeningUnknown},
	} {
		r := recordOf(func(r *sockdiag.Record) { r.State, r.Info = tt.state, tt.info })
		if s := socketOf(sockdiag.ProtocolTCP, r, zoneOf); s.Opening != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, s.Opening, tt.want)
		}
	}
}
