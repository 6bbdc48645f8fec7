package diagnose

import (
	"net/netip"

	"sockeye/netinfo"
)

// evidence is all that the probes found out. judge looks at nothing else.
type evidence struct {
	interfaces    []netinfo.Interface
	interfacesErr error
	duplicates    []duplicate
	routes        []netinfo.Route
	routesErr     error
	ways          [2]way
	gateways      []gateway
	resolvers     []resolver
	search        []string
	internet      []attempt
	pinged        bool // an address of the internet answers a ping although no connection opens
	others        []otherWay
	sites         []site
	portal        portal
	proxies       []proxy
	wire          *sightings // nil where packets may not be watched
	wireErr       error
	notRepeated   int64 // segments that this machine refused to send again meanwhile; 0 also where that is not known
	quality       quality
	sockets       []Finding
	target        *target
}

// offered reports whether the machine has a way to the internet in a family, as far as is known.
func (e *evidence) offered(v6 bool) bool {
	w := e.ways[family(v6)]
	if !w.known {
		return true
	}
	return w.ok
}

// reached reports whether an address of a family was reached.
func (e *evidence) reached(v6 bool) bool { return anyIs(e.of(v6), connected) }

// online reports whether the internet was reached by address.
func (e *evidence) online() bool { return e.reached(false) || e.reached(true) }

// of returns the attempts of one family.
func (e *evidence) of(v6 bool) (list []attempt) {
	for _, a := range e.internet {
		if a.to.Addr().Is6() == v6 {
			list = append(list, a)
		}
	}
	return list
}

// named reports whether a server was reached by its name and was the right one.
func (e *evidence) named() bool {
	for i := range e.sites {
		if e.sites[i].good() {
			return true
		}
	}
	return false
}

// proxied reports whether the internet is reached through a proxy that is set.
func (e *evidence) proxied() bool {
	for i := range e.proxies {
		if e.proxies[i].works() {
			return true
		}
	}
	return false
}

// linkLocal returns the first interface in use whose only addresses of a family it gave itself, nil for none.
func (e *evidence) linkLocal(v6 bool) *netinfo.Interface {
	for i := range e.interfaces {
		f := &e.interfaces[i]
		if f.Kind == netinfo.KindLoopback || !f.Usable() || len(f.Global(v6)) > 0 {
			continue
		}
		for _, a := range f.Addresses {
			if a.LinkLocal() && a.Prefix.Addr().Is6() == v6 {
				return f
			}
		}
	}
	return nil
}

// global reports whether an interface in use has an address of a family that is of use on the internet: of IPv6, none
// of those that are for one site only (RFC 4193).
func (e *evidence) global(v6 bool) bool {
	for i := range e.interfaces {
		f := &e.interfaces[i]
		if f.Kind == netinfo.KindLoopback || !f.Usable() {
			continue
		}
		for _, a := range f.Global(v6) {
			if !v6 || !a.IsPrivate() {
				return true
			}
		}
	}
	return false
}

// gateway returns what is known of the next hop to the internet in a family, nil where there is none.
func (e *evidence) gateway(v6 bool) *gateway {
	w := e.ways[family(v6)]
	if !w.ok || !w.route.Gateway.IsValid() {
		return nil
	}
	return e.gatewayAt(w.route.Gateway, w.route.Interface)
}

// gatewayAt returns what is known of a next hop, nil where it was not looked at.
func (e *evidence) gatewayAt(a netip.Addr, device string) *gateway {
	for i := range e.gateways {
		if g := &e.gateways[i]; g.address == a && g.device == device {
			return g
		}
	}
	return nil
}
