package netinfo

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Routes lists the routes of all tables but "local", which only says which addresses are the machine's own.
func Routes() ([]Route, error) {
	names, err := names()
	if err != nil {
		return nil, err
	}
	found, err := whole(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var list []Route
	for _, r := range found {
		if r.Table == unix.RT_TABLE_LOCAL || r.Type == unix.RTN_MULTICAST || r.Type == unix.RTN_ANYCAST || r.Type == unix.RTN_LOCAL {
			continue
		}
		if to := prefixOf(r.Dst); to.IsValid() && to.Addr().IsMulticast() {
			continue
		}
		list = append(list, routesOf(r, names)...)
	}
	return list, nil
}

// routesOf translates a route, one for each of its next hops.
func routesOf(r netlink.Route, names map[int]string) []Route {
	one := Route{
		Destination: destination(r), Gateway: addrOf(r.Gw), Interface: names[r.LinkIndex], Source: addrOf(r.Src),
		Metric: r.Priority, Table: r.Table, Type: routeType(r.Type), Origin: origin(r.Protocol), LinkDown: r.Flags&unix.RTNH_F_LINKDOWN != 0,
	}
	if v, ok := r.Via.(*netlink.Via); ok && v != nil {
		one.Gateway = addrOf(v.Addr)
	}
	if len(r.MultiPath) == 0 {
		return []Route{one}
	}
	var list []Route
	for _, hop := range r.MultiPath {
		one.Gateway, one.Interface, one.LinkDown = addrOf(hop.Gw), names[hop.LinkIndex], hop.Flags&unix.RTNH_F_LINKDOWN != 0
		list = append(list, one)
	}
	return list
}

// destination returns where a route leads; some kernels' default has none.
func destination(r netlink.Route) netip.Prefix {
	if p := prefixOf(r.Dst); p.IsValid() {
		return p
	}
	if r.Family == netlink.FAMILY_V6 {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
}

// routeType translates a type; what is none of ours is one that leads somewhere.
func routeType(t int) RouteType {
	switch t {
	case unix.RTN_BLACKHOLE:
		return RouteBlackhole
	case unix.RTN_UNREACHABLE:
		return RouteUnreachable
	case unix.RTN_PROHIBIT:
		return RouteProhibit
	}
	return RouteUnicast
}

// origin says who made a route (linux/rtnetlink.h, RTPROT_).
func origin(p netlink.RouteProtocol) string {
	switch int(p) {
	case unix.RTPROT_KERNEL:
		return "kernel"
	case unix.RTPROT_BOOT:
		return "boot"
	case unix.RTPROT_STATIC:
		return "static"
	case unix.RTPROT_RA:
		return "router advertisement"
	case unix.RTPROT_DHCP:
		return "dhcp"
	case unix.RTPROT_REDIRECT:
		return "redirect"
	}
	return ""
}

// RouteTo returns the route that a packet to an address takes now: all tables and rules considered.
func RouteTo(to netip.Addr) (Route, error) {
	names, err := names()
	if err != nil {
		return Route{}, err
	}
	o := netlink.RouteGetOptions{}
	if z := to.Zone(); z != "" {
		o.Oif = z
	}
	found, err := netlink.RouteGetWithOptions(net.IP(to.WithZone("").AsSlice()), &o)
	switch {
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EACCES), errors.Is(err, unix.EINVAL):
		return Route{}, fmt.Errorf("%w to %s: %w", ErrNoRoute, to, err)
	case err != nil:
		return Route{}, fmt.Errorf("ask for the route to %s: %w", to, err)
	case len(found) == 0:
		return Route{}, fmt.Errorf("%w to %s", ErrNoRoute, to)
	}
	r := routesOf(found[0], names)[0]
	r.Destination = netip.PrefixFrom(to.WithZone(""), to.BitLen())
	if r.Type != RouteUnicast {
		return r, fmt.Errorf("%w to %s: the route is set to %s", ErrNoRoute, to, r.Type)
	}
	return r, nil
}
