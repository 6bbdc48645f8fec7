package diagnose

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"sockeye/netinfo"
)

// way is how packets to the internet leave, in one family.
type way struct {
	known bool // false where this system does not tell
	route netinfo.Route
	ok    bool // there is one
	err   error
}

// families are the two address families as the evidence orders them: index 1 is IPv6.
var families = [2]string{"IPv4", "IPv6"}

// family returns the index of a family.
func family(v6 bool) int {
	if v6 {
		return 1
	}
	return 0
}

// links looks at the interfaces.
func (l *ladder) links(_ context.Context, r *Rung) {
	e := &l.e
	e.interfaces, e.interfacesErr = netinfo.Interfaces()
	if e.interfacesErr != nil {
		r.Status, r.Result = Unknown, "The interfaces are not known: "+e.interfacesErr.Error()
		return
	}
	var usable []string
	for i := range e.interfaces {
		f := &e.interfaces[i]
		if f.Kind == netinfo.KindLoopback {
			continue
		}
		r.fact(f.Name+" ("+string(f.Kind)+")", linkWords(f), 0)
		if f.Usable() {
			usable = append(usable, f.Name)
		}
	}
	r.Result = "Up and connected: " + strings.Join(usable, ", ") + "."
	if len(usable) == 0 {
		r.Status, r.Result = Trouble, "No interface is up and connected."
	}
}

// linkWords says how an interface is.
func linkWords(f *netinfo.Interface) string {
	switch {
	case !f.Up:
		return "switched off"
	case f.Carrier == netinfo.No:
		return "on, but there is no link: no cable, or no Wi-Fi network joined"
	case f.Carrier == netinfo.Unknown:
		return "on; whether there is a link is not known"
	case f.Speed > 0:
		return fmt.Sprintf("on and connected, %d Mbit/s", f.Speed)
	}
	return "on and connected"
}

// addresses looks at the addresses, and asks whether another machine has one of them too.
func (l *ladder) addresses(ctx context.Context, r *Rung) {
	e := &l.e
	if e.interfacesErr != nil {
		r.Status, r.Result = Unknown, "The addresses are not known: "+e.interfacesErr.Error()
		return
	}
	var global []string
	for i := range e.interfaces {
		f := &e.interfaces[i]
		if f.Kind == netinfo.KindLoopback {
			continue
		}
		for _, a := range f.Addresses {
			r.fact(f.Name, addressWords(a), 0)
		}
		if f.Usable() {
			global = append(global, texts(f.Global(false))...)
			global = append(global, texts(f.Global(true))...)
		}
	}
	e.duplicates = l.findDuplicates(ctx, r)
	switch {
	case len(e.duplicates) > 0:
		r.Status, r.Result = Trouble, fmt.Sprintf("%s is in use by another machine too (%s).", e.duplicates[0].address, e.duplicates[0].by)
	case len(global) > 0:
		r.Result = "This machine has " + strings.Join(global, ", ") + "."
	case e.linkLocal(false) != nil:
		r.Status, r.Result = Trouble, "There is only a 169.254 address, which the machine gave itself because nobody gave it one."
	default:
		r.Status, r.Result = Trouble, "No interface that is connected has an address for more than its own link."
	}
}

// texts writes addresses.
func texts(list []netip.Addr) (out []string) {
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

// addressWords says what an address is.
func addressWords(a netinfo.Address) string {
	text := a.Prefix.String()
	switch {
	case a.Duplicate:
		return text + ": another machine has it, so it is not used"
	case a.Tentative:
		return text + ": not in use yet"
	case a.LinkLocal() && a.Prefix.Addr().Is4():
		return text + ": given by the machine to itself, since it got none from a DHCP server"
	case a.LinkLocal():
		return text + ": for this link only"
	}
	return text
}

// duplicate is an address of this machine that another one has as well.
type duplicate struct {
	address netip.Addr
	device  string
	by      string // its hardware address, or in words
}

// findDuplicates asks for the machine's own IPv4 addresses (RFC 5227 section 2.1.1). Of IPv6 the system itself knows.
func (l *ladder) findDuplicates(ctx context.Context, r *Rung) (list []duplicate) {
	var ask []duplicate
	for i := range l.e.interfaces {
		f := &l.e.interfaces[i]
		for _, a := range f.Addresses {
			if a.Duplicate {
				list = append(list, duplicate{a.Prefix.Addr(), f.Name, "found by this system"})
			} else if a.Prefix.Addr().Is4() && f.Usable() && f.MAC != nil && f.Kind != netinfo.KindTunnel && a.Prefix.Bits() < 32 {
				ask = append(ask, duplicate{a.Prefix.Addr(), f.Name, ""})
			}
		}
	}
	ask = ask[:min(len(ask), maxTries)]
	inParallel(len(ask), func(i int) {
		mac, err := arpProbe(ctx, ask[i].device, ask[i].address)
		switch {
		case err != nil:
			ask[i].by = "!" + err.Error()
		case mac != nil:
			ask[i].by = mac.String()
		}
	})
	for _, d := range ask {
		reason, notAsked := strings.CutPrefix(d.by, "!")
		switch {
		case notAsked:
			r.fact("ask by ARP who else has "+d.address.String(), "not possible: "+reason, 0)
		case d.by != "":
			r.fact("ask by ARP who else has "+d.address.String(), d.by+" answers", 0)
			list = append(list, d)
		default:
			r.fact("ask by ARP who else has "+d.address.String(), "nobody", 0)
		}
	}
	return list
}

// routing finds the way to the internet in both families.
func (l *ladder) routing(_ context.Context, r *Rung) {
	e := &l.e
	e.routes, e.routesErr = netinfo.Routes()
	if e.routesErr != nil {
		r.Status, r.Result = Unknown, "The routes are not known: "+e.routesErr.Error()
		for i := range e.ways {
			e.ways[i].err = e.routesErr
		}
		return
	}
	var found []string
	for i := range e.ways {
		w := &e.ways[i]
		w.known = true
		for _, d := range netinfo.Defaults(e.routes, i == 1) {
			r.fact("default route", routeWords(d), 0)
		}
		to := firstOf(l.o.Internet, i == 1)
		if !to.IsValid() {
			continue
		}
		w.route, w.err = netinfo.RouteTo(to.Addr())
		w.ok = w.err == nil
		if w.ok {
			r.fact("the way to "+to.Addr().String(), routeWords(w.route), 0)
			found = append(found, families[i]+" "+routeWords(w.route))
		}
	}
	r.Result = "The internet is reached by " + strings.Join(found, ", and ") + "."
	if len(found) == 0 {
		r.Status, r.Result = Trouble, "There is no route to the internet."
	}
}

// routeWords says where a route leads.
func routeWords(d netinfo.Route) string {
	text := "through " + d.Interface
	if d.Gateway.IsValid() {
		text = "via " + d.Gateway.String() + " " + text
	}
	if d.Default() && d.Metric > 0 {
		text += fmt.Sprintf(", metric %d", d.Metric)
	}
	if d.Default() && d.Table != 254 && d.Table != 0 {
		text += fmt.Sprintf(", table %d", d.Table)
	}
	if d.LinkDown {
		text += " (no link)"
	}
	return text
}

// firstOf returns the first address of a family, the zero one for none.
func firstOf(list []netip.AddrPort, v6 bool) netip.AddrPort {
	for _, a := range list {
		if a.Addr().Is6() == v6 {
			return a
		}
	}
	return netip.AddrPort{}
}
