package diagnose

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sockeye/netinfo"
)

// otherWay is a default route that is not in use, and whether the internet answers by it.
type otherWay struct {
	route netinfo.Route
	works bool
	tries []attempt
}

// internet contacts the internet by address. Where that fails, every other default route is tried.
func (l *ladder) internet(ctx context.Context, r *Rung) {
	e := &l.e
	e.internet = tryAll(ctx, l.o.Internet, connectPatience, how{})
	close(l.dialed)
	for _, a := range e.internet {
		r.fact("TCP connection to "+a.to.String(), a.answer(), a.took)
	}
	l.pingInternet(ctx, r)
	l.tryOthers(ctx, r)
	var reached []string
	for i, name := range families {
		if e.reached(i == 1) {
			reached = append(reached, name)
		}
	}
	r.Result = "The internet answers over " + strings.Join(reached, " and ") + "."
	switch {
	case len(e.internet) == 0:
		r.Status, r.Result = Skipped, "No address is set that stands for the internet."
	case len(reached) == 0 && allAre(e.internet, denied, interrupted):
		r.Status, r.Result = Unknown, "This program is not permitted to contact anybody."
	case len(reached) == 0:
		r.Status, r.Result = Trouble, "No address of the internet answers."
	}
}

// pingInternet pings an address that does not answer otherwise: one that does is reached, and connections are blocked.
func (l *ladder) pingInternet(ctx context.Context, r *Rung) {
	e := &l.e
	to := firstOf(l.o.Internet, !e.offered(false))
	if e.online() || !to.IsValid() || allAre(e.internet, noPort) {
		return
	}
	p := pingOne(ctx, to.Addr(), 3, 100*time.Millisecond, 700*time.Millisecond)
	e.pinged = p.received > 0
	r.fact("ping "+to.Addr().String(), attempt{outcome: p.outcome(), err: p.err}.answer(), p.median())
}

// tryOthers tries the default routes that are not in use, in a family in which the one in use leads nowhere.
func (l *ladder) tryOthers(ctx context.Context, r *Rung) {
	e := &l.e
	for i, w := range e.ways {
		v6 := i == 1
		to := e.of(v6)
		if e.reached(v6) || !w.ok || len(to) == 0 {
			continue
		}
		for _, d := range netinfo.Defaults(e.routes, v6) {
			if d.Interface == w.route.Interface && d.Gateway == w.route.Gateway || len(e.others) >= maxTries {
				continue
			}
			e.others = append(e.others, otherWay{route: d})
		}
	}
	inParallel(len(e.others), func(i int) { e.others[i].try(ctx, l.o.Internet, e.ways) })
	for _, o := range e.others {
		for _, a := range o.tries {
			r.fact("TCP connection to "+a.to.String()+" by the other default route, "+routeWords(o.route), a.answer(), a.took)
		}
		if len(o.tries) == 0 {
			words := "no answer"
			if o.works {
				words = "it answers"
			}
			r.fact("ping by the other default route, "+routeWords(o.route), words, 0)
		}
	}
}

// otherPatience is how long an attempt by another route may take.
const otherPatience = 1800 * time.Millisecond

// try contacts the internet by the route: through its interface, or, where that is the one in use as well, by handing
// packets to its router.
func (o *otherWay) try(ctx context.Context, internet []netip.AddrPort, ways [2]way) {
	v6 := o.route.Is6()
	to := firstOf(internet, v6)
	if o.route.Interface != ways[family(v6)].route.Interface {
		o.tries = tryAll(ctx, []netip.AddrPort{to}, otherPatience, how{device: o.route.Interface})
		o.works = anyIs(o.tries, connected)
		return
	}
	o.works = pingVia(ctx, o.route.Interface, o.route.Gateway, to.Addr())
}

// ipv6 compares the families.
func (l *ladder) ipv6(_ context.Context, r *Rung) {
	e := &l.e
	switch {
	case e.interfacesErr == nil && !e.global(true) && !e.reached(true):
		r.Status, r.Result = Skipped, "This network offers no IPv6, which is no fault."
	case !e.offered(true) && !e.reached(true):
		r.Status, r.Result = Skipped, "There is no IPv6 route to the internet, so nothing uses it."
	case len(e.of(true)) == 0:
		r.Status, r.Result = Skipped, "No IPv6 address is set that stands for the internet."
	case e.reached(true):
		r.Result = "IPv6 works."
	case e.reached(false):
		r.Status, r.Result = Trouble, "IPv6 is set up and leads nowhere, while IPv4 works."
	default:
		r.Status, r.Result = Trouble, "IPv6 leads nowhere, and IPv4 neither."
	}
	for _, a := range e.of(true) {
		r.fact("TCP connection to "+a.to.String(), a.answer(), a.took)
	}
}

// pathMTU says what the handshakes told of the size of packets.
func (l *ladder) pathMTU(_ context.Context, r *Rung) {
	done := false
	for _, h := range l.e.handshakes() {
		switch {
		case h.segment > 0:
			r.Status = Trouble
			r.Result = fmt.Sprintf("Large packets vanish on the way and nobody says so; with segments of %d bytes it works.", h.segment)
			r.fact("TLS with "+h.name+" at "+h.to.String(), h.words(), h.took+h.tlsTook)
		case h.tls == connected:
			done = true
		}
	}
	switch {
	case r.Status == Trouble:
	case done:
		r.Result = "Packets of full size get through."
	default:
		r.Status, r.Result = Skipped, "No handshake was completed that would tell."
	}
}

// handshakes returns all handshakes with the right addresses of names.
func (e *evidence) handshakes() (list []*handshake) {
	for i := range e.sites {
		for j := range e.sites[i].tries {
			list = append(list, &e.sites[i].tries[j])
		}
	}
	if e.target != nil {
		for i := range e.target.handshakes {
			list = append(list, &e.target.handshakes[i])
		}
	}
	return list
}
