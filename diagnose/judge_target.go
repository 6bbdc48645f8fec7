package diagnose

import (
	"fmt"
	"strings"
	"time"
)

// The causes that concern the one server.
const (
	causeNoName      = "no-such-name"
	causeNoAnswer    = "no-name-answer"
	causeNoWay       = "no-route"
	causeRefused     = "refused"
	causeSilent      = "silent"
	causeUnreachable = "unreachable"
	causeResets      = "resets"
	causeSlow        = "slow"
	causeTLSName     = "tls-wrong-name"
	causeTLSExpired  = "tls-expired"
	causeTLSEarly    = "tls-not-yet-valid"
	causeTLSTrust    = "tls-untrusted"
	causeTLSSilent   = "tls-silent"
	causeTLSNone     = "tls-not-spoken"
	causeTLSFails    = "tls-fails"
	causeRetransmits = "retransmits"
)

// reachedWords says that the server is there.
func (j *judgement) reachedWords() string {
	t := j.e.target
	for i, a := range t.tries {
		if a.outcome != connected {
			continue
		}
		if t.speaksTLS && i < len(t.handshakes) && t.handshakes[i].good() {
			return fmt.Sprintf("%s answers in %s, and its certificate is right.", t.name, short(a.took))
		} else if !t.speaksTLS {
			return fmt.Sprintf("%s answers in %s.", t.name, short(a.took))
		}
	}
	return t.name + " answers."
}

// targetFindings tells why the server is not reached as it should, or what is odd about it.
func (j *judgement) targetFindings() []Finding {
	t := j.e.target
	for _, check := range []func() *Finding{
		j.targetName, j.targetHosts, j.targetRoute, j.targetPorts, j.targetInside, j.targetFirewall, j.blackHole, j.targetConnect, j.targetTLS, j.targetSlow,
	} {
		if f := check(); f != nil {
			return []Finding{*f}
		}
	}
	if f := t.traffic; f != nil && f.worse() {
		return []Finding{{
			Place: PlaceServer, Cause: causeRetransmits, Severity: Warning, Evidence: "rip:" + t.tries[0].to.Addr().String(), Mend: j.mend.server(),
			Sentence: fmt.Sprintf("Much is sent again to %s (%d of about %d segments), more than to everybody else: the way to it or the server loses packets.", t.host, f.Retransmits, f.Segments),
		}}
	}
	return nil
}

// targetInside: the server is this machine, and its program listens for this machine only.
func (j *judgement) targetInside() *Finding {
	t := j.e.target
	if t.inside == "" {
		return nil
	}
	f := loopbackFinding(t.inside, t.port, nil, j.mend)
	f.Severity = Failure
	f.Sentence = fmt.Sprintf("%s listens on port %d for this machine only: by %s, as others see it, it refuses.", t.inside, t.port, t.tries[0].to.Addr())
	return &f
}

// worse reports whether much is lost to the peer and little to all others.
func (f *Traffic) worse() bool {
	if f.Segments < 100 || f.Retransmits < 10 {
		return false
	}
	own := float64(f.Retransmits) / float64(f.Segments)
	other := float64(f.OtherRetransmits) / float64(max(f.OtherSegments, 1))
	return own > 0.03 && own > 3*other
}

// targetName: there is no address for the name.
func (j *judgement) targetName() *Finding {
	t := j.e.target
	switch {
	case t.trap && !t.good():
		return j.trapFinding(t.host, t.asked)
	case len(t.addresses()) > 0:
		return nil
	case t.missing():
		return &Finding{
			Place: PlaceServer, Cause: causeNoName, Severity: Failure, Mend: []string{"Check how the name is written, and ask who runs it whether it has moved."},
			Sentence: fmt.Sprintf("There is no such name as %s: the name servers say so.", t.host),
		}
	}
	return &Finding{
		Place: PlaceResolver, Cause: causeNoAnswer, Severity: Failure, Mend: j.mend.resolver(),
		Sentence: fmt.Sprintf("No name server could say which address %s has.", t.host),
	}
}

// targetHosts: the hosts file sends the name where it is not.
func (j *judgement) targetHosts() *Finding {
	t := j.e.target
	if len(t.hosts) == 0 || t.good() || !anyIs(t.overruled, connected) {
		return nil
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeHosts, Severity: Failure, Mend: j.mend.hosts(t.host),
		Sentence: fmt.Sprintf("The hosts file of this machine sends %s to %s, where it is not; at the address that the name servers give it answers.", t.host, addressList(t.hosts)),
	}
}

// targetRoute: this machine has no route there.
func (j *judgement) targetRoute() *Finding {
	t := j.e.target
	if t.routeErr == nil || j.e.routesErr != nil || t.reached() {
		return nil
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeNoWay, Severity: Failure, Mend: j.mend.defaultRoute(""),
		Sentence: fmt.Sprintf("This machine has no route to %s (%s).", t.host, addressList(t.addresses())),
	}
}

// targetPorts: the machine has no local port left for this server.
func (j *judgement) targetPorts() *Finding {
	t := j.e.target
	if !anyIs(t.tries, noPort) || t.reached() {
		return nil
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeNoPorts, Severity: Failure, Mend: j.mend.ports(), Evidence: fmt.Sprintf("rip:%s rport:%d", t.tries[0].to.Addr(), t.port),
		Sentence: fmt.Sprintf("This machine has no free local port left for connections to %s: too many are open or not yet forgotten.", t.name),
	}
}

// targetFirewall: this machine's own firewall is in the way.
func (j *judgement) targetFirewall() *Finding {
	t := j.e.target
	if t.reached() {
		return nil
	}
	kinds := map[blocked]int{}
	for _, a := range t.tries {
		kinds[j.e.blocks(a.to, a.outcome)]++
	}
	return j.firewallFinding(kinds, t.name)
}

// targetConnect: no connection opens.
func (j *judgement) targetConnect() *Finding {
	t := j.e.target
	if t.reached() {
		return nil
	}
	f := &Finding{Place: PlaceServer, Severity: Failure, Mend: j.mend.server()}
	at := addressList(t.addresses())
	switch {
	case anyIs(t.tries, refused):
		f.Cause, f.Sentence = causeRefused, fmt.Sprintf("%s is up and refuses: nothing listens on port %d there, or its firewall says no.", t.host, t.port)
	case anyIs(t.tries, wasReset):
		f.Cause, f.Sentence = causeResets, fmt.Sprintf("%s accepts connections and breaks them off at once.", t.name)
	case anyIs(t.tries, unreachable):
		f.Cause, f.Sentence = causeUnreachable, fmt.Sprintf("%s (%s) is not there: the last router before it, or this machine for its own network, says so.", t.host, at)
	default:
		f.Cause, f.Sentence = causeSilent, fmt.Sprintf("%s (%s) does not answer on port %d: it is off, or a firewall on the way or there throws the request away.", t.host, at, t.port)
	}
	return f
}

// targetTLS: the connection opens, and the handshake is not right.
func (j *judgement) targetTLS() *Finding {
	t := j.e.target
	if !t.speaksTLS || t.good() {
		return nil
	}
	for i := range t.handshakes {
		h := &t.handshakes[i]
		if h.outcome != connected {
			continue
		}
		f := &Finding{Place: PlaceServer, Severity: Failure, Mend: j.mend.server(), Sentence: t.name + ": " + h.words() + "."}
		switch {
		case h.noTLS:
			f.Cause = causeTLSNone
		case h.tls == silent:
			f.Cause, f.Sentence = causeTLSSilent, t.name+" accepts the connection and then says nothing: the program there hangs or is overloaded."
		case h.tls == wasReset:
			f.Cause, f.Sentence = causeResets, t.name+" accepts connections and breaks them off."
		case h.tls != connected:
			f.Cause = causeTLSFails
		case h.badName:
			f.Cause = causeTLSName
		case h.expired || h.notYet:
			if c := j.clock(); c != nil {
				return c
			}
			if f.Cause = causeTLSExpired; h.notYet {
				f.Cause = causeTLSEarly
			}
		default:
			f.Cause = causeTLSTrust
		}
		f.Sentence = strings.ReplaceAll(f.Sentence, "..", ".")
		return f
	}
	return nil
}

// targetSlow: it answers, but late.
func (j *judgement) targetSlow() *Finding {
	t := j.e.target
	for i, a := range t.tries {
		took := a.took
		if t.speaksTLS {
			took = max(took, t.handshakes[i].tlsTook*2/3)
		}
		if a.outcome != connected || took < slowConnect {
			return nil
		}
	}
	if !t.reached() || j.e.quality.internet.loses() {
		return nil
	}
	return &Finding{
		Place: PlaceServer, Cause: causeSlow, Severity: Warning, Mend: j.mend.server(),
		Sentence: fmt.Sprintf("%s answers, but only after %s: it is overloaded, or the way to it is.", t.name, short(t.tries[0].took+j.handshakeTook())),
	}
}

// handshakeTook is how long the first handshake took.
func (j *judgement) handshakeTook() (d time.Duration) {
	if list := j.e.target.handshakes; len(list) > 0 {
		d = list[0].tlsTook
	}
	return d
}
