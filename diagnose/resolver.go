package diagnose

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// resolver is one name server and what it said to the questions of the ladder.
type resolver struct {
	server netip.AddrPort
	from   string // where the setting stands
	name   string // what was asked for
	behind bool   // only another name server asks it

	v4, v6 answer // by UDP
	tcp    answer
	nobody answer // to a name that does not exist
}

// slowAnswer is from when on a name server is called slow: a page asks for dozens of names.
const slowAnswer = 500 * time.Millisecond

func (r *resolver) silent() bool  { return !r.answers() && !r.refuses() }
func (r *resolver) answers() bool { return r.v4.outcome == connected || r.v6.outcome == connected }
func (r *resolver) refuses() bool {
	return r.v4.refuses() && (r.v6.refuses() || r.v6.outcome != connected)
}

// works reports whether it gave an address for a name that has one.
func (r *resolver) works() bool { return len(r.v4.addresses)+len(r.v6.addresses) > 0 }

// invents reports whether it gives an address to a name that does not exist.
func (r *resolver) invents() bool { return len(r.nobody.addresses) > 0 }

// took is how long the quicker of the two questions by UDP took.
func (r *resolver) took() time.Duration {
	switch {
	case r.v4.outcome != connected:
		return r.v6.took
	case r.v6.outcome != connected:
		return r.v4.took
	}
	return min(r.v4.took, r.v6.took)
}

func (r *resolver) slow() bool { return r.answers() && r.took() >= slowAnswer }

// words says what is to be said of it, in a few words.
func (r *resolver) words() string {
	switch {
	case r.v4.outcome == denied:
		return "not permitted by this machine"
	case r.silent():
		return "no answer"
	case r.refuses():
		return r.v4.words()
	case r.invents():
		return "gives addresses to names that do not exist"
	case !r.works():
		return r.v4.words()
	case r.slow():
		return fmt.Sprintf("answers, but only after %s", short(r.took()))
	}
	return "answers"
}

// resolvers asks every name server of this machine.
func (l *ladder) resolvers(ctx context.Context, r *Rung) {
	if len(l.servers) == 0 {
		r.Status, r.Result = Trouble, "No name server is set."
		if l.confErr != nil {
			r.Status, r.Result = Unknown, "The name servers are not known on this system: "+l.confErr.Error()
		}
		return
	}
	name := l.o.firstName()
	l.e.resolvers = make([]resolver, len(l.servers)+len(l.behind))
	inParallel(len(l.e.resolvers), func(i int) {
		if own := len(l.servers); i < own {
			l.e.resolvers[i] = askResolver(ctx, l.servers[i], l.from, name)
		} else {
			l.e.resolvers[i] = askResolver(ctx, l.behind[i-own], l.o.Upstreams, name)
			l.e.resolvers[i].behind = true
		}
	})
	good := 0
	var said []string
	for i := range l.e.resolvers {
		s := &l.e.resolvers[i]
		if s.works() && !s.slow() && !s.invents() {
			good++
		} else {
			said = append(said, s.server.Addr().String()+": "+s.words())
		}
		r.resolverFacts(s)
	}
	if len(l.conf.search) > 0 {
		r.fact("search domains in "+l.from, strings.Join(l.conf.search, ", "), 0)
	}
	r.Result = fmt.Sprintf("All %d name servers answer.", good)
	if good == 1 {
		r.Result = "The name server answers."
	}
	if len(said) > 0 {
		r.Status, r.Result = Trouble, strings.Join(said, "; ")+"."
	}
}

// askResolver asks one server everything at once.
func askResolver(ctx context.Context, server netip.AddrPort, from, name string) resolver {
	s := resolver{server: server, from: from, name: name}
	all(
		func() { s.v4 = askUnhurried(ctx, server, name, dns.TypeA) },
		func() { s.v6 = askUnhurried(ctx, server, name, dns.TypeAAAA) },
		func() { s.tcp = askBriefly(ctx, server, name) },
		func() { s.nobody = ask(ctx, "udp", server, nobody(), dns.TypeA) },
	)
	return s
}

// askUnhurried asks by UDP, and asks once more where the answer was late: the first may have waited for a neighbour to be
// found, or for the name server to ask others. The quicker answer counts.
func askUnhurried(ctx context.Context, server netip.AddrPort, name string, kind uint16) answer {
	first := ask(ctx, "udp", server, name, kind)
	if first.outcome != connected || first.took < slowAnswer {
		return first
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if second := ask(ctx, "udp", server, name, kind); second.outcome == connected && second.took < first.took {
		return second
	}
	return first
}

// askBriefly asks by TCP, which is tried for its own sake: nothing waits for it.
func askBriefly(ctx context.Context, server netip.AddrPort, name string) answer {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return ask(ctx, "tcp", server, name, dns.TypeA)
}

// resolverFacts says what was asked and answered.
func (r *Rung) resolverFacts(s *resolver) {
	at := s.server.Addr().String() + " (from " + s.from + ")"
	r.fact("question by UDP for the IPv4 address of "+s.name+" to "+at, s.v4.words(), s.v4.took)
	r.fact("question by UDP for the IPv6 address of "+s.name+" to "+at, s.v6.words(), s.v6.took)
	r.fact("question by TCP for the IPv4 address of "+s.name+" to "+at, s.tcp.words(), s.tcp.took)
	r.fact("question for a name that does not exist to "+at, s.nobody.words(), s.nobody.took)
}

// short writes a duration with two digits or so.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
