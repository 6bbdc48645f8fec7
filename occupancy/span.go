package occupancy

import (
	"sockeye/poller"
	"sockeye/ports"
)

// Stretch is ports next to each other of which the same can be said: one that is used, or a run of free ones.
type Stretch struct {
	ports.Span
	// Answers has one for each protocol asked for; of a run they are those of its first port.
	Answers []*Answer
}

// Used reports whether some socket has the port.
func (s *Stretch) Used() bool {
	for _, a := range s.Answers {
		if a.Situation != Free && a.Situation != Unknown {
			return true
		}
	}
	return false
}

// Stretches answers for several ports at once, in their order. Of used ports it tells at most most; more is set where
// there are others.
func Stretches(t *poller.Table, spans ports.Spans, protocols []poller.Protocol, rules ports.Rules, most int) (all []Stretch, more bool) {
	uses := Survey(t, func(k Key) bool { return spans.Has(k.Port) })
	sure := whole(t.Status())
	used := 0
	for _, span := range spans {
		for n := int(span.First); n <= int(span.Last); n++ {
			port := uint16(n)
			inUse := hasUse(uses, port, protocols)
			if last := len(all) - 1; !inUse && last >= 0 && all[last].reaches(port, &rules) {
				all[last].Last = port
				continue
			}
			if inUse {
				used++
			}
			if used > most {
				return all, true
			}
			s := Stretch{Span: ports.Span{First: port, Last: port}}
			for _, p := range protocols {
				s.Answers = append(s.Answers, brief(Key{port, p}, uses[Key{port, p}], rules, sure))
			}
			all = append(all, s)
		}
	}
	return all, false
}

// hasUse reports whether a port is used for one of the protocols.
func hasUse(uses map[Key]*Use, port uint16, protocols []poller.Protocol) bool {
	for _, p := range protocols {
		if uses[Key{port, p}] != nil {
			return true
		}
	}
	return false
}

// brief answers for a port without the details of its connections.
func brief(k Key, u *Use, rules ports.Rules, sure bool) *Answer {
	if u == nil {
		u = &Use{Key: k}
	}
	a := &Answer{
		Key: k, Rules: rules, Listeners: copies(u.Listening), Bound: copies(u.Bound), Outgoing: copies(u.Outgoing), Left: copies(u.Left),
		Resting: copies(u.Resting), Connections: copies(u.Clients), ClientTotal: len(u.Clients),
		BoundTotal: len(u.Bound), OutgoingTotal: len(u.Outgoing), LeftTotal: len(u.Left), RestingTotal: len(u.Resting),
	}
	a.Outcomes = Predict(u, &rules, sure)
	a.Can = Sum(a.Outcomes)
	a.Situation = a.situation(sure)
	return a
}

// reaches reports whether the same can be said of a free port as of this run of free ones before it.
func (s *Stretch) reaches(port uint16, r *ports.Rules) bool {
	return !s.Used() && s.Last+1 == port && r.Denied(s.First) == r.Denied(port) && r.HandedOut(s.First) == r.HandedOut(port) &&
		r.Reserved.Has(s.First) == r.Reserved.Has(port) && r.Bars("", s.First) == r.Bars("", port)
}
