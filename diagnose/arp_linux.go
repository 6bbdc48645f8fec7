package diagnose

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// arpTries is how often a neighbour is asked, arpPause the time between.
const (
	arpTries = 5
	arpPause = 350 * time.Millisecond
)

// arpProbe asks who has an address of this machine without saying that it does (RFC 5227), and returns the hardware
// address of another machine that answers, nil for nobody.
func arpProbe(ctx context.Context, device string, a netip.Addr) (net.HardwareAddr, error) {
	return arpAsk(ctx, device, netip.IPv4Unspecified(), a, 2, 200*time.Millisecond)
}

// askNeighbour asks a neighbour for its hardware address; nil where none answers. It needs CAP_NET_RAW.
func askNeighbour(ctx context.Context, device string, a netip.Addr) (net.HardwareAddr, error) {
	if a.Is6() {
		return ndpAsk(ctx, device, a)
	}
	from := netip.IPv4Unspecified()
	if c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 9))); err == nil {
		from = c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
		_ = c.Close() // nothing was sent
	}
	return arpAsk(ctx, device, from, a, arpTries, arpPause)
}

// arpAsk sends ARP requests (RFC 826) and waits for an answer.
func arpAsk(ctx context.Context, device string, from, a netip.Addr, tries int, pause time.Duration) (net.HardwareAddr, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return nil, fmt.Errorf("ask by ARP: %w", err)
	}
	if len(i.HardwareAddr) != 6 {
		return nil, errors.New("ask by ARP: the interface has no hardware address")
	}
	socket, err := packetSocket(unix.ETH_P_ARP, i.Index)
	if err != nil {
		return nil, fmt.Errorf("ask by ARP: %w", err)
	}
	defer socket.Close()
	stop := context.AfterFunc(ctx, func() { _ = socket.SetDeadline(time.Now()) })
	defer stop()
	to := &unix.SockaddrLinklayer{Protocol: toNetwork(unix.ETH_P_ARP), Ifindex: i.Index, Halen: 6, Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	for range tries {
		if err := sendPacket(socket, arpRequest(i.HardwareAddr, from, a), to); err != nil {
			return nil, fmt.Errorf("ask by ARP: %w", err)
		}
		if mac := arpAnswer(socket, time.Now().Add(pause), i.HardwareAddr, a); mac != nil {
			return mac, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, nil
}

// arpRequest writes a request for the hardware address of a.
func arpRequest(mac net.HardwareAddr, from, a netip.Addr) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, 1} // Ethernet, IPv4, lengths, request
	b = append(b, mac...)
	b = append(b, from.AsSlice()...)
	b = append(b, make([]byte, 6)...)
	return append(b, a.AsSlice()...)
}

// parseARP returns who says in an ARP packet that it has which address; ok is false for what is no such packet. A
// probe for an address, which has no sender address, says nothing.
func parseARP(b []byte) (mac net.HardwareAddr, has netip.Addr, ok bool) {
	if len(b) < 28 || !bytes.Equal(b[:6], []byte{0, 1, 8, 0, 6, 4}) {
		return nil, netip.Addr{}, false
	}
	has = netip.AddrFrom4([4]byte(b[14:18]))
	return net.HardwareAddr(b[8:14]), has, !has.IsUnspecified()
}

// arpAnswer waits for another machine to say that it has an address.
func arpAnswer(socket *os.File, until time.Time, own net.HardwareAddr, a netip.Addr) net.HardwareAddr {
	buffer := make([]byte, 128)
	for {
		if socket.SetReadDeadline(until) != nil {
			return nil
		}
		n, err := socket.Read(buffer)
		if err != nil {
			return nil
		}
		if mac, has, ok := parseARP(buffer[:n]); ok && has == a && !bytes.Equal(mac, own) {
			return bytes.Clone(mac)
		}
	}
}

// packetSocket opens a socket for the packets of a protocol on one interface, or on all for index 0 (packet(7)).
func packetSocket(protocol uint16, index int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: toNetwork(protocol), Ifindex: index}); err != nil {
		_ = unix.Close(fd) // the first error tells more
		return nil, os.NewSyscallError("bind", err)
	}
	return os.NewFile(uintptr(fd), "packet socket"), nil
}

// sendPacket sends one packet to a hardware address.
func sendPacket(socket *os.File, b []byte, to *unix.SockaddrLinklayer) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = raw.Write(func(fd uintptr) bool {
		failure = unix.Sendto(int(fd), b, 0, to)
		return failure != unix.EAGAIN
	})
	return errors.Join(err, failure)
}

// toNetwork returns a number as it is written in network byte order.
func toNetwork(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// ndpAsk sends neighbour solicitations (RFC 4861 section 4.3) and waits for an advertisement.
func ndpAsk(ctx context.Context, device string, a netip.Addr) (net.HardwareAddr, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return nil, fmt.Errorf("ask by neighbour discovery: %w", err)
	}
	conn, err := icmp.ListenPacket("ip6:ipv6-icmp", "::")
	if err != nil {
		return nil, fmt.Errorf("ask by neighbour discovery: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	p := conn.IPv6PacketConn()
	for _, set := range []error{p.SetMulticastHopLimit(255), p.SetHopLimit(255), p.SetMulticastInterface(i)} {
		if set != nil {
			return nil, fmt.Errorf("ask by neighbour discovery: %w", set)
		}
	}
	for range arpTries {
		if err := solicit(p, i, a); err != nil {
			return nil, fmt.Errorf("ask by neighbour discovery: %w", err)
		}
		if mac := advertised(conn, time.Now().Add(arpPause), a); mac != nil {
			return mac, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, nil
}

// solicit sends one solicitation to the group of the address (RFC 4291 section 2.7.1).
func solicit(p *ipv6.PacketConn, i *net.Interface, a netip.Addr) error {
	target := a.As16()
	group := net.IP{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, target[13], target[14], target[15]}
	body := append(make([]byte, 4), target[:]...)
	body = append(body, 1, 1) // source link-layer address
	body = append(body, i.HardwareAddr...)
	m := icmp.Message{Type: ipv6.ICMPTypeNeighborSolicitation, Body: &icmp.RawBody{Data: body}}
	b, err := m.Marshal(nil)
	if err != nil {
		return err
	}
	_, err = p.WriteTo(b, nil, &net.IPAddr{IP: group, Zone: i.Name})
	return err
}

// advertised waits for the advertisement of an address.
func advertised(conn *icmp.PacketConn, until time.Time, a netip.Addr) net.HardwareAddr {
	buffer := make([]byte, 1500)
	for {
		if conn.SetReadDeadline(until) != nil {
			return nil
		}
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			return nil
		}
		if mac, of, ok := parseAdvertisement(buffer[:n]); ok && of == a.WithZone("") {
			return mac
		}
	}
}

// parseAdvertisement returns whose hardware address a neighbour advertisement tells (RFC 4861 section 4.4).
func parseAdvertisement(b []byte) (mac net.HardwareAddr, of netip.Addr, ok bool) {
	if len(b) < 24 || b[0] != byte(ipv6.ICMPTypeNeighborAdvertisement) {
		return nil, netip.Addr{}, false
	}
	of = netip.AddrFrom16([16]byte(b[8:24]))
	mac = net.HardwareAddr{} // an answer without the option is one, too
	for rest := b[24:]; len(rest) >= 8; {
		size := int(rest[1]) * 8
		if size == 0 || size > len(rest) {
			return nil, netip.Addr{}, false
		}
		if rest[0] == 2 && size == 8 {
			mac = bytes.Clone(rest[2:8])
		}
		rest = rest[size:]
	}
	return mac, of, true
}
