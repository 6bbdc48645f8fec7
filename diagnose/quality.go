package diagnose

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// quality is loss and delay on the parts of the way.
type quality struct {
	measured bool
	v6       bool // the family that was measured
	// router, resolver and internet are what came of asking each several times.
	router, resolver, internet sample
	resolverAt                 netip.AddrPort
	internetAt                 netip.Addr
	byTCP                      bool // the internet was measured by opening connections, since it answers no ping
}

// How much is sent: little at first, and more only where something was lost.
const (
	probeCount = 40
	probeMore  = 80
	probeApart = 20 * time.Millisecond
	probeWait  = 600 * time.Millisecond
)

// lateLine is from which delay on a way is called slow.
const lateLine = 800 * time.Millisecond

// patienceFor is how long the last probe may take where a connection took so long.
func patienceFor(connecting time.Duration) time.Duration {
	return max(probeWait, min(2*connecting+300*time.Millisecond, 3*time.Second))
}

// lossy is the share from which on a way is called lossy, where enough was sent to tell.
const lossy = 0.05

// loses reports whether a sample shows loss that is no accident.
func (s sample) loses() bool {
	return s.received > 0 && s.sent-s.received >= 3 && s.lost() >= lossy
}

// measure tells loss and delay to the router, the name server and the internet apart.
func (l *ladder) measure(ctx context.Context, r *Rung) {
	e, q := &l.e, &l.e.quality
	q.v6 = !e.reached(false) && e.reached(true)
	at := firstAnswer(e.of(q.v6))
	if at == nil && e.gateway(q.v6) == nil {
		r.Status, r.Result = Skipped, "There is nothing that answers and could be measured."
		return
	}
	q.measured = true
	l.measureOnce(ctx, at, probeCount)
	if ctx.Err() == nil && (q.internet.sent > q.internet.received && q.internet.received > 0 || q.router.sent > q.router.received && q.router.received > 0 && at == nil) {
		before := *q
		l.measureOnce(ctx, at, probeMore)
		q.router, q.internet = before.router.with(q.router), before.internet.with(q.internet)
		q.resolver = before.resolver.with(q.resolver)
	}
	l.qualityWords(r)
}

// firstAnswer returns the first attempt that was answered, nil for none.
func firstAnswer(list []attempt) *attempt {
	for i := range list {
		if list[i].outcome == connected {
			return &list[i]
		}
	}
	return nil
}

// measureOnce sends so many probes to each, all at once.
func (l *ladder) measureOnce(ctx context.Context, at *attempt, count int) {
	e, q := &l.e, &l.e.quality
	all(func() {
		if g := e.gateway(q.v6); g != nil && g.ping == connected {
			q.router = pingOne(ctx, g.zoned(), count, probeApart, probeWait)
		}
	}, func() {
		for i := range e.resolvers {
			if s := &e.resolvers[i]; s.answers() && !s.slow() {
				q.resolverAt = s.server
				q.resolver = askOften(ctx, s.server, s.name)
				return
			}
		}
	}, func() {
		if at == nil {
			return
		}
		q.internetAt = at.to.Addr()
		wait := patienceFor(at.took)
		if q.byTCP = q.byTCP || pingOne(ctx, at.to.Addr(), 4, probeApart, wait/2).received == 0; !q.byTCP {
			q.internet = pingOne(ctx, at.to.Addr(), count, probeApart, wait)
		}
		if q.byTCP {
			q.internet = connectOften(ctx, at.to, max(900*time.Millisecond, wait))
		}
	})
}

// askOften asks a name server ten times, each time once.
func askOften(ctx context.Context, server netip.AddrPort, name string) (s sample) {
	const times = 10
	results := make([]answer, times)
	inParallel(times, func(i int) {
		if !pause(ctx, time.Duration(i)*50*time.Millisecond) {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, dnsRepeats[0]-50*time.Millisecond)
		defer cancel()
		results[i] = ask(ctx, "udp", server, name, dns.TypeA)
	})
	for _, a := range results {
		s.sent++
		if a.outcome == connected {
			s.received++
			s.times = append(s.times, a.took)
		}
	}
	return s
}

// connectOften opens twenty connections. One that has to ask twice takes a second more and counts as lost.
func connectOften(ctx context.Context, to netip.AddrPort, patience time.Duration) (s sample) {
	const times = 20
	results := make([]attempt, times)
	inParallel(times, func(i int) {
		if !pause(ctx, time.Duration(i)*30*time.Millisecond) {
			return
		}
		c, a := connect(ctx, to, patience, how{})
		if c != nil {
			_ = c.Close() // nothing was sent
		}
		results[i] = a
	})
	for _, a := range results {
		switch a.outcome {
		case connected:
			s.sent, s.received, s.times = s.sent+1, s.received+1, append(s.times, a.took)
		case silent:
			s.sent++
		}
	}
	return s
}

// qualityWords says what was measured.
func (l *ladder) qualityWords(r *Rung) {
	q := &l.e.quality
	measured := 0
	for _, m := range []struct {
		what string
		s    sample
	}{
		{"the router", q.router},
		{"the name server " + q.resolverAt.Addr().String(), q.resolver},
		{"the internet, " + q.internetAt.String(), q.internet},
	} {
		if m.s.sent == 0 || m.s.received == 0 {
			continue
		}
		measured++
		r.fact(fmt.Sprintf("ask %s %d times", m.what, m.s.sent), fmt.Sprintf("%d %% lost, %s", percent(m.s.lost()), short(m.s.median())), m.s.median())
	}
	switch {
	case measured == 0:
		r.Status, r.Result = Unknown, "Nothing could be measured: nobody answers a ping, or it is not permitted."
	case q.internet.median() >= lateLine:
		r.Status, r.Result = Trouble, fmt.Sprintf("An answer from the internet takes %s.", short(q.internet.median()))
	case slices.ContainsFunc([]sample{q.router, q.internet}, sample.loses):
		r.Status, r.Result = Trouble, fmt.Sprintf("Packets are lost: %d %% on the way to the internet, %d %% on the way to the router.", percent(q.internet.lost()), percent(q.router.lost()))
		if q.router.sent == 0 {
			r.Result = fmt.Sprintf("Packets are lost: %d %% on the way to the internet; the way to the router could not be measured.", percent(q.internet.lost()))
		}
	default:
		r.Result = "Next to nothing is lost."
	}
}

// percent rounds a share.
func percent(share float64) int { return int(share*100 + 0.5) }
