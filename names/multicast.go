package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Multicast asks devices of the local network for the names they give themselves, by multicast DNS (RFC 6762): one
// question for each address, to all on its network, from a port of its own (section 5.1). What is heard is believed only
// where it comes from the very address that was asked for. It is a [Resolver].
type Multicast struct {
	// Interface returns the name of the interface of this machine on whose network an address is; "" where it is on none,
	// and then nobody is asked.
	Interface func(netip.Addr) string
}

// multicastPort is the port of multicast DNS, and multicastWait how long an answer is waited for: devices hold theirs
// back for an eighth of a second at most (RFC 6762 section 6).
const (
	multicastPort = 5353
	multicastWait = 900 * time.Millisecond
)

// The groups of multicast DNS (RFC 6762 section 3).
var (
	multicastV4 = netip.AddrFrom4([4]byte{224, 0, 0, 251})
	multicastV6 = netip.MustParseAddr("ff02::fb")
)

// errNoAnswer says that nobody has answered who may.
var errNoAnswer = errors.New("no answer by multicast")

// LookupAddr asks for the names of an address. It takes a second at the most.
func (m *Multicast) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	of, err := netip.ParseAddr(addr)
	if err != nil {
		return nil, fmt.Errorf("multicast DNS: %w", err)
	}
	of = of.Unmap()
	on := m.Interface(of.WithZone(""))
	if on == "" {
		return nil, fmt.Errorf("multicast DNS: %s is on no network of this machine", of)
	}
	device, err := net.InterfaceByName(on)
	if err != nil {
		return nil, fmt.Errorf("multicast DNS: %w", err)
	}
	question, err := questionOf(of)
	if err != nil {
		return nil, err
	}
	c, group, err := openMulticast(of, device)
	if err != nil {
		return nil, fmt.Errorf("multicast DNS on %s: %w", on, err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	if err := c.SetDeadline(time.Now().Add(multicastWait)); err != nil {
		return nil, fmt.Errorf("multicast DNS: %w", err)
	}
	b, err := question.Pack()
	if err != nil {
		return nil, fmt.Errorf("multicast DNS: %w", err)
	}
	if _, err := c.WriteToUDPAddrPort(b, group); err != nil {
		return nil, fmt.Errorf("multicast DNS: %w", err)
	}
	return hear(c, question, of)
}

// questionOf makes the question for the name of an address.
func questionOf(of netip.Addr) (*dns.Msg, error) {
	name, err := dns.ReverseAddr(of.WithZone("").String())
	if err != nil {
		return nil, fmt.Errorf("multicast DNS: %w", err)
	}
	q := new(dns.Msg)
	q.SetQuestion(name, dns.TypePTR)
	q.RecursionDesired = false
	return q, nil
}

// openMulticast opens a socket that sends to the group of an address's family on one network only.
func openMulticast(of netip.Addr, device *net.Interface) (*net.UDPConn, netip.AddrPort, error) {
	if of.Is4() {
		c, err := net.ListenUDP("udp4", nil)
		if err != nil {
			return nil, netip.AddrPort{}, err
		}
		p := ipv4.NewPacketConn(c)
		if err := errors.Join(p.SetMulticastInterface(device), p.SetMulticastTTL(255)); err != nil {
			return nil, netip.AddrPort{}, errors.Join(err, c.Close())
		}
		return c, netip.AddrPortFrom(multicastV4, multicastPort), nil
	}
	c, err := net.ListenUDP("udp6", nil)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	p := ipv6.NewPacketConn(c)
	if err := errors.Join(p.SetMulticastInterface(device), p.SetMulticastHopLimit(255)); err != nil {
		return nil, netip.AddrPort{}, errors.Join(err, c.Close())
	}
	return c, netip.AddrPortFrom(multicastV6.WithZone(device.Name), multicastPort), nil
}

// maxHeard is how many packets are looked at for one question: others may send what they like.
const maxHeard = 64

// hear waits for the answer.
func hear(c *net.UDPConn, question *dns.Msg, of netip.Addr) ([]string, error) {
	buffer := make([]byte, 9000) // RFC 6762 section 17
	for range maxHeard {
		n, from, err := c.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
		}
		if from.Port() != multicastPort || from.Addr().Unmap().WithZone("") != of.WithZone("") {
			continue
		}
		if list := answersTo(question, buffer[:n]); len(list) > 0 {
			return list, nil
		}
	}
	return nil, errNoAnswer
}

// answersTo returns the names that a packet gives in answer to a question, none where it is no answer to it. Names end in
// ".local" there, and nobody is believed who says otherwise of himself (RFC 6762 section 3).
func answersTo(question *dns.Msg, packet []byte) (list []string) {
	var m dns.Msg
	if m.Unpack(packet) != nil || !m.Response || m.Id != question.Id || m.Rcode != dns.RcodeSuccess {
		return nil
	}
	for _, r := range m.Answer {
		ptr, ok := r.(*dns.PTR)
		if !ok || !strings.EqualFold(ptr.Hdr.Name, question.Question[0].Name) || ptr.Hdr.Class&^(1<<15) != dns.ClassINET {
			continue
		}
		if name := strings.ToLower(ptr.Ptr); strings.HasSuffix(name, ".local.") && len(name) > len(".local.") {
			list = append(list, ptr.Ptr)
		}
	}
	return list
}
