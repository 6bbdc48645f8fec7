package diagnose

import (
	"encoding/binary"
	"net/netip"
	"sync"
)

// sightings counts what was seen on the interfaces themselves, outside of this machine's firewall: a request that was
// made and never seen did not leave, and an answer that was seen and never arrived was thrown away here. It is safe for
// concurrent use.
type sightings struct {
	mu   sync.Mutex
	seen map[netip.AddrPort]sighting // by the other end; guarded by mu
}

// sighting is what was seen of one other end.
type sighting struct {
	requests int // TCP segments with SYN, or questions to port 53, that left
	answers  int // TCP segments with SYN and ACK, or answers from port 53, that came
	resets   int // TCP segments with RST that came
	errors   int // ICMP errors that came about packets to it
}

// maxSightings bounds what is remembered.
const maxSightings = 4096

// of returns what was seen of an end.
func (s *sightings) of(a netip.AddrPort) sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[a]
}

// add changes what was seen of an end.
func (s *sightings) add(a netip.AddrPort, change func(*sighting)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, known := s.seen[a]
	if !known && len(s.seen) >= maxSightings {
		return
	}
	change(&v)
	s.seen[a] = v
}

// packet is what matters of an IP packet.
type packet struct {
	from, to       netip.AddrPort // with port 0 for ICMP
	tcp, udp, icmp bool
	syn, ack, rst  bool
	about          netip.AddrPort // of an ICMP error: where the packet went that it is about
}

// file counts a packet that left or came.
func (s *sightings) file(p packet, left bool) {
	switch {
	case p.icmp && !left && p.about.IsValid():
		s.add(p.about, func(v *sighting) { v.errors++ })
	case left && (p.tcp && p.syn && !p.ack || p.udp):
		s.add(p.to, func(v *sighting) { v.requests++ })
	case left:
	case p.tcp && p.rst:
		s.add(p.from, func(v *sighting) { v.resets++ })
	case p.tcp && p.syn && p.ack, p.udp:
		s.add(p.from, func(v *sighting) { v.answers++ })
	}
}

// parsePacket reads an IPv4 or IPv6 packet as far as it matters; ok is false for what is cut off or of no interest.
func parsePacket(b []byte) (p packet, ok bool) {
	from, to, protocol, body, ok := parseIP(b)
	if !ok {
		return packet{}, false
	}
	switch protocol {
	case 6:
		if len(body) < 14 {
			return packet{}, false
		}
		p.tcp, p.syn, p.rst, p.ack = true, body[13]&2 != 0, body[13]&4 != 0, body[13]&16 != 0
	case 17:
		if len(body) < 4 {
			return packet{}, false
		}
		p.udp = true
	case 1, 58:
		p.icmp = true
		p.from, p.to = netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)
		if len(body) < 8 || !icmpError(protocol, body[0]) {
			return packet{}, false
		}
		_, about, inner, rest, ok := parseIP(body[8:])
		if !ok || len(rest) < 4 || inner != 6 && inner != 17 {
			return packet{}, false
		}
		p.about = netip.AddrPortFrom(about, binary.BigEndian.Uint16(rest[2:]))
		return p, true
	default:
		return packet{}, false
	}
	p.from = netip.AddrPortFrom(from, binary.BigEndian.Uint16(body))
	p.to = netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:]))
	return p, true
}

// icmpError reports whether a type of ICMP or ICMPv6 is an error about another packet.
func icmpError(protocol, kind byte) bool {
	if protocol == 58 {
		return kind >= 1 && kind <= 4
	}
	return kind == 3 || kind == 11 || kind == 12
}

// parseIP reads the header of an IP packet, which may be cut off behind it.
func parseIP(b []byte) (from, to netip.Addr, protocol byte, body []byte, ok bool) {
	if len(b) < 20 {
		return from, to, 0, nil, false
	}
	switch b[0] >> 4 {
	case 4:
		header := int(b[0]&15) * 4
		if header < 20 || len(b) < header || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
			return from, to, 0, nil, false
		}
		return netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[9], b[header:], true
	case 6:
		if len(b) < 40 {
			return from, to, 0, nil, false
		}
		return netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:])), b[6], b[40:], true
	}
	return from, to, 0, nil, false
}

// newSightings returns one that has seen nothing.
func newSightings() *sightings { return &sightings{seen: map[netip.AddrPort]sighting{}} }
