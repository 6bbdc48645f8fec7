package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockeye/netinfo"
)

// The causes that concern names, certificates and quality.
const (
	causeNoResolver      = "no-resolver"
	causeResolverSilent  = "resolver-silent"
	causeResolverRefuses = "resolver-refuses"
	causeResolverLies    = "resolver-lies"
	causeResolverSlow    = "resolver-slow"
	causeOneSilent       = "one-resolver-silent"
	causeOneRefuses      = "one-resolver-refuses"
	causeOneLies         = "one-resolver-lies"
	causeHosts           = "hosts-override"
	causeTrap            = "search-domain-trap"
	causeClock           = "wrong-clock"
	causeIntercepted     = "intercepted"
	causeBlackHole       = "mtu-black-hole"
	causeNames           = "names-unreachable"
	causeV6              = "ipv6-broken"
	causeV4              = "ipv4-broken"
	causeLossLocal       = "loss-to-router"
	causeLossLine        = "loss-on-line"
	causeLossResolver    = "loss-to-resolver"
	causeProxy           = "proxy-wrong"
	causeResolverHalf    = "resolver-ignores-ipv6-questions"
	causeLateLine        = "slow-line"
	causeLateLocal       = "slow-local-network"
)

// nameFindings tells why servers that exist are not reached by their names.
func (j *judgement) nameFindings() (list []Finding) {
	e := j.e
	for i := range e.sites {
		if f := j.hostsOverride(&e.sites[i]); f != nil {
			return []Finding{*f}
		}
	}
	if e.named() || e.proxied() || len(e.sites) == 0 {
		return nil
	}
	for _, check := range []func() *Finding{
		j.noResolver, j.searchTrap, j.resolverWrong, j.captive, j.blackHole, j.clock, j.sitesFirewall, j.intercepted, j.namesUnreachable,
	} {
		if f := check(); f != nil {
			return []Finding{*f}
		}
	}
	return nil
}

// hostsOverride: the hosts file sends a name elsewhere.
func (j *judgement) hostsOverride(s *site) *Finding {
	if len(s.hosts) == 0 || s.good() || s.host == s.hosts[0].String() || !anyGood(s.overruled) && !j.e.named() {
		return nil
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeHosts, Severity: Failure, Mend: j.mend.hosts(s.host),
		Sentence: fmt.Sprintf("The hosts file of this machine sends %s to %s, where it is not; the name servers give another address.", s.host, addressList(s.hosts)),
	}
}

// noResolver: there is nobody to ask, or nobody answers, or all refuse.
func (j *judgement) noResolver() *Finding {
	e := j.e
	if len(e.resolvers) == 0 {
		return &Finding{Place: PlaceMachine, Cause: causeNoResolver, Severity: Failure, Sentence: "No name server is set on this machine, so no name becomes an address.", Mend: j.mend.resolver()}
	}
	kinds, own, silent, refusing := map[blocked]int{}, 0, 0, 0
	var who []string
	for i := range e.resolvers {
		s := &e.resolvers[i]
		if s.behind {
			continue
		}
		own++
		kinds[e.blocks(s.server, s.v4.outcome)]++
		who = append(who, s.server.Addr().String())
		switch {
		case s.silent():
			silent++
		case s.refuses():
			refusing++
		}
	}
	if silent+refusing < own {
		return nil
	}
	if f := j.firewallFinding(kinds, "the name servers"); f != nil {
		return f
	}
	f := &Finding{
		Place: PlaceResolver, Cause: causeResolverSilent, Severity: Failure, Mend: j.mend.resolver(),
		Sentence: "The internet answers, but no name server does (" + strings.Join(who, ", ") + "), so no name becomes an address.",
	}
	if refusing > 0 {
		f.Cause = causeResolverRefuses
		f.Sentence = "The internet answers, but the name servers refuse to (" + j.resolverWords() + "), so no name becomes an address."
	}
	return f
}

// resolverWords says of each name server what it does.
func (j *judgement) resolverWords() string {
	var said []string
	for i := range j.e.resolvers {
		s := &j.e.resolvers[i]
		said = append(said, s.server.Addr().String()+": "+s.words())
	}
	return strings.Join(said, "; ")
}

// searchTrap: a search domain turns a name that exists into another.
func (j *judgement) searchTrap() *Finding {
	for i := range j.e.sites {
		if s := &j.e.sites[i]; s.trap && !s.good() {
			return j.trapFinding(s.host, s.asked)
		}
	}
	return nil
}

func (j *judgement) trapFinding(host, asked string) *Finding {
	return &Finding{
		Place: PlaceMachine, Cause: causeTrap, Severity: Failure, Mend: j.mend.search(),
		Sentence: fmt.Sprintf("A search domain of this machine turns %s into %s, which leads elsewhere.", host, strings.TrimSuffix(asked, ".")),
	}
}

// resolverWrong: the name servers give addresses where the servers are not, or deny names that exist.
func (j *judgement) resolverWrong() *Finding {
	for i := range j.e.sites {
		s := &j.e.sites[i]
		denies := s.missing() && len(s.fromServers()) == 0
		if !anyGood(s.referenceTries) && !denies {
			continue
		}
		who := ""
		if len(s.replies) > 0 {
			who = s.replies[0].server.Addr().String() + " "
		}
		f := &Finding{Place: PlaceResolver, Cause: causeResolverLies, Severity: Failure, Mend: j.mend.resolver()}
		f.Sentence = fmt.Sprintf("The name server %ssends %s to %s, where it is not; a public name server gives the right address.", who, s.host, addressList(s.fromServers()))
		if denies {
			f.Sentence = fmt.Sprintf("The name server %ssays that %s does not exist, but it does.", who, s.host)
		}
		return f
	}
	return nil
}

// blackHole: large packets vanish.
func (j *judgement) blackHole() *Finding {
	for _, h := range j.e.handshakes() {
		if h.segment == 0 {
			continue
		}
		w := j.e.ways[family(h.to.Addr().Is6())]
		f := &Finding{
			Place: PlaceLine, Cause: causeBlackHole, Severity: Failure, Mend: j.mend.mtu(w.route.Interface, h.segment),
			Sentence: "Connections open and then hang: large packets vanish on the way, and the message that should say so does too.",
		}
		if j.e.named() {
			f.Severity = Warning
		}
		return f
	}
	return nil
}

// clock: this machine's clock is wrong, so that certificates seem to have ended or not to have begun.
func (j *judgement) clock() *Finding {
	e := j.e
	off := time.Duration(0)
	if !e.portal.date.IsZero() {
		off = j.now.Sub(e.portal.date)
	}
	late := slices.ContainsFunc(e.handshakes(), func(h *handshake) bool { return h.expired || h.notYet })
	switch {
	case off.Abs() > 24*time.Hour && (late || e.named()), off.Abs() > 5*time.Minute && e.named():
	case !e.named() && e.allLate(): // no server says what time it is, but all certificates cannot be wrong
		off = 0
	default:
		return nil
	}
	f := &Finding{Place: PlaceMachine, Cause: causeClock, Severity: Failure, Mend: j.mend.clock(), Sentence: "The clock of this machine is wrong, so certificates seem to have ended or not to have begun."}
	if off != 0 {
		side := "ahead"
		if off < 0 {
			side = "behind"
		}
		f.Sentence = fmt.Sprintf("The clock of this machine is %s %s, so certificates seem to have ended or not to have begun.", roughly(off.Abs()), side)
	}
	if e.named() {
		f.Severity = Warning
		f.Sentence = fmt.Sprintf("The clock of this machine is off by %s.", roughly(off.Abs()))
	}
	return f
}

// allLate reports whether two servers or more were reached and the time is wrong for the certificates of all.
func (e *evidence) allLate() bool {
	late := 0
	for i := range e.sites {
		for k := range e.sites[i].tries {
			h := &e.sites[i].tries[k]
			if h.tls == connected && !h.expired && !h.notYet {
				return false
			} else if h.tls == connected {
				late++
				break
			}
		}
	}
	return late > 1
}

// roughly writes a long duration in days, hours or minutes.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}

// sitesFirewall: this machine's firewall holds back what goes to the servers.
func (j *judgement) sitesFirewall() *Finding {
	kinds := map[blocked]int{}
	for i := range j.e.sites {
		for k := range j.e.sites[i].tries {
			h := &j.e.sites[i].tries[k]
			kinds[j.e.blocks(h.to, h.outcome)]++
		}
	}
	return j.firewallFinding(kinds, "web servers")
}

// intercepted: somebody else answers in place of the servers.
func (j *judgement) intercepted() *Finding {
	var other *handshake
	for i := range j.e.sites {
		for k := range j.e.sites[i].tries {
			h := &j.e.sites[i].tries[k]
			if h.tls != connected {
				continue
			}
			if !h.untrusted && !h.badName {
				return nil
			}
			other = h
		}
	}
	if other == nil || other.cert == nil {
		return nil
	}
	return &Finding{
		Place: PlaceRouter, Cause: causeIntercepted, Severity: Failure, Mend: []string{"Ask who runs this network, or which protection program on this machine looks into connections, whether " + issuer(other.cert) + " is theirs. Until then enter no password."},
		Sentence: fmt.Sprintf("Somebody answers in place of %s, with a certificate from %s: this network, or a program on this machine, looks into connections.", other.name, issuer(other.cert)),
	}
}

// namesUnreachable: names become addresses, and none of these answers.
func (j *judgement) namesUnreachable() *Finding {
	said := "no answer"
	for _, h := range j.e.handshakes() {
		said = h.words()
		break
	}
	return &Finding{Place: PlaceLine, Cause: causeNames, Severity: Failure, Mend: j.mend.line(), Sentence: "The internet answers by address, but none of the well-known servers does by name: " + said + "."}
}

// resolverFindings tells of single name servers that fail while names work all in all.
func (j *judgement) resolverFindings() (list []Finding) {
	e := j.e
	if !slices.ContainsFunc(e.resolvers, func(s resolver) bool { return s.works() }) {
		return nil
	}
	for i := range e.resolvers {
		s := &e.resolvers[i]
		at := s.server.Addr().String()
		f := Finding{Place: PlaceResolver, Severity: Warning, Mend: j.mend.oneResolver(at)}
		switch {
		case s.silent():
			f.Cause, f.Sentence = causeOneSilent, fmt.Sprintf("One of the %d name servers, %s, does not answer: while it is asked first, every new name waits for seconds.", len(e.resolvers), at)
		case s.refuses():
			f.Cause, f.Sentence = causeOneRefuses, fmt.Sprintf("One of the %d name servers, %s, refuses: %s.", len(e.resolvers), at, s.v4.words())
		case e.lies(s):
			f.Cause, f.Sentence = causeOneLies, fmt.Sprintf("One of the %d name servers, %s, gives wrong answers: %s for %s.", len(e.resolvers), at, s.v4.words(), strings.TrimSuffix(s.name, "."))
		case s.v4.outcome == connected && s.v6.outcome == silent:
			f.Cause, f.Sentence = causeResolverHalf, fmt.Sprintf("The name server %s does not answer questions for IPv6 addresses, which every program asks as well: each new name waits for seconds.", at)
		case s.slow() && s.took() > e.quickest()*3/2:
			f.Cause, f.Sentence = causeResolverSlow, fmt.Sprintf("The name server %s takes %s for an answer, so that every new page waits.", at, short(s.took()))
		case s.invents():
			f.Severity, f.Cause, f.Sentence = Notice, "resolver-invents", fmt.Sprintf("The name server %s gives addresses to names that do not exist.", at)
		default:
			continue
		}
		list = append(list, f)
	}
	return list
}

// quickest is how long the quickest connection to the internet took: no answer from beyond the router can be quicker.
func (e *evidence) quickest() (d time.Duration) {
	for _, a := range e.internet {
		if a.outcome == connected && (d == 0 || a.took < d) {
			d = a.took
		}
	}
	return d
}

// lies reports whether a server's addresses for the first name all failed while the name works by another's, or it
// denies that name.
func (e *evidence) lies(s *resolver) bool {
	for i := range e.sites {
		site := &e.sites[i]
		if site.host+"." != s.name || !site.good() || len(site.hosts) > 0 {
			continue
		}
		if s.v4.missing() || s.v6.missing() {
			return true
		}
		tried := false
		for k := range site.tries {
			h := &site.tries[k]
			if slices.Contains(s.v4.addresses, h.to.Addr()) || slices.Contains(s.v6.addresses, h.to.Addr()) {
				if h.good() {
					return false
				}
				tried = true
			}
		}
		return tried
	}
	return false
}

// familyOfResolvers: one family leads nowhere, and all name servers are of that family, so that no name works.
func (j *judgement) familyOfResolvers() *Finding {
	f := j.oneFamily()
	if f == nil || len(j.e.resolvers) == 0 || j.e.named() {
		return nil
	}
	for i := range j.e.resolvers {
		if s := &j.e.resolvers[i]; !s.silent() || s.server.Addr().Is6() != (f.Cause == causeV6) {
			return nil
		}
	}
	f.Severity = Failure
	return f
}

// oneFamily: one of IPv4 and IPv6 is set up and leads nowhere while the other works.
func (j *judgement) oneFamily() *Finding {
	e := j.e
	for i, name := range families {
		v6 := i == 1
		if e.reached(v6) || !e.reached(!v6) || len(e.of(v6)) == 0 || !e.ways[i].ok || !e.global(v6) {
			continue
		}
		f := &Finding{Place: PlaceLine, Cause: causeV6, Severity: Warning, Mend: j.mend.family(v6), Sentence: name + " is set up on this machine and leads nowhere, while " + families[1-i] + " works: some pages load late or not at all."}
		if !v6 {
			f.Cause = causeV4
		}
		kinds := map[blocked]int{}
		for _, a := range e.of(v6) {
			kinds[e.blocks(a.to, a.outcome)]++
		}
		if g := e.gateway(v6); g != nil && g.alive == netinfo.No {
			f.Place = PlaceRouter
			f.Sentence += " The router " + g.describe() + " does not answer over " + name + "."
		} else if block := j.firewallFinding(kinds, "the internet over "+name); block != nil {
			f.Place, f.Mend = PlaceMachine, block.Mend
			f.Sentence += " " + block.Sentence
		}
		return f
	}
	return nil
}

// loss: packets get lost, and where.
func (j *judgement) loss() *Finding {
	q := &j.e.quality
	switch {
	case q.internet.loses() && q.router.loses() && q.router.lost() >= q.internet.lost()/3:
		return &Finding{
			Place: PlaceLocal, Cause: causeLossLocal, Severity: Warning, Mend: j.mend.local(),
			Sentence: fmt.Sprintf("%d %% of the packets are lost already on the way to the router: the Wi-Fi, the cable or the switch.", percent(q.router.lost())),
		}
	case q.internet.loses():
		f := &Finding{Place: PlaceLine, Cause: causeLossLine, Severity: Warning, Mend: j.mend.line()}
		f.Sentence = fmt.Sprintf("%d %% of the packets are lost beyond the router: the line or the provider.", percent(q.internet.lost()))
		if q.router.received == 0 {
			f.Sentence = fmt.Sprintf("%d %% of the packets are lost on the way to the internet; how many of them before the router could not be measured.", percent(q.internet.lost()))
		}
		return f
	case q.resolver.loses() && q.resolver.lost() >= 0.25:
		return &Finding{
			Place: PlaceResolver, Cause: causeLossResolver, Severity: Warning, Mend: j.mend.resolver(),
			Sentence: fmt.Sprintf("The name server %s leaves %d %% of the questions without an answer.", q.resolverAt.Addr(), percent(q.resolver.lost())),
		}
	}
	return nil
}

// late: answers take long, and where.
func (j *judgement) late() *Finding {
	q := &j.e.quality
	if q.internet.median() < lateLine || q.internet.loses() {
		return nil
	}
	if router := q.router.median(); router >= q.internet.median()/2 {
		return &Finding{
			Place: PlaceLocal, Cause: causeLateLocal, Severity: Warning, Mend: j.mend.local(),
			Sentence: fmt.Sprintf("Already the router takes %s to answer: the Wi-Fi is weak or overloaded.", short(router)),
		}
	}
	return &Finding{
		Place: PlaceLine, Cause: causeLateLine, Severity: Warning, Mend: j.mend.line(),
		Sentence: fmt.Sprintf("An answer from the internet takes %s: the line is overloaded, by a download or upload perhaps, or goes by a satellite.", short(q.internet.median())),
	}
}

// proxyFindings: a proxy is set that cannot be used.
func (j *judgement) proxyFindings() (list []Finding) {
	for i := range j.e.proxies {
		p := &j.e.proxies[i]
		if p.works() || p.address != nil && p.address.Scheme == "https" && p.dial.outcome == connected {
			continue
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeProxy, Severity: Failure, Mend: j.mend.proxy(p.variables[0]),
			Sentence: fmt.Sprintf("The variable %s names the proxy %s, which cannot be used: %s. Programs that obey it do not get out.", strings.Join(p.variables, ", "), p.value, p.words()),
		})
	}
	return list
}
