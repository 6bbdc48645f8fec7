package netinfo

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// iphlpapi names a function of the IP Helper library.
func iphlpapi(name string) *windows.LazyProc {
	return windows.NewLazySystemDLL("iphlpapi.dll").NewProc(name)
}

// call calls a function of the library, which returns the number of an error.
func call(name string, args ...uintptr) error {
	p := iphlpapi(name)
	if err := p.Find(); err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrUnknown, err)
	}
	if r, _, _ := p.Call(args...); r != 0 {
		return fmt.Errorf("%s: %w", name, windows.Errno(r))
	}
	return nil
}

// table asks for a table that the library makes, whose rows have so many bytes, and returns its bytes. A table that
// there is nothing in is an error for some functions, and none here.
func table(name string, rowSize int, args ...uintptr) ([]byte, error) {
	var at unsafe.Pointer
	err := call(name, append(args, uintptr(unsafe.Pointer(&at)))...)
	switch {
	case errors.Is(err, windows.ERROR_NOT_FOUND):
		return make([]byte, tableHeader), nil
	case err != nil:
		return nil, err
	}
	defer iphlpapi("FreeMibTable").Call(uintptr(at))
	n := int(*(*uint32)(at))
	return append([]byte(nil), unsafe.Slice((*byte)(at), tableHeader+n*rowSize)...), nil
}

// Interfaces lists the network interfaces in the order in which the system does.
func Interfaces() ([]Interface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	links := map[int]link{}
	if b, err := table("GetIfTable2", linkSize); err == nil { // without it kind, speed and counters are unknown
		if links, err = mibLinks(b); err != nil {
			return nil, err
		}
	}
	list := make([]Interface, 0, len(found))
	for _, f := range found {
		i := Interface{Index: f.Index, Name: f.Name, MTU: f.MTU, MAC: f.HardwareAddr, Kind: KindUnknown, Up: f.Flags&net.FlagUp != 0}
		if l, known := links[f.Index]; known {
			i.Kind, i.Speed, i.Counters = l.kind, l.speed, &l.counters
			if i.Up {
				i.Carrier = l.carrier
			}
		}
		if f.Flags&net.FlagLoopback != 0 {
			i.Kind, i.Speed = KindLoopback, 0
		}
		addresses, err := f.Addrs()
		if err != nil {
			return nil, fmt.Errorf("list addresses of %s: %w", f.Name, err)
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok {
				ones, _ := n.Mask.Size()
				addr, _ := netip.AddrFromSlice(n.IP)
				i.Addresses = append(i.Addresses, Address{Prefix: netip.PrefixFrom(addr.Unmap(), ones)})
			}
		}
		list = append(list, i)
	}
	return list, nil
}

// names returns a function that names interfaces by their index, "" for those that there are not.
func names() func(index int) string {
	m := map[int]string{}
	if found, err := net.Interfaces(); err == nil {
		for _, f := range found {
			m[f.Index] = f.Name
		}
	}
	return func(index int) string { return m[index] }
}

// metrics returns a function that tells what an interface adds to the metric of its routes, as "route print" does.
func metrics() func(index int, v6 bool) int {
	m := map[[2]int]int{}
	b := make([]byte, 16<<10)
	for range 4 {
		size := uint32(len(b))
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&b[0]))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, 0, 0, first, &size)
		if errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) {
			b = make([]byte, size)
			continue
		}
		for a := first; err == nil && a != nil; a = a.Next {
			m[[2]int{int(a.IfIndex), 4}], m[[2]int{int(a.Ipv6IfIndex), 6}] = int(a.Ipv4Metric), int(a.Ipv6Metric)
		}
		break
	}
	return func(index int, v6 bool) int {
		if v6 {
			return m[[2]int{index, 6}]
		}
		return m[[2]int{index, 4}]
	}
}

// Routes lists the routes of both families. Their metrics are with those of their interfaces.
func Routes() ([]Route, error) {
	b, err := table("GetIpForwardTable2", routeSize, windows.AF_UNSPEC)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	return mibRoutes(b, names(), metrics())
}

// RouteTo returns the route that a packet to the address takes now; the error wraps ErrNoRoute where there is none.
func RouteTo(addr netip.Addr) (Route, error) {
	var row [routeSize]byte
	var source [sockaddrSize]byte
	to := appendSockaddr(nil, addr)
	err := call("GetBestRoute2", 0, 0, 0, uintptr(unsafe.Pointer(&to[0])), 0, uintptr(unsafe.Pointer(&row[0])), uintptr(unsafe.Pointer(&source[0])))
	switch {
	case errors.Is(err, windows.ERROR_NOT_SUPPORTED), errors.Is(err, windows.ERROR_CALL_NOT_IMPLEMENTED):
		return Route{}, fmt.Errorf("the route to %v: %w: %w", addr, ErrUnknown, err)
	case errors.Is(err, windows.ERROR_NOT_FOUND), errors.Is(err, windows.WSAENETUNREACH), errors.Is(err, windows.WSAEHOSTUNREACH),
		errors.Is(err, windows.ERROR_NETWORK_UNREACHABLE), errors.Is(err, windows.ERROR_HOST_UNREACHABLE):
		return Route{}, fmt.Errorf("the route to %v: %w: %w", addr, ErrNoRoute, err)
	case err != nil:
		return Route{}, fmt.Errorf("the route to %v: %w", addr, err)
	}
	r := mibRoute(row[:], names(), metrics())
	r.Source = mibAddr(source[:])
	return r, nil
}

// Neighbours lists the devices on the links of this machine, of each family that the system has.
func Neighbours() ([]Neighbour, error) {
	named := names()
	var all []Neighbour
	var without []error
	for _, family := range []uintptr{windows.AF_INET, windows.AF_INET6} {
		b, err := table("GetIpNetTable2", neighbourSize, family)
		if errors.Is(err, windows.ERROR_NOT_SUPPORTED) || errors.Is(err, windows.ERROR_INVALID_FUNCTION) {
			without = append(without, err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list neighbours: %w", err)
		}
		list, err := mibNeighbours(b, named)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(without) == 2 {
		return nil, fmt.Errorf("list neighbours: %w: %w", ErrUnknown, errors.Join(without...))
	}
	return all, nil
}

// CountersNow returns the counters of IP, ICMP, TCP and UDP, those of IPv6 where the system has it.
func CountersNow() ([]Counter, error) {
	var all []Counter
	for _, v6 := range []bool{false, true} {
		list, err := countersOf(v6)
		switch {
		case err != nil && !v6:
			return nil, fmt.Errorf("read counters: %w", err)
		case err == nil:
			all = append(all, list...)
		}
	}
	tcp, err := statistics("GetTcpStatisticsEx", 4*len(tcpNames), false)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	four, err := mibCounters("Tcp", tcpNames, tcp)
	if err != nil {
		return nil, err
	}
	if tcp, err = statistics("GetTcpStatisticsEx", 4*len(tcpNames), true); err == nil {
		six, err := mibCounters("Tcp", tcpNames, tcp)
		if err != nil {
			return nil, err
		}
		four = joined(four, six)
	}
	return append(all, four...), nil
}

// countersOf returns the counters of a family, those of TCP left out.
func countersOf(v6 bool) ([]Counter, error) {
	suffix, types := "", icmp4Types
	if v6 {
		suffix, types = "6", icmp6Types
	}
	ip, err := statistics("GetIpStatisticsEx", 4*len(ipNames), v6)
	if err != nil {
		return nil, err
	}
	list, err := mibCounters("Ip"+suffix, ipNames, ip)
	if err != nil {
		return nil, err
	}
	if icmp, err := statistics("GetIcmpStatisticsEx", 2*4*icmpWords, v6); err == nil {
		counted, err := mibICMP("Icmp"+suffix, types, icmp)
		if err != nil {
			return nil, err
		}
		list = append(list, counted...)
	}
	udp, err := statistics("GetUdpStatisticsEx", 4*len(udpNames), v6)
	if err != nil {
		return nil, err
	}
	counted, err := mibCounters("Udp"+suffix, udpNames, udp)
	return append(list, counted...), err
}

// statistics asks for a structure of so many bytes.
func statistics(name string, size int, v6 bool) ([]byte, error) {
	family := uintptr(windows.AF_INET)
	if v6 {
		family = windows.AF_INET6
	}
	b := make([]byte, size)
	return b, call(name, uintptr(unsafe.Pointer(&b[0])), family)
}

// icmp6Types are the types of ICMPv6 (RFC 4443) that have a counter.
var icmp6Types = map[int]string{1: "DestUnreachs", 2: "PktTooBigs", 3: "TimeExcds", 4: "ParmProblems", 128: "Echos", 129: "EchoReplies"}
