package netinfo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// This file reads the tables of the IP Helper library of Windows (netioapi.h) from their bytes. It builds on every
// system; only the calls are of Windows. All is little endian but addresses, and as on a 64-bit system.

// errTable is wrapped by the error of a table that ends before its last row does.
var errTable = errors.New("the table is cut off")

// tableHeader is where the first row of a table begins, behind the number of rows.
const tableHeader = 8

// rowsOf returns the rows of a table, each of so many bytes.
func rowsOf(b []byte, size int) ([][]byte, error) {
	if len(b) < tableHeader {
		return nil, fmt.Errorf("%d bytes: %w", len(b), errTable)
	}
	n := int(binary.LittleEndian.Uint32(b))
	b = b[tableHeader:]
	if len(b)/size < n {
		return nil, fmt.Errorf("%d rows in %d bytes: %w", n, len(b), errTable)
	}
	rows := make([][]byte, n)
	for i := range rows {
		rows[i] = b[i*size:][:size]
	}
	return rows, nil
}

// The numbers of the address families (winsock2.h), and the size of a SOCKADDR_INET.
const (
	familyInet   = 2
	familyInet6  = 23
	sockaddrSize = 28
)

// mibAddr reads a SOCKADDR_INET, the zero Addr where it is of no family.
func mibAddr(b []byte) netip.Addr {
	switch binary.LittleEndian.Uint16(b) {
	case familyInet:
		return netip.AddrFrom4([4]byte(b[4:8]))
	case familyInet6:
		return netip.AddrFrom16([16]byte(b[8:24]))
	}
	return netip.Addr{}
}

// appendSockaddr writes a SOCKADDR_INET.
func appendSockaddr(b []byte, a netip.Addr) []byte {
	s := make([]byte, sockaddrSize)
	if a.Is4() {
		binary.LittleEndian.PutUint16(s, familyInet)
		copy(s[4:], a.AsSlice())
	} else {
		binary.LittleEndian.PutUint16(s, familyInet6)
		copy(s[8:], a.AsSlice())
	}
	return append(b, s...)
}

// The size of a MIB_IPNET_ROW2, and where its fields are.
const (
	neighbourSize      = 88
	neighbourIndex     = 28
	neighbourMAC       = 40
	neighbourMACLength = 72
	neighbourStateAt   = 76
	neighbourFlagsAt   = 80
)

// mibStates are those of NL_NEIGHBOR_STATE (nldef.h).
var mibStates = [...]NeighbourState{Failed, Incomplete, Probe, Delay, Stale, Reachable, Permanent}

// mibNeighbours reads a MIB_IPNET_TABLE2. Groups and broadcasts, which Windows lists as well, are no devices.
func mibNeighbours(b []byte, name func(index int) string) ([]Neighbour, error) {
	rows, err := rowsOf(b, neighbourSize)
	if err != nil {
		return nil, fmt.Errorf("neighbours: %w", err)
	}
	list := make([]Neighbour, 0, len(rows))
	for _, r := range rows {
		n := Neighbour{Address: mibAddr(r), Interface: name(int(binary.LittleEndian.Uint32(r[neighbourIndex:]))), State: NoState}
		if length := int(binary.LittleEndian.Uint32(r[neighbourMACLength:])); length > 0 && length <= 32 {
			n.MAC = append(net.HardwareAddr(nil), r[neighbourMAC:][:length]...)
		}
		if state := int(binary.LittleEndian.Uint32(r[neighbourStateAt:])); state < len(mibStates) {
			n.State = mibStates[state]
		}
		n.Router = r[neighbourFlagsAt]&1 != 0
		if a := n.Address; !a.IsValid() || a.IsMulticast() || a.IsLoopback() || len(n.MAC) > 0 && n.MAC[0]&1 != 0 {
			continue
		}
		if n.Address.Is6() && n.Address.IsLinkLocalUnicast() {
			n.Address = n.Address.WithZone(n.Interface)
		}
		list = append(list, n)
	}
	return list, nil
}

// The size of a MIB_IPFORWARD_ROW2, and where its fields are.
const (
	routeSize     = 104
	routeIndex    = 8
	routePrefix   = 12
	routeLength   = 40
	routeGateway  = 44
	routeMetric   = 84
	routeProtocol = 88
	routeOrigin   = 100
)

// protocolLocal is MIB_IPPROTO_LOCAL: a route that the system made (ipmib.h).
const protocolLocal = 2

// mibOrigins are those of NL_ROUTE_ORIGIN (nldef.h).
var mibOrigins = [...]string{"static", "kernel", "dhcp", "router advertisement", "kernel"}

// mibRoutes reads a MIB_IPFORWARD_TABLE2. metric returns what the interface adds to the metric of a route.
func mibRoutes(b []byte, name func(index int) string, metric func(index int, v6 bool) int) ([]Route, error) {
	rows, err := rowsOf(b, routeSize)
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	list := make([]Route, 0, len(rows))
	for _, r := range rows {
		if route := mibRoute(r, name, metric); route.Destination.IsValid() {
			list = append(list, route)
		}
	}
	return list, nil
}

// mibRoute reads one row; the destination is invalid where it makes no sense.
func mibRoute(r []byte, name func(index int) string, metric func(index int, v6 bool) int) Route {
	destination := mibAddr(r[routePrefix:])
	index := int(binary.LittleEndian.Uint32(r[routeIndex:]))
	route := Route{
		Destination: netip.PrefixFrom(destination, int(r[routeLength])), Interface: name(index), Type: RouteUnicast,
		Metric: int(binary.LittleEndian.Uint32(r[routeMetric:])) + metric(index, destination.Is6()),
	}
	if gateway := mibAddr(r[routeGateway:]); gateway.IsValid() && !gateway.IsUnspecified() {
		route.Gateway = gateway
	}
	if origin := binary.LittleEndian.Uint32(r[routeOrigin:]); origin < uint32(len(mibOrigins)) {
		route.Origin = mibOrigins[origin]
	}
	if binary.LittleEndian.Uint32(r[routeProtocol:]) == protocolLocal {
		route.Origin = "kernel"
	}
	return route
}

// The size of a MIB_IF_ROW2, and where its fields are.
const (
	linkSize         = 1352
	linkIndex        = 8
	linkType         = 1128
	linkConnectState = 1164
	linkReceiveSpeed = 1200
	linkIn           = 1208
	linkOut          = 1280
)

// mibKinds are those of IFTYPE (ipifcons.h) that have a kind of ours.
var mibKinds = map[uint32]Kind{
	6: KindEthernet, 24: KindLoopback, 71: KindWireless, 23: KindTunnel, 131: KindTunnel, 53: KindVirtual, 209: KindBridge,
}

// link is what a MIB_IF_ROW2 tells of an interface beside its name and addresses.
type link struct {
	kind     Kind
	carrier  Truth
	speed    int
	counters Counters
}

// mibLinks reads a MIB_IF_TABLE2, by the index of the interface.
func mibLinks(b []byte) (map[int]link, error) {
	rows, err := rowsOf(b, linkSize)
	if err != nil {
		return nil, fmt.Errorf("interfaces: %w", err)
	}
	links := make(map[int]link, len(rows))
	for _, r := range rows {
		in, out := words64(r[linkIn:]), words64(r[linkOut:])
		l := link{kind: KindUnknown, counters: Counters{
			BytesReceived: in(0), PacketsReceived: in(1) + in(2), DropsReceived: in(3), ErrorsReceived: in(4),
			BytesSent: out(0), PacketsSent: out(1) + out(2), DropsSent: out(3), ErrorsSent: out(4),
		}}
		if kind, known := mibKinds[binary.LittleEndian.Uint32(r[linkType:])]; known {
			l.kind = kind
		}
		switch binary.LittleEndian.Uint32(r[linkConnectState:]) { // NET_IF_MEDIA_CONNECT_STATE
		case 1:
			l.carrier = Yes
		case 2:
			l.carrier = No
		}
		if speed := binary.LittleEndian.Uint64(r[linkReceiveSpeed:]) / 1_000_000; speed < 1<<31 {
			l.speed = int(speed)
		}
		links[int(binary.LittleEndian.Uint32(r[linkIndex:]))] = l
	}
	return links, nil
}

// words64 returns a reader of consecutive 64-bit words.
func words64(b []byte) func(i int) uint64 {
	return func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
}
