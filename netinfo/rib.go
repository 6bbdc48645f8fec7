package netinfo

import (
	"fmt"
	"math/bits"
	"net"
	"net/netip"
)

// ribEntry is an entry of the routing table of a BSD kernel, which knows routes and neighbours in one (route(4)). The zero
// Addr stands for what it does not tell.
type ribEntry struct {
	flags                      int
	destination, mask, gateway netip.Addr
	link                       net.HardwareAddr // where the gateway is a hardware address
	device                     string
}

// The flags of entries that matter here; they are the same in macOS and the BSDs (net/route.h).
const (
	ribUp        = 0x1
	ribHost      = 0x4
	ribReject    = 0x8
	ribDynamic   = 0x10
	ribLink      = 0x400 // a neighbour
	ribStatic    = 0x800
	ribBlackhole = 0x1000
	ribCloned    = 0x20000
	ribLocal     = 0x200000
	ribBroadcast = 0x400000
	ribMulticast = 0x800000
)

// prefix returns where an entry leads. A mask that is left out is that of one host, or of the default.
func (e *ribEntry) prefix() (netip.Prefix, error) {
	a := e.destination.WithZone("")
	switch {
	case !a.IsValid():
		return netip.Prefix{}, fmt.Errorf("read a route: it has no destination")
	case e.flags&ribHost != 0, !e.mask.IsValid() && !a.IsUnspecified():
		return netip.PrefixFrom(a, a.BitLen()), nil
	case !e.mask.IsValid():
		return netip.PrefixFrom(a, 0), nil
	case e.mask.BitLen() != a.BitLen():
		return netip.Prefix{}, fmt.Errorf("read the route to %s: its mask is of another family", a)
	}
	return netip.PrefixFrom(a, maskBits(e.mask)).Masked(), nil
}

// maskBits counts the ones with which a mask begins.
func maskBits(mask netip.Addr) (n int) {
	for _, b := range mask.AsSlice() {
		ones := bits.LeadingZeros8(^b)
		n += ones
		if ones < 8 {
			break
		}
	}
	return n
}

// route makes a route of an entry. ok is false for those that are none of ours: neighbours, the machine's own addresses,
// and groups.
func (e *ribEntry) route() (r Route, ok bool, err error) {
	if e.flags&ribUp == 0 || e.flags&(ribLink|ribCloned|ribLocal|ribBroadcast|ribMulticast) != 0 || e.destination.IsMulticast() {
		return Route{}, false, nil
	}
	to, err := e.prefix()
	if err != nil {
		return Route{}, false, err
	}
	r = Route{Destination: to, Gateway: e.gateway, Interface: e.device, Type: RouteUnicast}
	switch {
	case e.flags&ribBlackhole != 0:
		r.Type = RouteBlackhole
	case e.flags&ribReject != 0:
		r.Type = RouteUnreachable
	}
	switch {
	case e.flags&ribStatic != 0:
		r.Origin = "static"
	case e.flags&ribDynamic != 0:
		r.Origin = "redirect"
	}
	return r, true, nil
}

// neighbour makes a neighbour of an entry; ok is false for one that is none.
func (e *ribEntry) neighbour() (n Neighbour, ok bool) {
	a := e.destination
	if e.flags&ribLink == 0 || e.flags&(ribLocal|ribBroadcast|ribMulticast) != 0 || !a.IsValid() || a.IsMulticast() || a.IsUnspecified() {
		return Neighbour{}, false
	}
	if a.Is6() && a.IsLinkLocalUnicast() {
		a = a.WithZone(e.device)
	}
	n = Neighbour{Address: a, MAC: e.link, Interface: e.device, State: Found}
	switch {
	case len(e.link) == 0:
		n.State = Incomplete
	case e.flags&ribStatic != 0:
		n.State = Permanent
	}
	return n, true
}

// routeTo returns the route of a table that a packet to an address takes: the one with the longest prefix, and of those
// the one with the lowest metric. It is for systems that do not say themselves.
func routeTo(routes []Route, to netip.Addr) (Route, error) {
	best := -1
	for i := range routes {
		r := &routes[i]
		if !r.Destination.Contains(to.WithZone("")) || to.Zone() != "" && r.Interface != to.Zone() {
			continue
		}
		if best < 0 || r.Destination.Bits() > routes[best].Destination.Bits() ||
			r.Destination.Bits() == routes[best].Destination.Bits() && r.Metric < routes[best].Metric {
			best = i
		}
	}
	if best < 0 {
		return Route{}, fmt.Errorf("%w to %s", ErrNoRoute, to)
	}
	r := routes[best]
	r.Destination = netip.PrefixFrom(to.WithZone(""), to.BitLen())
	if r.Type != RouteUnicast {
		return r, fmt.Errorf("%w to %s: the route is set to %s", ErrNoRoute, to, r.Type)
	}
	return r, nil
}
