package netinfo

import (
	"net"
	"net/netip"
)

// NeighbourState is what the system knows of whether a neighbour answers (RFC 4861 section 7.3.2; ARP is treated alike).
type NeighbourState string

// The states.
const (
	Reachable  NeighbourState = "reachable"  // confirmed lately
	Stale      NeighbourState = "stale"      // confirmed some time ago; will be checked when used
	Delay      NeighbourState = "delay"      // used, and about to be checked
	Probe      NeighbourState = "probe"      // being checked
	Incomplete NeighbourState = "incomplete" // asked for, no answer yet
	Failed     NeighbourState = "failed"     // asked for, no answer
	Permanent  NeighbourState = "permanent"  // set by hand
	Found      NeighbourState = "found"      // has a hardware address; the system does not tell whether it answers now
	NoState    NeighbourState = "none"
)

// Neighbour is a device on a link of this machine.
type Neighbour struct {
	// Address carries a zone where it is link-local.
	Address netip.Addr
	// MAC is nil while it is not known.
	MAC       net.HardwareAddr
	Interface string
	State     NeighbourState
	// Router tells that it has announced itself as a router (IPv6 only).
	Router bool
}

// Find returns the neighbour with an address on an interface, nil where there is none.
func Find(list []Neighbour, addr netip.Addr, iface string) *Neighbour {
	for i := range list {
		if list[i].Address.WithZone("") == addr.WithZone("") && list[i].Interface == iface {
			return &list[i]
		}
	}
	return nil
}
