package diagnose

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"sockeye/netinfo"
)

// target is the one server that was asked about.
type target struct {
	name string // as it was asked for
	host string
	port uint16
	err  error // it cannot be read
	lookup
	routeErr   error // no route to any of its addresses
	tries      []attempt
	speaksTLS  bool
	handshakes []handshake
	// overruled are attempts by the addresses of the name servers, where the hosts file gives others that fail.
	overruled []attempt
	traffic   *Traffic
	inside    string // who listens on the port for this machine only, where that is what was asked for
}

// tlsPorts are the ports of services that begin with a TLS handshake, by the IANA's registry.
var tlsPorts = []uint16{443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 6697, 8443}

// slowConnect is from when on the opening of a connection is called slow: no place on Earth is as far.
const slowConnect = 900 * time.Millisecond

// reached reports whether any address was reached.
func (t *target) reached() bool { return anyIs(t.tries, connected) }

// good reports whether the server answers as it should.
func (t *target) good() bool {
	if t.speaksTLS {
		return anyGood(t.handshakes)
	}
	return t.reached() && !anyIs(t.tries, wasReset)
}

// server follows the ladder to the one server.
func (l *ladder) server(ctx context.Context, r *Rung) {
	t := &target{name: l.o.Target}
	l.e.target = t
	if t.host, t.port, t.err = splitTarget(l.o.Target); t.err != nil {
		r.Status, r.Result = Trouble, "It cannot be read: it must be a host and a port, for example example.org:443."
		return
	}
	t.lookup = l.find(ctx, t.host)
	t.speaksTLS = slices.Contains(tlsPorts, t.port)
	list := t.addresses()
	for _, a := range t.replies {
		r.fact("question for "+t.asked+" to "+a.server.Addr().String(), a.v4.words()+"; "+a.v6.words(), max(a.v4.took, a.v6.took))
	}
	if len(t.hosts) > 0 && t.host != t.hosts[0].String() {
		r.fact("hosts file for "+t.host, addressList(t.hosts), 0)
	}
	if len(list) == 0 {
		r.Status, r.Result = Trouble, t.host+" has no address."
		return
	}
	l.routeTo(t, r, list)
	l.reach(ctx, t, list)
	l.know(ctx, t)
	l.targetWords(t, r)
}

// routeTo finds out whether there is a route to any of the addresses.
func (l *ladder) routeTo(t *target, r *Rung, list []netip.Addr) {
	for _, a := range list[:min(len(list), maxTries)] {
		way, err := netinfo.RouteTo(a)
		if err != nil {
			t.routeErr = err
			continue
		}
		r.fact("the way to "+a.String(), routeWords(way), 0)
		t.routeErr = nil
		return
	}
}

// reach connects to the addresses, and where that works begins to talk.
func (l *ladder) reach(ctx context.Context, t *target, list []netip.Addr) {
	list = l.routableTo(list)
	list = list[:min(len(list), maxTries)]
	if t.speaksTLS {
		t.handshakes = make([]handshake, len(list))
		inParallel(len(list), func(i int) { t.handshakes[i] = l.greet(ctx, netip.AddrPortFrom(list[i], t.port), t.host) })
		for i := range t.handshakes {
			t.tries = append(t.tries, t.handshakes[i].attempt)
		}
	} else {
		t.tries = make([]attempt, len(list))
		inParallel(len(list), func(i int) { t.tries[i] = stay(ctx, netip.AddrPortFrom(list[i], t.port)) })
	}
	if len(t.hosts) > 0 && !t.good() {
		var other []netip.AddrPort
		for _, a := range without(t.fromServers(), t.hosts) {
			other = append(other, netip.AddrPortFrom(a, t.port))
		}
		t.overruled = tryAll(ctx, other[:min(len(other), maxTries)], connectPatience, how{})
	}
}

// routableTo leaves out addresses to which there is no route, unless that leaves none.
func (l *ladder) routableTo(list []netip.Addr) []netip.Addr {
	kept := slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool {
		_, err := netinfo.RouteTo(a)
		return err != nil && l.e.routesErr == nil
	})
	if len(kept) == 0 {
		return list
	}
	return kept
}

// stay opens a connection and looks for a moment whether it is broken off at once.
func stay(ctx context.Context, to netip.AddrPort) attempt {
	c, a := connect(ctx, to, connectPatience, how{})
	if c == nil {
		return a
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) // an error here is one of the read, too
	if _, err := c.Read(make([]byte, 1)); err != nil && err != io.EOF && classify(err) == wasReset {
		a.outcome, a.err = wasReset, err
	}
	return a
}

// know asks the socket table about the peer, and about the port where the peer is this machine.
func (l *ladder) know(ctx context.Context, t *target) {
	if l.o.Inside != nil && anyIs(t.tries, refused) && l.e.own(t.tries[0].to.Addr()) && !t.tries[0].to.Addr().IsLoopback() {
		t.inside, _ = l.o.Inside(ctx, t.port)
	}
	if l.o.Traffic == nil || len(t.tries) == 0 {
		return
	}
	if traffic, err := l.o.Traffic(ctx, t.tries[0].to.Addr()); err == nil && traffic.Connections > 0 {
		t.traffic = &traffic
	}
}

// targetWords says what came of it.
func (l *ladder) targetWords(t *target, r *Rung) {
	for i := range t.handshakes {
		h := &t.handshakes[i]
		r.fact("TLS with "+t.host+" at "+h.to.String(), h.words(), h.took+h.tlsTook)
	}
	if !t.speaksTLS {
		for _, a := range t.tries {
			r.fact("TCP connection to "+a.to.String(), a.answer(), a.took)
		}
	}
	for _, a := range t.overruled {
		r.fact("TCP connection to "+a.to.String()+", the address by the name servers", a.answer(), a.took)
	}
	if t.inside != "" {
		r.fact("the socket table", t.inside+" listens on the port for this machine only", 0)
	}
	if f := t.traffic; f != nil {
		r.fact("the socket table", fmt.Sprintf("%d connections to it, with %d segments sent again; %d to all others", f.Connections, f.Retransmits, f.OtherRetransmits), 0)
	}
	r.Result = t.name + " answers."
	if !t.good() {
		r.Status, r.Result = Trouble, t.name+" could not be reached as it should."
	}
}
