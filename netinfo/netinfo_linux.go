package netinfo

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// attempts is how often a dump that the kernel interrupted is asked for again.
const attempts = 4

// whole calls a dump until it was not interrupted by a change; one that never comes whole is better than none.
func whole[T any](dump func() ([]T, error)) (list []T, err error) {
	for range attempts {
		if list, err = dump(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return list, err
		}
	}
	return list, nil
}

// Interfaces lists the network interfaces in the order of their indexes.
func Interfaces() ([]Interface, error) {
	links, err := whole(netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	addresses, err := whole(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	byIndex := map[int]string{}
	for _, l := range links {
		byIndex[l.Attrs().Index] = l.Attrs().Name
	}
	list := make([]Interface, 0, len(links))
	for _, l := range links {
		i := interfaceOf(l)
		if m := l.Attrs().MasterIndex; m != 0 {
			i.Master = byIndex[m]
		}
		for _, a := range addresses {
			if a.LinkIndex == i.Index {
				i.Addresses = append(i.Addresses, addressOf(a))
			}
		}
		list = append(list, i)
	}
	return list, nil
}

// interfaceOf translates a link.
func interfaceOf(l netlink.Link) Interface {
	a := l.Attrs()
	i := Interface{Index: a.Index, Name: a.Name, MTU: a.MTU, MAC: a.HardwareAddr, Kind: kindOf(l), Up: a.Flags&net.FlagUp != 0}
	if i.Up { // of an interface that is off the kernel does not know
		i.Carrier = truth(a.RawFlags&unix.IFF_LOWER_UP != 0)
	}
	i.Speed = speed(a.Name, a.Index)
	if s := a.Statistics; s != nil {
		i.Counters = &Counters{s.RxBytes, s.TxBytes, s.RxPackets, s.TxPackets, s.RxErrors, s.TxErrors, s.RxDropped, s.TxDropped}
	}
	return i
}

// tunnels are the link types that carry packets inside of others.
var tunnels = map[string]bool{"tun": true, "tuntap": true, "wireguard": true, "ipip": true, "sit": true, "gre": true, "ip6tnl": true, "vti": true, "ppp": true, "xfrm": true}

// kindOf tells the kind of a link.
func kindOf(l netlink.Link) Kind {
	a := l.Attrs()
	switch {
	case a.Flags&net.FlagLoopback != 0:
		return KindLoopback
	case tunnels[l.Type()] || a.EncapType == "none" || a.EncapType == "ppp":
		return KindTunnel
	case l.Type() == "bridge":
		return KindBridge
	case ours(a.Name, a.Index) && exists("/sys/class/net/"+a.Name+"/phy80211"):
		return KindWireless
	case l.Type() == "device" || l.Type() == "veth" || l.Type() == "bond" || l.Type() == "vlan":
		return KindEthernet
	}
	return KindVirtual
}

// ours reports whether what /sys says of a name is about this interface: /sys can be another namespace's.
func ours(name string, index int) bool {
	n, ok := sysNumber(name, "ifindex")
	return ok && n == index
}

// speed returns the speed in Mbit/s, 0 where it is not known.
func speed(name string, index int) int {
	if n, ok := sysNumber(name, "speed"); ok && n > 0 && ours(name, index) {
		return n
	}
	return 0
}

// sysNumber reads a number that /sys tells of an interface.
func sysNumber(name, file string) (int, bool) {
	b, err := os.ReadFile(filepath.Join("/sys/class/net", filepath.Base(name), file))
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return n, err == nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// addressOf translates an address.
func addressOf(a netlink.Addr) Address {
	return Address{
		Prefix:     prefixOf(a.IPNet),
		Duplicate:  a.Flags&unix.IFA_F_DADFAILED != 0,
		Tentative:  a.Flags&unix.IFA_F_TENTATIVE != 0,
		Temporary:  a.Flags&unix.IFA_F_TEMPORARY != 0 && a.IP.To4() == nil,
		Deprecated: a.Flags&unix.IFA_F_DEPRECATED != 0,
	}
}

// prefixOf translates a network, the zero Prefix for nil.
func prefixOf(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.Prefix{}
	}
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(addrOf(n.IP), ones)
}

// addrOf translates an address, the zero Addr for none.
func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// names maps the indexes of interfaces to their names.
func names() (map[int]string, error) {
	links, err := whole(netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	m := make(map[int]string, len(links))
	for _, l := range links {
		m[l.Attrs().Index] = l.Attrs().Name
	}
	return m, nil
}

// Neighbours lists the devices on this machine's links that it has dealt with: ARP and neighbour discovery. Multicast
// addresses and those of the machine itself are left out.
func Neighbours() ([]Neighbour, error) {
	names, err := names()
	if err != nil {
		return nil, err
	}
	found, err := whole(func() ([]netlink.Neigh, error) { return netlink.NeighList(0, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list neighbours: %w", err)
	}
	var list []Neighbour
	for _, n := range found {
		a := addrOf(n.IP)
		if !a.IsValid() || a.IsMulticast() || a.IsUnspecified() || n.State == netlink.NUD_NOARP || n.Family == unix.AF_BRIDGE {
			continue
		}
		if a.IsLinkLocalUnicast() && a.Is6() {
			a = a.WithZone(names[n.LinkIndex])
		}
		list = append(list, Neighbour{a, n.HardwareAddr, names[n.LinkIndex], neighbourState(n.State), n.Flags&netlink.NTF_ROUTER != 0})
	}
	return list, nil
}

// neighbourState translates a state (linux/neighbour.h).
func neighbourState(s int) NeighbourState {
	switch s {
	case netlink.NUD_REACHABLE:
		return Reachable
	case netlink.NUD_STALE:
		return Stale
	case netlink.NUD_DELAY:
		return Delay
	case netlink.NUD_PROBE:
		return Probe
	case netlink.NUD_INCOMPLETE:
		return Incomplete
	case netlink.NUD_FAILED:
		return Failed
	case netlink.NUD_PERMANENT:
		return Permanent
	}
	return NoState
}
