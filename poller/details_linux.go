package poller

import (
	"net"
	"net/netip"

	"sockeye/poller/sockdiag"
)

// details implements detailer.
func (s *netlinkSource) details(of *Socket) (*sockdiag.Detail, error) {
	return sockdiag.Ask(questionOf(of, interfaceIndex))
}

// questionOf names a socket to the kernel.
func questionOf(s *Socket, index func(zone string) uint32) sockdiag.Question {
	q := sockdiag.Question{
		Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Cookie: uint64(s.ID),
		Local: s.Local, Remote: s.Remote,
	}
	if s.Protocol == UDP {
		q.Protocol = sockdiag.ProtocolUDP
	}
	if s.Family == IPv6 {
		q.Family = sockdiag.FamilyIPv6
		q.Local, q.Remote = mapped(s.Local), mapped(s.Remote)
	}
	if zone := s.Local.Addr().Zone(); zone != "" {
		q.Interface = index(zone)
	}
	return q
}

// mapped undoes what endOf did to the end of an IPv6 socket. The wildcard stays IPv6's own.
func mapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().WithZone("").As16()), a.Port())
}

// interfaceIndex returns the index of an interface, 0 where there is none of this name.
func interfaceIndex(zone string) uint32 {
	i, err := net.InterfaceByName(zone)
	if err != nil {
		return 0
	}
	return uint32(i.Index)
}
