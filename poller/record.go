package poller

import (
	"net"
	"net/netip"
	"time"

	"sockeye/poller/sockdiag"
)

// kernelStates maps the kernel's TCP states to ours.
var kernelStates = [...]State{
	sockdiag.Established:   StateEstablished,
	sockdiag.SynSent:       StateSynSent,
	sockdiag.SynRecv:       StateSynReceived,
	sockdiag.FinWait1:      StateFinWait1,
	sockdiag.FinWait2:      StateFinWait2,
	sockdiag.TimeWait:      StateTimeWait,
	sockdiag.Close:         StateClosed,
	sockdiag.CloseWait:     StateCloseWait,
	sockdiag.LastAck:       StateLastAck,
	sockdiag.Listen:        StateListen,
	sockdiag.Closing:       StateClosing,
	sockdiag.NewSynRecv:    StateSynReceived,
	sockdiag.BoundInactive: StateClosed,
}

// KernelState returns the state that the kernel has a number for (net/tcp_states.h).
func KernelState(n uint8) State {
	if int(n) < len(kernelStates) {
		return kernelStates[n]
	}
	return StateUnknown
}

// socketOf turns what the kernel told into a Socket. zone names an interface by its index.
func socketOf(protocol uint8, r *sockdiag.Record, zone func(uint32) string) Socket {
	s := Socket{
		ID: ID(r.Cookie), Protocol: TCP, Family: IPv4, V6Only: r.V6Only,
		Local: endOf(r.Source, r.Interface, zone), Remote: endOf(r.Destination, r.Interface, zone),
		Inode: r.Inode, ReceiveQueue: r.ReceiveQueue, SendQueue: r.SendQueue, Known: KnownQueues,
	}
	if r.Family == sockdiag.FamilyIPv6 {
		s.Family = IPv6
	}
	if protocol == sockdiag.ProtocolUDP {
		s.Protocol, s.State = UDP, StateNone
		if r.HasDrops {
			s.Drops, s.Known = r.Drops, s.Known|KnownDrops
		}
	} else {
		s.State = KernelState(r.State)
	}
	if hasUser(&s, r) {
		s.UID, s.Known = r.UID, s.Known|KnownUID
	}
	if r.HasInfo && s.State != StateListen {
		s.setInfo(&r.Info)
	}
	return s
}

// hasUser reports whether the record's uid means something: sockets that wait without a struct sock, requests not yet
// answered and, before Linux 6.17, sockets that no descriptor refers to carry zeros in its place.
func hasUser(s *Socket, r *sockdiag.Record) bool {
	mini := s.State == StateTimeWait || s.State == StateSynReceived || r.Timer == sockdiag.TimerTimeWait
	return r.UID != 0 || !mini && r.Inode != 0
}

// setInfo takes over what struct tcp_info tells of a connection.
func (s *Socket) setInfo(i *sockdiag.Info) {
	s.Opening = openingOf(s.State, i)
	s.Retransmits, s.Known = i.TotalRetrans, s.Known|KnownRetransmits
	if i.RTT > 0 {
		s.RTT, s.Known = i.RTT, s.Known|KnownRTT
	}
	if !i.HasBytes {
		return
	}
	s.Known |= KnownBytes
	s.BytesReceived = i.BytesReceived
	if s.peerClosed() && s.BytesReceived > 0 {
		s.BytesReceived-- // the peer's FIN takes one sequence number and is counted like a byte
	}
	s.BytesSent = i.BytesAcked
	if i.HasSent {
		s.BytesSent = i.BytesSent - min(i.BytesRetrans, i.BytesSent)
	}
}

// openingOf tells which end opened a connection: the kernel's count of acknowledged sequence numbers has a SYN of this
// end in it, and none where the other end sent the first. That can be read from the count where nothing is on its way
// and no FIN of ours is counted as well.
func openingOf(state State, i *sockdiag.Info) Opening {
	if state != StateEstablished && state != StateCloseWait || !i.HasSent || i.Unacked != 0 {
		return OpeningUnknown
	}
	switch i.BytesAcked {
	case i.BytesSent - i.BytesRetrans:
		return OpenedPassively
	case i.BytesSent - i.BytesRetrans + 1:
		return OpenedActively
	}
	return OpeningUnknown
}

// peerClosed reports whether the peer's FIN has been received (RFC 9293 section 3.6).
func (s *Socket) peerClosed() bool {
	switch s.State {
	case StateCloseWait, StateLastAck, StateClosing, StateTimeWait:
		return true
	}
	return false
}

// endOf unmaps a v4-mapped address and gives a link-local one its zone.
func endOf(a netip.AddrPort, index uint32, zone func(uint32) string) netip.AddrPort {
	addr := a.Addr().Unmap()
	if index != 0 && addr.Is6() && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(zone(index))
	}
	return netip.AddrPortFrom(addr, a.Port())
}

// maxZones bounds the cache of interface names; an index beyond it is looked up each time. zoneAge is how long a name is
// believed: interfaces are renamed, and numbers of those that are gone can be given out again.
const (
	maxZones = 1024
	zoneAge  = 10 * time.Second
)

// zoneCache remembers the names of interfaces.
type zoneCache struct {
	names  map[uint32]string
	since  time.Time // when they were last forgotten, by the wall clock
	lookup func(uint32) string
}

func newZoneCache(lookup func(uint32) string) *zoneCache {
	return &zoneCache{names: map[uint32]string{}, lookup: lookup}
}

// refresh forgets names that are too old.
func (z *zoneCache) refresh(now time.Time) {
	if age := now.Sub(z.since); age >= zoneAge || age < 0 {
		clear(z.names)
		z.since = now
	}
}

// name returns the name of the interface with the given index, "" where it has none.
func (z *zoneCache) name(index uint32) string {
	if n, ok := z.names[index]; ok {
		return n
	}
	n := z.lookup(index)
	if n != "" && len(z.names) < maxZones {
		z.names[index] = n
	}
	return n
}

// interfaceName returns the name of the interface with the given index, "" where there is none.
func interfaceName(index uint32) string {
	i, err := net.InterfaceByIndex(int(index))
	if err != nil {
		return ""
	}
	return i.Name
}
