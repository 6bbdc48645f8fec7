package diagnose

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sockeye/netinfo"
)

// gateway is a next hop and whether it is there.
type gateway struct {
	address netip.Addr // without a zone
	device  string
	v6      bool
	chosen  bool // packets to the internet go there
	alive   netinfo.Truth
	how     string // how that is known
	mac     net.HardwareAddr
	onLink  bool // the interface has a network that it is in
	ping    outcome
	pingErr error
	took    time.Duration
}

// How long a router may take to answer. A system that has known it looks again only after 5 s, and then asks for 3 s.
const (
	gatewayPatience = 3500 * time.Millisecond
	stalePatience   = 8600 * time.Millisecond
)

// gateways looks for the routers of all default routes. That one does not answer a ping proves nothing.
func (l *ladder) gateways(ctx context.Context, r *Rung) {
	e := &l.e
	e.gateways = e.nextHops()
	if len(e.gateways) == 0 {
		r.noGateway(e)
		return
	}
	inParallel(len(e.gateways), func(i int) { l.lookFor(ctx, &e.gateways[i]) })
	var dead, alive []string
	for i := range e.gateways {
		g := &e.gateways[i]
		name := g.address.String() + " through " + g.device
		if g.alive != netinfo.Yes && l.reachedBy(g)() {
			g.alive, g.how = netinfo.Yes, "it forwards: the internet answers through it"
		}
		r.fact("router "+name, g.how, g.took)
		r.fact("ping "+g.address.String(), attempt{outcome: g.ping, err: g.pingErr}.answer(), 0)
		switch {
		case g.alive == netinfo.Yes:
			alive = append(alive, name)
		case g.alive == netinfo.No:
			dead = append(dead, name)
		}
	}
	switch {
	case len(dead) > 0:
		r.Status, r.Result = Trouble, "No answer from "+strings.Join(dead, ", ")+"."
	case len(alive) == 0:
		r.Status, r.Result = Unknown, "Whether the router is there could not be told."
	default:
		r.Result = "The router is there: " + strings.Join(alive, ", ") + "."
	}
}

// noGateway says why there is no router to look for.
func (r *Rung) noGateway(e *evidence) {
	r.Status, r.Result = Skipped, "There is no route to the internet, so there is no router to look for."
	if e.routesErr != nil {
		r.Status, r.Result = Unknown, "The router is not known: "+e.routesErr.Error()
	}
	for _, w := range e.ways {
		if w.ok {
			r.Status, r.Result = Skipped, "The way leads "+routeWords(w.route)+", where there is no router to ask."
		}
	}
}

// nextHops lists the routers of the ways in use and of all other default routes.
func (e *evidence) nextHops() (list []gateway) {
	add := func(route netinfo.Route, chosen bool) {
		known := slices.ContainsFunc(list, func(g gateway) bool { return g.address == route.Gateway && g.device == route.Interface })
		if f := netinfo.ByName(e.interfaces, route.Interface); route.Gateway.IsValid() && !known && len(list) < maxTries {
			g := gateway{address: route.Gateway, device: route.Interface, v6: route.Gateway.Is6(), chosen: chosen, ping: failed}
			g.onLink = f == nil || g.v6 || slices.ContainsFunc(f.Addresses, func(a netinfo.Address) bool { return a.Prefix.Masked().Contains(g.address) })
			list = append(list, g)
		}
	}
	for _, w := range e.ways {
		if w.ok {
			add(w.route, true)
		}
	}
	for _, v6 := range []bool{false, true} {
		for _, d := range netinfo.Defaults(e.routes, v6) {
			add(d, false)
		}
	}
	return list
}

// zoned returns the address with its zone where it needs one.
func (g *gateway) zoned() netip.Addr {
	if g.address.IsLinkLocalUnicast() && g.v6 {
		return g.address.WithZone(g.device)
	}
	return g.address
}

// lookFor finds out whether a router is there: it is asked directly where that is permitted, it is sent something, and
// the system is watched finding its hardware address.
func (l *ladder) lookFor(ctx context.Context, g *gateway) {
	begun := time.Now()
	searching, cancel := context.WithCancel(ctx)
	defer cancel()
	found := make(chan func(), 3) // how it was found out; a nil func is no result
	go func() { found <- g.askLink(searching) }()
	go func() { found <- g.askPing(ctx) }() // whether it answers pings is wanted in any case
	go func() { found <- g.watchTable(searching, l.reachedBy(g)) }()
	for range 3 {
		if tell := <-found; tell != nil {
			tell()
		}
		if g.alive != netinfo.Unknown {
			if g.took == 0 {
				g.took = time.Since(begun)
			}
			cancel()
		}
	}
	if g.took == 0 {
		g.took = time.Since(begun)
	}
	if g.how == "" {
		g.how = "nothing is known of it"
	}
}

// askLink asks by ARP or neighbour discovery.
func (g *gateway) askLink(ctx context.Context) func() {
	mac, err := askNeighbour(ctx, g.device, g.address)
	switch {
	case ctx.Err() != nil, err != nil:
		return nil
	case mac == nil:
		return func() {
			if g.alive == netinfo.Unknown {
				g.alive, g.how = netinfo.No, "no answer to "+g.protocol()
			}
		}
	}
	return func() { g.alive, g.mac, g.how = netinfo.Yes, mac, "answers "+g.protocol()+" with "+mac.String() }
}

// protocol is how neighbours are found in the family.
func (g *gateway) protocol() string {
	if g.v6 {
		return "neighbour discovery"
	}
	return "ARP"
}

// askPing pings it three times.
func (g *gateway) askPing(ctx context.Context) func() {
	p := pingOne(ctx, g.zoned(), 3, 60*time.Millisecond, 400*time.Millisecond)
	if ctx.Err() != nil && p.received == 0 {
		return func() { g.ping = interrupted }
	}
	return func() {
		g.ping, g.pingErr = p.outcome(), p.err
		if p.received > 0 {
			g.alive, g.how = netinfo.Yes, "answers a ping"
		}
	}
}

// watchTable sends it a datagram and watches what the system finds out. reached reports whether the internet answers
// through it in the meantime.
func (g *gateway) watchTable(ctx context.Context, reached func() bool) func() {
	if c, err := (&net.Dialer{}).DialContext(ctx, "udp", netip.AddrPortFrom(g.zoned(), 9).String()); err == nil {
		_, _ = c.Write([]byte{0}) // it only has to be looked for; refusing it is as good
		defer c.Close()
	}
	begun, tick := time.Now(), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for {
		state := netinfo.NoState
		if list, err := netinfo.Neighbours(); err != nil {
			return nil
		} else if n := netinfo.Find(list, g.address, g.device); n != nil {
			state = n.State
		}
		patience := gatewayPatience
		switch state {
		case netinfo.Reachable:
			return func() {
				if g.alive == netinfo.Unknown {
					g.alive, g.how = netinfo.Yes, "the system has heard from it in the last minute"
				}
			}
		case netinfo.Failed:
			return func() {
				if g.alive == netinfo.Unknown {
					g.alive, g.how = netinfo.No, "the system asked for it and got no answer"
				}
			}
		case netinfo.Stale, netinfo.Delay, netinfo.Probe:
			patience = stalePatience
		}
		if reached() || time.Since(begun) > patience {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// reachedBy returns whether the internet has answered through a router, which is known once those attempts are over.
func (l *ladder) reachedBy(g *gateway) func() bool {
	return func() bool {
		select {
		case <-l.dialed:
			return g.chosen && l.e.reached(g.v6)
		default:
			return false
		}
	}
}

// describe names a router.
func (g *gateway) describe() string { return fmt.Sprintf("%s on %s", g.address, g.device) }
