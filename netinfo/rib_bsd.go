//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netinfo

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/route"
)

// ribRoutes reads the routes of the kernel's table.
func ribRoutes() ([]Route, error) {
	entries, err := rib(syscall.AF_UNSPEC, route.RIBTypeRoute, 0)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var list []Route
	for i := range entries {
		r, ok, err := entries[i].route()
		if err != nil {
			return nil, fmt.Errorf("list routes: %w", err)
		}
		if ok {
			list = append(list, r)
		}
	}
	return list, nil
}

// ribNeighbours reads the neighbours of the kernel's table.
func ribNeighbours() ([]Neighbour, error) {
	var list []Neighbour
	for _, family := range []int{syscall.AF_INET, syscall.AF_INET6} {
		entries, err := rib(family, syscall.NET_RT_FLAGS, ribLink)
		if err != nil {
			return nil, fmt.Errorf("list neighbours: %w", err)
		}
		for i := range entries {
			if n, ok := entries[i].neighbour(); ok {
				list = append(list, n)
			}
		}
	}
	return list, nil
}

// rib reads entries of the kernel's table.
func rib(family int, kind route.RIBType, argument int) ([]ribEntry, error) {
	b, err := route.FetchRIB(family, kind, argument)
	if err != nil {
		return nil, err
	}
	messages, err := route.ParseRIB(kind, b)
	if err != nil {
		return nil, err
	}
	names, err := interfaceNames()
	if err != nil {
		return nil, err
	}
	var list []ribEntry
	for _, m := range messages {
		if r, ok := m.(*route.RouteMessage); ok && r.Err == nil {
			list = append(list, entryOf(r, names))
		}
	}
	return list, nil
}

// interfaceNames maps the indexes of interfaces to their names.
func interfaceNames() (map[int]string, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	m := make(map[int]string, len(found))
	for _, f := range found {
		m[f.Index] = f.Name
	}
	return m, nil
}

// entryOf translates a message.
func entryOf(m *route.RouteMessage, names map[int]string) ribEntry {
	e := ribEntry{flags: m.Flags, device: names[m.Index]}
	if len(m.Addrs) > syscall.RTAX_DST {
		e.destination, _ = addressIn(m.Addrs[syscall.RTAX_DST])
	}
	if len(m.Addrs) > syscall.RTAX_GATEWAY {
		e.gateway, e.link = addressIn(m.Addrs[syscall.RTAX_GATEWAY])
	}
	if len(m.Addrs) > syscall.RTAX_NETMASK {
		e.mask, _ = addressIn(m.Addrs[syscall.RTAX_NETMASK])
	}
	return e
}

// addressIn translates an address of a message.
func addressIn(a route.Addr) (netip.Addr, net.HardwareAddr) {
	switch a := a.(type) {
	case *route.Inet4Addr:
		return netip.AddrFrom4(a.IP), nil
	case *route.Inet6Addr:
		return netip.AddrFrom16(a.IP), nil
	case *route.LinkAddr:
		return netip.Addr{}, a.Addr
	}
	return netip.Addr{}, nil
}
