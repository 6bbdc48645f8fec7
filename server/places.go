package server

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"sockeye/access"
)

// inner are the beginnings of names of interfaces that lead to containers and virtual machines of this host, and not to
// others.
var inner = []string{"docker", "br-", "veth", "virbr", "vnet", "cni", "flannel", "podman", "lxc", "lxdbr", "vmnet", "vboxnet", "bridge1"}

// ownPlace is an address of this machine that others may reach.
type ownPlace struct {
	addr  netip.Addr
	name  string // of the interface
	inner bool
}

// interfaces is the machine's interfaces with their addresses; a test has its own.
type interfaces func() ([]ownPlace, error)

// systemInterfaces asks the system.
func systemInterfaces() ([]ownPlace, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("interfaces: %w", err)
	}
	var places []ownPlace
	for _, i := range list {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", i.Name, err)
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				places = append(places, ownPlace{addr: prefix.Addr().Unmap(), name: i.Name, inner: isInner(i.Name)})
			}
		}
	}
	return places, nil
}

// isInner reports whether an interface leads to what runs on this machine.
func isInner(name string) bool {
	return slices.ContainsFunc(inner, func(start string) bool { return strings.HasPrefix(name, start) })
}

// placesOf returns the addresses that can be shared, the likely ones first: those of IPv4 on interfaces that lead
// elsewhere, and where there are none those of IPv6. Link-local ones are left out, since a link cannot name the
// interface.
func placesOf(own []ownPlace) []access.Place {
	rank := func(p ownPlace) int {
		n := 0
		if p.inner {
			n += 2
		}
		if p.addr.Is6() {
			n++
		}
		return n
	}
	own = slices.DeleteFunc(slices.Clone(own), func(p ownPlace) bool {
		return !p.addr.IsGlobalUnicast() || p.addr.IsLoopback()
	})
	slices.SortStableFunc(own, func(a, b ownPlace) int { return rank(a) - rank(b) })
	places := make([]access.Place, len(own))
	for i, p := range own {
		places[i] = access.Place{ID: p.addr.String(), Note: noteOf(p), Likely: rank(p) == rank(own[0])}
	}
	return places
}

// noteOf says what an address is.
func noteOf(p ownPlace) string {
	switch {
	case p.inner:
		return p.name + ", for containers and virtual machines on this machine"
	case p.addr.IsPrivate():
		return p.name + ", in the local network"
	case netip.MustParsePrefix("100.64.0.0/10").Contains(p.addr):
		return p.name + ", behind a provider or in a tailnet"
	}
	return p.name + ", a public address: anybody may be able to reach it"
}

// choose returns the place to share at where none was named: the only likely one.
func choose(places []access.Place) (access.Place, error) {
	var likely []access.Place
	for _, p := range places {
		if p.Likely {
			likely = append(likely, p)
		}
	}
	switch len(likely) {
	case 0:
		return access.Place{}, fmt.Errorf("share: this machine has no address that others could reach")
	case 1:
		return likely[0], nil
	}
	return access.Place{}, &access.SeveralError{Places: places}
}
