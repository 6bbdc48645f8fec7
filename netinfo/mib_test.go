package netinfo

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// mibTable writes a table with rows.
func mibTable(rows ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(rows)))
	for _, r := range rows {
		b = append(b, r...)
	}
	return b
}

// mibRow makes a row of so many bytes with words of 32 bits, and texts of bytes, where they belong.
func mibRow(size int, words map[int]uint32, bytes map[int][]byte) []byte {
	b := make([]byte, size)
	for at, w := range words {
		binary.LittleEndian.PutUint32(b[at:], w)
	}
	for at, part := range bytes {
		copy(b[at:], part)
	}
	return b
}

// sockaddr is a SOCKADDR_INET.
func sockaddr(a string) []byte { return appendSockaddr(nil, netip.MustParseAddr(a)) }

// interfaces are the names of the tests.
func interfaces(index int) string { return map[int]string{5: "Ethernet", 7: "Wi-Fi"}[index] }

// equal compares addresses by what they mean.
var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// Neighbours are read with their states; groups and broadcasts are none.
func TestMIBNeighbours(t *testing.T) {
	mac := []byte{0x02, 0, 0x5e, 0x10, 0x20, 0x30}
	row := func(addr string, mac []byte, state uint32, flags uint32) []byte {
		return mibRow(neighbourSize, map[int]uint32{neighbourIndex: 7, neighbourMACLength: uint32(len(mac)), neighbourStateAt: state, neighbourFlagsAt: flags},
			map[int][]byte{0: sockaddr(addr), neighbourMAC: mac})
	}
	b := mibTable(row("192.0.2.1", mac, 5, 1), row("fe80::1", mac, 4, 0), row("192.0.2.9", nil, 0, 0), row("192.0.2.8", mac, 99, 0),
		row("224.0.0.22", []byte{1, 0, 0x5e, 0, 0, 0x16}, 6, 0), row("192.0.2.255", []byte{255, 255, 255, 255, 255, 255}, 6, 0),
		make([]byte, neighbourSize))
	want := []Neighbour{
		{Address: netip.MustParseAddr("192.0.2.1"), MAC: net.HardwareAddr(mac), Interface: "Wi-Fi", State: Reachable, Router: true},
		{Address: netip.MustParseAddr("fe80::1%Wi-Fi"), MAC: net.HardwareAddr(mac), Interface: "Wi-Fi", State: Stale},
		{Address: netip.MustParseAddr("192.0.2.9"), Interface: "Wi-Fi", State: Failed},
		{Address: netip.MustParseAddr("192.0.2.8"), MAC: net.HardwareAddr(mac), Interface: "Wi-Fi", State: NoState},
	}
	got, err := mibNeighbours(b, interfaces)
	if diff := cmp.Diff(want, got, equal); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Routes are read with the metric of their interface added, and with who made them.
func TestMIBRoutes(t *testing.T) {
	row := func(to string, length byte, via string, metric, protocol, origin uint32) []byte {
		return mibRow(routeSize, map[int]uint32{routeIndex: 5, routeMetric: metric, routeProtocol: protocol, routeOrigin: origin},
			map[int][]byte{routePrefix: sockaddr(to), routeLength: {length}, routeGateway: sockaddr(via)})
	}
	b := mibTable(row("0.0.0.0", 0, "192.0.2.1", 0, 3, 2), row("192.0.2.0", 24, "0.0.0.0", 256, 2, 0), row("::", 0, "fe80::1", 16, 3, 3),
		row("198.51.100.0", 24, "192.0.2.7", 1, 3, 0), row("198.51.100.0", 99, "192.0.2.7", 1, 3, 0))
	addr := netip.MustParseAddr
	want := []Route{
		{Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: addr("192.0.2.1"), Interface: "Ethernet", Metric: 25, Type: RouteUnicast, Origin: "dhcp"},
		{Destination: netip.MustParsePrefix("192.0.2.0/24"), Interface: "Ethernet", Metric: 281, Type: RouteUnicast, Origin: "kernel"},
		{Destination: netip.MustParsePrefix("::/0"), Gateway: addr("fe80::1"), Interface: "Ethernet", Metric: 46, Type: RouteUnicast, Origin: "router advertisement"},
		{Destination: netip.MustParsePrefix("198.51.100.0/24"), Gateway: addr("192.0.2.7"), Interface: "Ethernet", Metric: 26, Type: RouteUnicast, Origin: "static"},
	}
	got, err := mibRoutes(b, interfaces, func(_ int, v6 bool) int {
		if v6 {
			return 30
		}
		return 25
	})
	if diff := cmp.Diff(want, got, equal); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Interfaces are read with kind, link, speed and counters; a speed that there cannot be is unknown.
func TestMIBLinks(t *testing.T) {
	wide := func(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
	counters := map[int][]byte{linkReceiveSpeed: wide(1_000_000_000), linkIn: wide(1 << 40), linkIn + 8: wide(10), linkIn + 16: wide(2),
		linkIn + 24: wide(3), linkIn + 32: wide(4), linkOut: wide(5), linkOut + 8: wide(6), linkOut + 16: wide(1), linkOut + 24: wide(8), linkOut + 32: wide(9)}
	b := mibTable(mibRow(linkSize, map[int]uint32{linkIndex: 5, linkType: 71, linkConnectState: 1}, counters),
		mibRow(linkSize, map[int]uint32{linkIndex: 7, linkType: 12345, linkConnectState: 2}, map[int][]byte{linkReceiveSpeed: wide(1<<64 - 1)}))
	want := map[int]link{
		5: {kind: KindWireless, carrier: Yes, speed: 1000, counters: Counters{BytesReceived: 1 << 40, BytesSent: 5, PacketsReceived: 12,
			PacketsSent: 7, ErrorsReceived: 4, ErrorsSent: 9, DropsReceived: 3, DropsSent: 8}},
		7: {kind: KindUnknown, carrier: No},
	}
	got, err := mibLinks(b)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(link{})); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Counters have the names by which their words are found; those of TCP over both families are one.
func TestMIBCounters(t *testing.T) {
	words := func(n ...uint32) (b []byte) {
		for _, w := range n {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return b
	}
	tcp := words(0, 1, 2, 1<<32-1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
	four, err := mibCounters("Tcp", tcpNames, tcp)
	if err != nil {
		t.Fatal(err)
	}
	six, err := mibCounters("Tcp", tcpNames, tcp)
	if err != nil {
		t.Fatal(err)
	}
	got := Values(joined(four, six))
	if got["Tcp.RetransSegs"] != 22 || got["Tcp.MaxConn"] != -1 || got["Tcp.OutRsts"] != 26 || len(got) != 11 {
		t.Errorf("TCP: %v", got)
	}
	ip, err := mibCounters("Ip", ipNames, words(1, 128, 100, 0, 3, 0, 0, 7, 90, 80, 0, 6, 5, 60, 0, 0, 0, 0, 0, 0, 4, 3, 2))
	if v := Values(ip); err != nil || v["Ip.InReceives"] != 100 || v["Ip.OutNoRoutes"] != 5 || v["Ip.OutDiscards"] != 6 {
		t.Errorf("IP: %v, %v", v, err)
	}
	icmp := make([]byte, 2*4*icmpWords)
	binary.LittleEndian.PutUint32(icmp[8+4*3:], 17)
	binary.LittleEndian.PutUint32(icmp[4*icmpWords+8+4*8:], 18)
	list, err := mibICMP("Icmp", icmp4Types, icmp)
	if v := Values(list); err != nil || v["Icmp.InDestUnreachs"] != 17 || v["Icmp.OutEchos"] != 18 {
		t.Errorf("ICMP: %v, %v", v, err)
	}
	for _, c := range []Counter{{"Tcp", "RetransSegs", 0}, {"Ip", "OutNoRoutes", 0}, {"Icmp", "InDestUnreachs", 0}} {
		if _, explained := Explain(c); !explained {
			t.Errorf("%s is not explained", c.Key())
		}
	}
	if _, err := mibICMP("Icmp", icmp4Types, icmp[1:]); !errors.Is(err, errTable) {
		t.Errorf("cut off: %v", err)
	}
	if _, err := mibCounters("Udp", udpNames, make([]byte, 19)); !errors.Is(err, errTable) {
		t.Errorf("cut off: %v", err)
	}
}

// An address that is written is read.
func TestMIBAddr(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
		if rapid.Bool().Draw(t, "six") {
			a = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
		}
		if b := appendSockaddr(nil, a); len(b) != sockaddrSize || mibAddr(b) != a {
			t.Fatalf("%v is read as %v", a, mibAddr(b))
		}
	})
}

// FuzzMIB: no bytes crash the readers, and none finds more rows than there is room for.
func FuzzMIB(f *testing.F) {
	f.Add(mibTable(make([]byte, neighbourSize)))
	f.Add(mibTable(make([]byte, routeSize), make([]byte, routeSize)))
	f.Add(mibTable(make([]byte, linkSize)))
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<32-1))
	f.Fuzz(func(t *testing.T, b []byte) {
		neighbours, err1 := mibNeighbours(b, interfaces)
		routes, err2 := mibRoutes(b, interfaces, func(int, bool) int { return 0 })
		links, err3 := mibLinks(b)
		if len(neighbours)*neighbourSize > len(b) || len(routes)*routeSize > len(b) || len(links)*linkSize > len(b) {
			t.Errorf("%d, %d and %d rows in %d bytes", len(neighbours), len(routes), len(links), len(b))
		}
		for _, r := range routes {
			if !r.Destination.IsValid() {
				t.Errorf("a route to %v", r.Destination)
			}
		}
		for _, err := range []error{err1, err2, err3} {
			if err != nil && !errors.Is(err, errTable) {
				t.Error(err)
			}
		}
	})
}
