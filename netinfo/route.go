package netinfo

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
)

// ErrNoRoute is wrapped by the error of [RouteTo] where no route leads to the address.
var ErrNoRoute = errors.New("no route")

// RouteType is what a route does with a packet.
type RouteType string

// The types (linux/rtnetlink.h, RTN_).
const (
	RouteUnicast     RouteType = "unicast"
	RouteBlackhole   RouteType = "blackhole"   // drops silently
	RouteUnreachable RouteType = "unreachable" // drops and tells the sender
	RouteProhibit    RouteType = "prohibit"    // refuses and tells the sender
)

// Route is one way of one routing table; a route with several next hops is listed once for each.
type Route struct {
	Destination netip.Prefix // 0.0.0.0/0 or ::/0 for the default
	// Gateway is the next hop; the zero Addr where the destination is on the link itself, as in a tunnel.
	Gateway netip.Addr
	// Interface is the name of the interface, "" for types that need none.
	Interface string
	// Source is the preferred source address, the zero Addr where none is set.
	Source netip.Addr
	// Metric is the priority: of two routes to the same destination the one with the lower metric is taken.
	Metric int
	// Table is the number of its table; 254 is main. 0 where the system has only one.
	Table int
	Type  RouteType
	// Origin is who made it, in words: "kernel", "dhcp", "router advertisement", "static", "boot"; "" if unknown.
	Origin string
	// LinkDown tells that the kernel knows the interface to have no link.
	LinkDown bool
}

// Default reports whether the route is for everything that has no route of its own.
func (r *Route) Default() bool { return r.Destination.IsValid() && r.Destination.Bits() == 0 }

// Is6 reports whether the route is one of IPv6.
func (r *Route) Is6() bool { return r.Destination.Addr().Is6() }

// Defaults returns the default routes of a family that lead somewhere, the preferred one first.
func Defaults(routes []Route, v6 bool) (list []Route) {
	for _, r := range routes {
		if r.Default() && r.Is6() == v6 && r.Type == RouteUnicast {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b Route) int { return cmp.Compare(a.Metric, b.Metric) })
	return list
}
