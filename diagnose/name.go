package diagnose

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// site is a server that was contacted by name.
type site struct {
	host string
	port uint16
	lookup
	// tries are the handshakes, one for each address that was tried.
	tries []handshake
	// reference are the answers of public name servers, and referenceTries the handshakes with the addresses that only
	// they gave. They are asked only where nothing else works.
	reference      []reply
	referenceTries []handshake
	// overruled are the handshakes with the addresses of the name servers, where the hosts file gives others that fail.
	overruled []handshake
}

// good reports whether any address led to the right server.
func (s *site) good() bool {
	return slices.ContainsFunc(s.tries, func(h handshake) bool { return h.good() })
}

// anyGood reports whether any of the handshakes met the right server.
func anyGood(list []handshake) bool {
	return slices.ContainsFunc(list, func(h handshake) bool { return h.good() })
}

// CheckTarget says what is wrong with a server that is to be asked about; nil for a host and a port.
func CheckTarget(s string) error {
	_, _, err := splitTarget(s)
	return err
}

// splitTarget reads host:port.
func splitTarget(s string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(text, 10, 16)
	if err != nil || bad != nil || n == 0 || !hostName(host) {
		return "", 0, fmt.Errorf("%q is not a host and a port, such as example.org:443 or [2001:db8::1]:22", s)
	}
	return host, uint16(n), nil
}

// hostName reports whether s can be a host: an address, or a name of letters, digits, hyphens, low lines and dots that
// fits into a question (RFC 1035 section 2.3.4).
func hostName(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
}

// firstName returns the first of the names, absolute: the one that name servers are asked for.
func (o *Options) firstName() string {
	for _, n := range o.Names {
		if host, _, err := splitTarget(n); err == nil {
			if _, err := netip.ParseAddr(host); err != nil {
				return host + "."
			}
		}
	}
	return "example.com."
}

// maxTries is how many addresses of a name are tried.
const maxTries = 6

// names contacts the servers by name.
func (l *ladder) names(ctx context.Context, r *Rung) {
	l.e.sites = make([]site, len(l.o.Names))
	all(func() {
		inParallel(len(l.o.Names), func(i int) { l.e.sites[i] = l.visit(ctx, l.o.Names[i]) })
	}, func() { l.e.portal = l.askPortal(ctx) })
	good := 0
	for i := range l.e.sites {
		s := &l.e.sites[i]
		if s.good() {
			good++
		}
		r.siteFacts(s)
	}
	r.fact("GET "+l.o.Portal, l.e.portal.words(), l.e.portal.took)
	switch {
	case l.e.portal.captive:
		r.Status, r.Result = Trouble, "Another page answers in place of the one that was asked for: "+l.e.portal.words()+"."
	case good == 0:
		r.Status, r.Result = Trouble, "No server could be reached by its name."
	default:
		r.Result = "Servers are reached by name and prove who they are."
	}
}

// siteFacts says what was tried.
func (r *Rung) siteFacts(s *site) {
	if len(s.hosts) > 0 && s.host != s.hosts[0].String() {
		r.fact("hosts file for "+s.host, addressList(s.hosts), 0)
	}
	if len(s.addresses()) == 0 {
		for _, a := range s.replies {
			r.fact("question for "+s.asked+" to "+a.server.Addr().String(), a.v4.words(), a.v4.took)
		}
	}
	for i := range s.tries {
		h := &s.tries[i]
		r.fact("TLS with "+s.host+" at "+h.to.String(), h.words(), h.took+h.tlsTook)
	}
	for i := range s.overruled {
		h := &s.overruled[i]
		r.fact("TLS with "+s.host+" at "+h.to.String()+", the address by the name servers", h.words(), h.took+h.tlsTook)
	}
	for i := range s.referenceTries {
		h := &s.referenceTries[i]
		r.fact("TLS with "+s.host+" at "+h.to.String()+", the address by a public name server", h.words(), h.took+h.tlsTook)
	}
}

// visit looks a name up and greets its addresses. Where none is right, the hosts file and the name servers are doubted.
func (l *ladder) visit(ctx context.Context, target string) site {
	host, port, err := splitTarget(target)
	if err != nil {
		return site{host: target}
	}
	s := site{host: host, port: port, lookup: l.find(ctx, host)}
	s.tries = l.greetAll(ctx, s.addresses(), port, host)
	if s.good() || slices.ContainsFunc(s.tries, func(h handshake) bool { return h.segment > 0 }) {
		return s
	}
	if len(s.hosts) > 0 {
		s.overruled = l.greetAll(ctx, without(s.fromServers(), s.hosts), port, host)
		return s
	}
	l.doubt(ctx, &s)
	return s
}

// doubt asks the public name servers, in case the machine's own are wrong. Only servers that answered can be wrong.
func (l *ladder) doubt(ctx context.Context, s *site) {
	if !slices.ContainsFunc(s.replies, func(r reply) bool { return r.v4.outcome == connected || r.v6.outcome == connected }) {
		return
	}
	select {
	case <-l.dialed:
	case <-ctx.Done():
	}
	if ctx.Err() != nil || !l.e.online() {
		return // it would not be reached either
	}
	s.reference = l.askAll(ctx, l.o.Reference, s.host+".")
	told := lookup{replies: s.reference}.addresses()
	s.referenceTries = l.greetAll(ctx, without(told, s.addresses()), s.port, s.host)
}

// without returns the addresses of a list that are not in another.
func without(list, other []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool { return slices.Contains(other, a) })
}

// greetAll greets several addresses at once, the first ones of each family.
func (l *ladder) greetAll(ctx context.Context, list []netip.Addr, port uint16, name string) []handshake {
	list = l.routable(list)
	list = list[:min(len(list), maxTries)]
	tries := make([]handshake, len(list))
	inParallel(len(list), func(i int) { tries[i] = l.greet(ctx, netip.AddrPortFrom(list[i], port), name) })
	return tries
}

// routable leaves out the addresses of a family that this machine has no way for, unless that leaves none.
func (l *ladder) routable(list []netip.Addr) []netip.Addr {
	kept := slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool { return !l.e.offered(a.Is6()) })
	if len(kept) == 0 {
		return list
	}
	return kept
}
