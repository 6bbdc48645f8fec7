package netinfo

import (
	"net"
	"net/netip"
)

// Kind is what sort of interface it is, as far as that matters to somebody who looks for a fault.
type Kind string

// The kinds.
const (
	KindLoopback Kind = "loopback"
	KindEthernet Kind = "ethernet" // a cable, or what looks like one: veth, virtio
	KindWireless Kind = "wireless"
	KindBridge   Kind = "bridge"
	KindTunnel   Kind = "tunnel" // VPNs: tun, wireguard, ipip, ppp
	KindVirtual  Kind = "virtual"
	KindUnknown  Kind = "unknown"
)

// Truth is a fact that can be unknown.
type Truth int8

// The truths. The zero value is unknown.
const (
	Unknown Truth = iota
	No
	Yes
)

// truth returns Yes or No.
func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// Address is one address of an interface.
type Address struct {
	// Prefix is the address with the length of its network's prefix; a link-local one carries no zone.
	Prefix netip.Prefix
	// Duplicate is set where IPv6 found another machine with the address (RFC 4862 section 5.4); it is not usable.
	Duplicate bool
	// Tentative is set while that is still being found out.
	Tentative bool
	// Temporary and Deprecated are those of RFC 8981 and RFC 4862; always false where the system does not tell.
	Temporary, Deprecated bool
}

// LinkLocal reports whether the address was taken by the machine itself and is of use on its own link only:
// 169.254/16 (RFC 3927) or fe80::/10.
func (a Address) LinkLocal() bool { return a.Prefix.Addr().IsLinkLocalUnicast() }

// Counters are an interface's counters since it was made.
type Counters struct {
	BytesReceived, BytesSent     uint64
	PacketsReceived, PacketsSent uint64
	ErrorsReceived, ErrorsSent   uint64
	DropsReceived, DropsSent     uint64
}

// Interface is one network interface.
type Interface struct {
	Index int
	// Name is the system's name of it, for example "eth0".
	Name string
	Kind Kind
	// Master is the bridge or bond that it is a part of, "" for none or where that is not known.
	Master string
	// MAC is its hardware address, nil where it has none.
	MAC net.HardwareAddr
	// MTU is the largest packet in bytes.
	MTU int
	// Up tells that it is switched on.
	Up bool
	// Carrier tells whether there is a link: a cable with a peer, a joined Wi-Fi network.
	Carrier Truth
	// Speed is in megabits per second, 0 where it is not known: virtual interfaces and most Wi-Fi ones do not tell.
	Speed int
	// Addresses are in the order in which the system lists them.
	Addresses []Address
	// Counters is nil where they are not known.
	Counters *Counters
}

// Usable reports whether packets can leave by it: it is up, and nothing is known to be wrong with its link.
func (i *Interface) Usable() bool { return i.Up && i.Carrier != No }

// Global returns its addresses of a family that are of use beyond the link, duplicates left out.
func (i *Interface) Global(v6 bool) (list []netip.Addr) {
	for _, a := range i.Addresses {
		addr := a.Prefix.Addr()
		if addr.Is6() == v6 && addr.IsGlobalUnicast() && !a.Duplicate {
			list = append(list, addr)
		}
	}
	return list
}

// ByName returns the interface with a name, nil where there is none.
func ByName(list []Interface, name string) *Interface {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}
