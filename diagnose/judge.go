package diagnose

import (
	"cmp"
	"slices"
	"time"
)

// judge draws the verdict from the evidence. goos chooses the commands.
func judge(e *evidence, now time.Time, goos string) Verdict {
	j := &judgement{e: e, now: now, mend: mender{goos}}
	ladder := j.ladder()
	if e.target != nil {
		return j.aboutTarget(ladder)
	}
	return j.conclude(ladder)
}

// judgement is a verdict in the making.
type judgement struct {
	e    *evidence
	now  time.Time
	mend mender
}

// conclude makes the first of the worst findings the verdict.
func (j *judgement) conclude(list []Finding) Verdict {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	if len(list) > 0 && list[0].Severity > Notice {
		return Verdict{State: InTrouble, Finding: list[0], Also: list[1:]}
	}
	v := Verdict{State: Healthy, Also: append([]Finding{}, list...)}
	v.Mend = []string{}
	switch {
	case j.e.online():
		v.Sentence = "All is well: this machine, the router, the line and the name servers work."
	case j.e.proxied():
		v.Sentence = "All is well: the internet is reached through the proxy that is set."
	default:
		v.State, v.Cause = CannotTell, "cannot-tell"
		v.Sentence = "It could not be told whether something is wrong: what would show it could not be tried here."
	}
	return v
}

// aboutTarget makes the verdict on one server: where it is reached, what is wrong elsewhere is only told besides.
func (j *judgement) aboutTarget(ladder []Finding) Verdict {
	t := j.e.target
	if t.err != nil {
		return Verdict{State: CannotTell, Also: ladder, Finding: Finding{Cause: "target-unreadable", Mend: []string{}, Sentence: "The server must be given as a host and a port, for example example.org:443."}}
	}
	own := j.targetFindings()
	if t.good() && !slices.ContainsFunc(own, func(f Finding) bool { return f.Severity > Notice }) {
		inTheWay := slices.ContainsFunc(ladder, func(f Finding) bool { return f.Severity > Notice && j.onTheWay(f) })
		if inTheWay {
			return j.conclude(ladder)
		}
		return Verdict{State: Healthy, Also: append(own, ladder...), Finding: Finding{Mend: []string{}, Sentence: j.reachedWords()}}
	}
	if slices.ContainsFunc(ladder, j.explains) {
		return j.conclude(append(slices.Clone(ladder), own...))
	}
	return j.conclude(append(own, ladder...))
}

// onTheWay reports whether trouble on the ladder also troubles a server that is reached.
func (j *judgement) onTheWay(f Finding) bool {
	switch f.Cause {
	case causeLossLocal, causeLossLine, causeLateLine, causeLateLocal, causeDuplicate:
		return !j.targetOnLink()
	case causeResolverSlow, causeOneSilent, causeOneRefuses, causeOneLies:
		return len(j.e.target.hosts) == 0
	}
	return false
}

// explains reports whether trouble on the ladder explains that the server is not reached.
func (j *judgement) explains(f Finding) bool {
	if f.Severity < Failure {
		return false
	}
	if f.Place == PlaceResolver || f.Cause == causeNoResolver {
		return len(j.e.target.addresses()) == 0
	}
	if len(j.e.target.hosts) > 0 && (f.Cause == causeHosts || f.Cause == causePortal && j.targetOnLink()) {
		return false
	}
	return !j.targetOnLink() || f.Cause == causeNoCarrier || f.Cause == causeOff
}

// targetOnLink reports whether the server is on one of this machine's own networks, or this machine.
func (j *judgement) targetOnLink() bool {
	for _, a := range j.e.target.addresses() {
		if a.IsLoopback() {
			return true
		}
		for i := range j.e.interfaces {
			for _, own := range j.e.interfaces[i].Addresses {
				if own.Prefix.Masked().Contains(a.WithZone("")) {
					return true
				}
			}
		}
	}
	return false
}

// ladder lists what is wrong, the cause before its consequences. Where the internet is not reached, only what explains
// that is told.
func (j *judgement) ladder() (list []Finding) {
	e := j.e
	add := func(f *Finding) bool {
		if f != nil {
			list = append(list, *f)
		}
		return f != nil
	}
	defer func() { list = append(list, e.sockets...) }()
	if !e.online() && len(e.internet) > 0 {
		for _, check := range j.offline() {
			if add(check()) {
				return list
			}
		}
		list = append(list, j.proxyFindings()...)
		return list
	}
	add(j.wrongRoute())
	if !add(j.familyOfResolvers()) {
		list = append(list, j.nameFindings()...)
		list = append(list, j.resolverFindings()...)
		add(j.oneFamily())
	}
	add(j.duplicateAddress())
	add(j.blackHole())
	add(j.clock())
	add(j.loss())
	add(j.late())
	list = append(list, j.proxyFindings()...)
	return list
}
