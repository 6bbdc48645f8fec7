package occupancy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockeye/poller"
	"sockeye/ports"
)

// Sentence answers in one sentence who holds a port, for one protocol or for two of the same port. show writes foreign
// text, such as the names of processes, so that it cannot mislead.
func Sentence(answers []*Answer, show func(string) string) string {
	if len(answers) == 2 {
		a, b := answers[0].free(), answers[1].free()
		if a != "" && a == b {
			return fmt.Sprintf("Port %d %s.", answers[0].Port, strings.Replace(a, "free", "free for TCP and UDP", 1))
		}
	}
	parts := make([]string, len(answers))
	for i, a := range answers {
		parts[i] = a.clause(show)
	}
	return strings.Join(parts, "; ") + "."
}

// Sentence answers for this protocol alone.
func (a *Answer) Sentence(show func(string) string) string { return Sentence([]*Answer{a}, show) }

// clause is the answer without a full stop.
func (a *Answer) clause(show func(string) string) string {
	name := a.Key.String()
	switch a.Situation {
	case Held:
		return name + " is held by " + Owner(&a.Listeners[0], show) + a.onWhat(a.Listeners) + a.customers() + a.crowded()
	case Several, Shared:
		return name + a.holders(show) + a.customers() + a.crowded()
	case Bound:
		return name + " is bound by " + owners(a.Bound, show) + a.onWhat(a.Bound) + ", but nobody listens there: clients are refused"
	case Outgoing:
		return name + " is taken by " + a.goingOut(show)
	case Left:
		rows := slices.Concat(a.Left, a.Connections)
		return fmt.Sprintf("Nobody listens on %s, but %s of %s that came in before %s still there", name,
			plural(a.LeftTotal+a.ClientTotal, "connection", "connections"), owners(rows, show), are(a.LeftTotal+a.ClientTotal))
	case Resting:
		return a.resting()
	case Unseen:
		return name + " cannot be bound everywhere, as it is in use (EADDRINUSE), though no socket of it is seen: its holder is hidden from this program"
	case Unknown:
		return "Nobody was seen on " + name + ", but the table of sockets is not whole"
	}
	return name + " " + a.free()
}

// are returns the verb for a number.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// onWhat says on which addresses sockets wait or are bound.
func (a *Answer) onWhat(rows []poller.Connection) string { return " on " + ReachOf(rows).String() }

// customers says how many connections came in.
func (a *Answer) customers() string {
	switch {
	case a.ClientTotal > 0:
		return ", " + plural(a.ClientTotal, "client", "clients")
	case a.Protocol == poller.TCP:
		return ", no clients"
	}
	return ""
}

// crowded says that a queue of connections to be accepted is full.
func (a *Answer) crowded() string {
	for i := range a.Listeners {
		if l := &a.Listeners[i]; IsFull(l) {
			return fmt.Sprintf("; its backlog is full (%s of %s wait to be accepted): new clients wait and then give up",
				grouped(int(l.ReceiveQueue)), grouped(int(l.SendQueue)))
		}
	}
	return ""
}

// IsFull reports whether a listener takes no more connections: Linux lets one more than the limit wait
// (sk_acceptq_is_full).
func IsFull(l *poller.Connection) bool {
	return l.State == poller.StateListen && l.Known.Has(poller.KnownQueues) && l.SendQueue > 0 && l.ReceiveQueue > l.SendQueue
}

// holders names several processes that wait on the port.
func (a *Answer) holders(show func(string) string) string {
	all := parties(a.Listeners)
	word := "listeners"
	if a.Protocol == poller.UDP {
		word = "sockets"
	}
	if a.Situation == Shared {
		var names []string
		for _, p := range all {
			names = append(names, Owner(&p.rows[0], show))
		}
		return fmt.Sprintf(" is shared by %s %s%s: %s", inWords(len(a.Listeners)), word, a.onWhat(a.Listeners), enumerate(names, 3))
	}
	var parts []string
	for _, p := range all {
		parts = append(parts, side(p.rows, all)+" by "+Owner(&p.rows[0], show))
	}
	if len(parts) > 3 {
		parts = append(parts[:3:3], fmt.Sprintf("%d more", len(parts)-3))
	}
	return fmt.Sprintf(": %s %s, %s", inWords(len(a.Listeners)), word, strings.Join(parts, ", "))
}

// side says which part of the port a holder has: its family where that tells the holders apart, else its addresses.
func side(rows []poller.Connection, all []party) string {
	stacks := make(map[string]bool)
	for _, p := range all {
		for i := range p.rows {
			stacks[Stack(&p.rows[i])] = true
		}
	}
	if own := Stack(&rows[0]); len(all) == 2 && len(stacks) == 2 && !stacks["dual"] {
		return own
	}
	return ReachOf(rows).String()
}

// owners names the processes of sockets, at most two.
func owners(rows []poller.Connection, show func(string) string) string {
	var names []string
	for _, p := range parties(rows) {
		names = append(names, Owner(&p.rows[0], show))
	}
	return enumerate(names, 2)
}

// goingOut says which connections go out from the port, and why that port.
func (a *Answer) goingOut(show func(string) string) string {
	text := fmt.Sprintf("%s outgoing connections of %s", grouped(a.OutgoingTotal), owners(a.Outgoing, show))
	if a.OutgoingTotal == 1 {
		text = "an outgoing connection of " + owners(a.Outgoing, show) + " to " + a.Outgoing[0].Remote.String()
	}
	if a.Rules.HandedOut(a.Port) {
		text += fmt.Sprintf("; it is one of the ports that the system hands out by itself (%d to %d)", a.Rules.Ephemeral.First, a.Rules.Ephemeral.Last)
	}
	return text
}

// resting says what keeps a port that no process has, and how long.
func (a *Answer) resting() string {
	n := a.RestingTotal
	text := fmt.Sprintf("No process holds %s, but %s that %s over %s in TIME_WAIT", a.Key,
		plural(n, "connection", "connections"), are(n), map[bool]string{true: "rests", false: "rest"}[n == 1])
	if left, known := a.longestRest(); known {
		text += fmt.Sprintf(" for %d s more", int((left+time.Second-1)/time.Second))
	}
	if a.IsTried() && a.Can == CanYes {
		return text + "; it can be bound all the same: I bound and released it"
	}
	return text + ": until then it can be bound only with SO_REUSEADDR"
}

// longestRest returns how long the last of the connections that are over rests; known is false where that cannot be
// told.
func (a *Answer) longestRest() (left time.Duration, known bool) {
	for i := range a.Resting {
		if d, ok := a.TimeLeft[a.Resting[i].ID]; ok {
			left, known = max(left, d), true
		}
	}
	return left, known
}

// free says of a port without sockets whether it can be bound, to stand behind its name; "" for other situations.
func (a *Answer) free() string {
	if a.Situation != Free {
		return ""
	}
	tried, no := a.IsTried(), firstRefusal(a.Outcomes)
	switch {
	case a.Can == CanNo && tried:
		return fmt.Sprintf("is free, but I could not bind it: %s, %s", no.Errno, a.why(no))
	case a.Can == CanNo:
		return "is free, but not for this program: " + no.Reason
	case tried && a.Can == CanYes:
		return "is free: I " + a.when() + " on " + boundPlaces(a.Outcomes) + a.outlook()
	case tried:
		return "is free in part: I " + a.when() + " on " + boundPlaces(a.Outcomes) + ", but not on every address" + a.outlook()
	}
	return "seems free: no socket of this machine holds it" + a.outlook()
}

// why explains the error of an attempt by the rules, where they do.
func (a *Answer) why(o ports.Outcome) string {
	if o.Errno == "EACCES" && a.Rules.Denied(a.Port) {
		return fmt.Sprintf("as ports below %d need root or CAP_NET_BIND_SERVICE", a.Rules.PrivilegedBelow)
	}
	return o.Reason
}

// when says when the port was tried.
func (a *Answer) when() string {
	if ago := a.Now.Sub(a.Tried); ago >= 5*time.Second {
		return fmt.Sprintf("bound and released it %d s ago", int(ago/time.Second))
	}
	return "just bound and released it"
}

// outlook says what may become of a free port.
func (a *Answer) outlook() string {
	switch {
	case a.Rules.Reserved.Has(a.Port):
		return "; it is reserved, so only a program that asks for it gets it"
	case a.Rules.HandedOut(a.Port):
		return "; an outgoing connection may take it at any moment"
	}
	return ""
}

// firstRefusal returns the first way of binding that is refused.
func firstRefusal(all []ports.Outcome) ports.Outcome {
	for _, o := range all {
		if o.Verdict == ports.No {
			return o
		}
	}
	return ports.Outcome{}
}

// boundPlaces names the wildcards, or else the addresses, on which the port was bound.
func boundPlaces(all []ports.Outcome) string {
	var wild, other []string
	seen := make(map[string]bool)
	for _, o := range all {
		name := o.Addr.String()
		if o.Verdict != ports.Yes || seen[name] {
			continue
		}
		seen[name] = true
		if o.Wildcard() {
			wild = append(wild, name)
		} else {
			other = append(other, name)
		}
	}
	if len(wild) > 0 {
		return enumerate(wild, 2)
	}
	return enumerate(other, 2)
}
