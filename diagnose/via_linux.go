package diagnose

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// pingVia pings an address by handing the packets to one router, whatever the routes say. It reports whether an answer
// came; false also where it is not permitted (it needs CAP_NET_RAW) or the router is not there.
func pingVia(ctx context.Context, device string, router, to netip.Addr) bool {
	mac, err := askNeighbour(ctx, device, router)
	if err != nil || len(mac) != 6 {
		return false
	}
	i, err := net.InterfaceByName(device)
	if err != nil {
		return false
	}
	conn, _, err := openPing(to)
	if err != nil {
		return false
	}
	defer conn.Close()
	from := sourceOf(to)
	protocol := uint16(unix.ETH_P_IP)
	if to.Is6() {
		protocol = unix.ETH_P_IPV6
	}
	socket, err := packetSocket(0, i.Index)
	if err != nil || !from.IsValid() {
		return false
	}
	defer socket.Close()
	at := &unix.SockaddrLinklayer{Protocol: toNetwork(protocol), Ifindex: i.Index, Halen: 6}
	copy(at.Addr[:], mac)
	token := rand.Uint64()
	for seq := range 3 {
		if sendPacket(socket, ipPacket(from, to, echo(to, token, seq)), at) != nil || ctx.Err() != nil {
			return false
		}
		if conn.SetReadDeadline(time.Now().Add(400*time.Millisecond)) != nil {
			return false
		}
		answered := false
		readEchoes(conn, to, token, func(int, time.Time) bool { answered = true; return true })
		if answered {
			return true
		}
	}
	return false
}

// sourceOf returns the address that this machine sends from to another.
func sourceOf(to netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// ipPacket puts an ICMP message into an IP packet.
func ipPacket(from, to netip.Addr, message []byte) []byte {
	if to.Is6() {
		pseudo := append(append(from.AsSlice(), to.AsSlice()...), 0, 0, 0, byte(len(message)), 0, 0, 0, 58)
		binary.BigEndian.PutUint16(message[2:], 0)
		binary.BigEndian.PutUint16(message[2:], checksum(append(pseudo, message...)))
		b := []byte{0x60, 0, 0, 0, 0, byte(len(message)), 58, 64}
		return append(append(append(b, from.AsSlice()...), to.AsSlice()...), message...)
	}
	b := []byte{0x45, 0, 0, byte(20 + len(message)), 0, 0, 0, 0, 64, 1, 0, 0}
	b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return append(b, message...)
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
