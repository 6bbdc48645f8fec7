package diagnose

import (
	"context"
	"net/netip"

	"sockeye/netinfo"
)

// blocked is what this machine's own firewall was seen doing.
type blocked string

// What a firewall does.
const (
	letsThrough blocked = ""
	dropsOut    blocked = "drops what leaves"
	dropsIn     blocked = "drops what comes back"
	rejects     blocked = "refuses in place of the other side"
)

// blocks tells whether this machine's firewall explains what came of an attempt. An attempt that the system did not
// permit is proof; of others only the packets on the wire can tell, where the next hop is known to be there.
func (e *evidence) blocks(to netip.AddrPort, o outcome) blocked {
	if o == denied {
		return dropsOut
	}
	if e.wire == nil && o == silent && e.notRepeated > 0 && e.notRepeated >= int64(e.silent()) && e.leaves(to.Addr()) {
		return dropsOut
	}
	if e.wire == nil || to.Addr().IsLoopback() || e.own(to.Addr()) {
		return letsThrough
	}
	seen := e.wire.of(netip.AddrPortFrom(to.Addr().WithZone(""), to.Port()))
	switch {
	case o == silent && seen.requests == 0 && e.leaves(to.Addr()):
		return dropsOut
	case o == silent && seen.answers > 0:
		return dropsIn
	case (o == refused || o == unreachable && e.leaves(to.Addr())) && seen.resets == 0 && seen.errors == 0 && seen.answers == 0:
		return rejects
	}
	return letsThrough
}

// silent counts the attempts that nobody answered; each was repeated once at least.
func (e *evidence) silent() (n int) {
	for _, a := range e.internet {
		if a.outcome == silent {
			n++
		}
	}
	return n
}

// own reports whether an address is this machine's.
func (e *evidence) own(a netip.Addr) bool {
	for i := range e.interfaces {
		for _, own := range e.interfaces[i].Addresses {
			if own.Prefix.Addr() == a {
				return true
			}
		}
	}
	return false
}

// leaves reports whether a packet to an address should be seen leaving: packets wait unseen for a next hop that does
// not answer.
func (e *evidence) leaves(to netip.Addr) bool {
	for i := range e.interfaces {
		for _, a := range e.interfaces[i].Addresses {
			if a.Prefix.Masked().Contains(to.WithZone("")) {
				return false
			}
		}
	}
	if g := e.gateway(to.Is6()); g != nil {
		return g.alive == netinfo.Yes
	}
	return e.ways[family(to.Is6())].ok
}

// firewall says what the wire told.
func (l *ladder) firewall(_ context.Context, r *Rung) {
	e := &l.e
	if e.wire == nil {
		r.Status, r.Result = Unknown, "What leaves and comes could not be watched: "+e.wireErr.Error()
	} else {
		r.Result = "Nothing was seen that this machine itself holds back."
	}
	for _, a := range e.attempts() {
		b := e.blocks(a.to, a.outcome)
		if b == letsThrough {
			continue
		}
		r.Status, r.Result = Trouble, "This machine's own firewall "+string(b)+"."
		r.fact("watch the packets to "+a.to.String(), "the attempt came to \""+string(a.outcome)+"\"; the firewall "+string(b), a.took)
	}
}

// attempts returns every attempt to contact somebody, name servers included.
func (e *evidence) attempts() []attempt {
	list := append([]attempt(nil), e.internet...)
	for i := range e.resolvers {
		s := &e.resolvers[i]
		list = append(list, attempt{to: s.server, outcome: s.v4.outcome, took: s.v4.took})
	}
	for i := range e.sites {
		for j := range e.sites[i].tries {
			list = append(list, e.sites[i].tries[j].attempt)
		}
	}
	if e.target != nil {
		list = append(list, e.target.tries...)
	}
	return list
}
