package occupancy

import (
	"cmp"
	"slices"
	"time"

	"sockeye/poller"
	"sockeye/ports"
)

// Situation is what is the case with a port of one protocol.
type Situation string

// The situations.
const (
	Free     Situation = "free"      // no socket has it
	Held     Situation = "held"      // one process waits on it
	Several  Situation = "several"   // several processes wait on it, each on addresses of its own
	Shared   Situation = "shared"    // several wait on the same addresses
	Bound    Situation = "bound"     // a process has it and does not listen
	Outgoing Situation = "outgoing"  // a connection goes out from it
	Left     Situation = "left"      // connections that came in through a listener that is gone
	Resting  Situation = "time_wait" // connections that are over
	Unseen   Situation = "unseen"    // it was tried and is in use, but no socket is seen
	Unknown  Situation = "unknown"   // no socket is seen, but the table is not whole
)

// maxRows bounds the rows of each kind in an answer.
const maxRows = 200

// Answer is everything known of a port of one protocol. It is the reader's own: it holds no rows of the table.
type Answer struct {
	Key
	Situation Situation
	// Listeners, Bound, Outgoing, Left and Resting are the groups of [Use], of each the first 200.
	Listeners, Bound, Outgoing, Left, Resting []poller.Connection
	// Clients are the other ends of the connections that came in, together by address, most connections first; at
	// most [maxClients] of ClientAddresses. ClientTotal counts the connections.
	Clients                      []Client
	ClientAddresses, ClientTotal int
	// Connections are the first 200 of those that came in.
	Connections []poller.Connection
	// Counts of all rows, those that are left out included.
	BoundTotal, OutgoingTotal, LeftTotal, RestingTotal int
	// Elsewhere counts the connections of this machine to the same port of others.
	Elsewhere int
	// Outcomes are the ways of binding the port, Can is what they come to. Tried is when they were tried, and zero
	// where they are predicted.
	Outcomes []ports.Outcome
	Can      Can
	Tried    time.Time
	// Rules are those of the system.
	Rules ports.Rules
	// TimeLeft has how long sockets of Resting go on to rest, where that is known.
	TimeLeft map[poller.ID]time.Duration
	// Now is the moment of the answer.
	Now time.Time
}

// Describe answers for a port from the table, which it must be called under. now is the moment to count ages to.
func Describe(t *poller.Table, k Key, rules ports.Rules, now time.Time) *Answer {
	all := survey(t, func(other Key) bool { return other == k })
	u := all[k]
	if u == nil {
		u = &Use{Key: k}
	}
	status := t.Status()
	a := &Answer{
		Key: k, Rules: rules, Now: now, Listeners: copies(u.Listening), Bound: copies(u.Bound), Outgoing: copies(u.Outgoing),
		Left: copies(u.Left), Resting: copies(u.Resting), Connections: copies(u.Clients), ClientTotal: len(u.Clients),
		BoundTotal: len(u.Bound), OutgoingTotal: len(u.Outgoing), LeftTotal: len(u.Left), RestingTotal: len(u.Resting),
	}
	a.Clients, a.ClientAddresses = clientsOf(u.Clients, t)
	for c := range t.All() {
		if c.Protocol == k.Protocol && c.Remote.Port() == k.Port && c.Local.Port() != k.Port && c.Direction != poller.Loopback {
			a.Elsewhere++
		}
	}
	a.Outcomes = predict(u, &rules, whole(status))
	a.Can = Sum(a.Outcomes)
	a.Situation = a.situation(whole(status))
	return a
}

// whole reports whether a table has every socket and what a prediction needs of each.
func whole(s poller.Status) bool {
	return s.Complete && s.Stale == "" && !s.At.IsZero() && s.Source != string(poller.SourceGopsutil)
}

// Try puts what came of trying in place of the prediction.
func (a *Answer) Try(outcomes []ports.Outcome, at time.Time) {
	a.Outcomes, a.Tried, a.Can = outcomes, at, Sum(outcomes)
	refused := slices.ContainsFunc(outcomes, func(o ports.Outcome) bool { return o.Errno == "EADDRINUSE" })
	switch {
	case (a.Situation == Free || a.Situation == Unknown) && refused:
		a.Situation = Unseen
	case a.Situation == Unknown && a.Can == CanYes:
		a.Situation = Free
	}
}

// IsTried reports whether the port was tried.
func (a *Answer) IsTried() bool { return !a.Tried.IsZero() }

// situation judges the groups, the strongest hold first.
func (a *Answer) situation(whole bool) Situation {
	switch {
	case len(a.Listeners) > 0:
		return waiting(a.Listeners)
	case len(a.Bound) > 0:
		return Bound
	case len(a.Outgoing) > 0:
		return Outgoing
	case len(a.Left) > 0 || len(a.Connections) > 0:
		return Left
	case len(a.Resting) > 0:
		return Resting
	case !whole:
		return Unknown
	}
	return Free
}

// waiting judges sockets that wait: whose they are, and whether they are in each other's way.
func waiting(rows []poller.Connection) Situation {
	all := parties(rows)
	if len(all) < 2 {
		return Held
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if overlap(a.rows, b.rows) {
				return Shared
			}
		}
	}
	return Several
}

// overlap reports whether two holders have an address in common.
func overlap(a, b []poller.Connection) bool {
	for i := range a {
		for j := range b {
			if same(&a[i], &b[j]) {
				return true
			}
		}
	}
	return false
}

// same reports whether two sockets wait on exactly the same address, or one on all of a family that the other has too.
func same(a, b *poller.Connection) bool {
	for _, four := range [...]bool{true, false} {
		if covers(a, four) && covers(b, four) {
			return true
		}
	}
	return !a.Local.Addr().IsUnspecified() && a.Local.Addr() == b.Local.Addr()
}

// copies returns the first rows, in order of their age, for use after the table was read.
func copies(rows []*poller.Connection) []poller.Connection {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b *poller.Connection) int {
		return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), a.Local.Compare(b.Local), cmp.Compare(a.Family, b.Family),
			cmp.Compare(a.OwnerPID(), b.OwnerPID()), cmp.Compare(a.ID, b.ID))
	})
	out := make([]poller.Connection, 0, min(len(rows), maxRows))
	for _, c := range sorted[:min(len(rows), maxRows)] {
		out = append(out, *c)
	}
	return out
}
