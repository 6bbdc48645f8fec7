package query

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"sockeye/poller"
)

// freshFor is how long a connection is new, and stuckAfter how old it must be to be stuck.
const (
	freshFor   = 10 * time.Second
	stuckAfter = 10 * time.Second
)

// conditionKind is the kind of is: things that can be said of a connection, each with a name.
type conditionKind struct{ conditions []condition }

// condition is one thing that can be said of a connection.
type condition struct {
	name string
	// meaning is one sentence that says exactly when it holds.
	meaning string
	// until is the age at which it begins or ceases to hold, 0 where it does not depend on the present.
	until time.Duration
	holds func(c *poller.Connection, now time.Time) bool
	// now is the moment by which it is judged, the zero time for the clock's.
	now time.Time
}

// word returns "choice".
func (*conditionKind) word() string { return "choice" }

// read accepts the names in any case.
func (k *conditionKind) read(key *key, text string) (value, *Error) {
	wanted := squeeze(text)
	for i := range k.conditions {
		if k.conditions[i].name == wanted {
			return &k.conditions[i], nil
		}
	}
	if meant := closest(wanted, k.names()); meant != "" {
		return nil, failf("unknown condition %s: did you mean %q?", shown(text), meant)
	}
	return nil, failf("unknown condition %s: one of %s", shown(text), strings.Join(k.names(), ", "))
}

// names returns the names, in order.
func (k *conditionKind) names() []string {
	names := make([]string, len(k.conditions))
	for i, c := range k.conditions {
		names[i] = c.name
	}
	return names
}

// meanings returns what the names mean, in the same order.
func (k *conditionKind) meanings() []string {
	meanings := make([]string, len(k.conditions))
	for i, c := range k.conditions {
		meanings[i] = c.meaning
	}
	return meanings
}

// match reports whether the condition holds.
func (v *condition) match(c *poller.Connection) bool {
	if v.until == 0 {
		return v.holds(c, time.Time{})
	}
	return v.holds(c, present(v.now))
}

// text returns the name.
func (v *condition) text() string { return v.name }

// bind takes over the present.
func (v *condition) bind(b *binding) value {
	if b.now.IsZero() || v.until == 0 {
		return v
	}
	bound := *v
	bound.now = b.now
	return &bound
}

// conditions returns what can be said of a connection, in the order of help.
func conditions() []condition {
	return []condition{
		{name: "new", until: freshFor, holds: isNew,
			meaning: "opened at most 10 seconds ago, while sockeye looked"},
		{name: "closed", holds: isClosed,
			meaning: "over: the kernel has told its end and last counts, or it waits in TIME_WAIT"},
		{name: "listening", holds: isListening,
			meaning: "waits for others: a TCP socket in LISTEN, or a UDP socket without a remote end"},
		{name: "external", holds: isExternal,
			meaning: "the other end has a public address, not one of this machine, of a private network or a local link"},
		{name: "loopback", holds: isLoopback,
			meaning: "stays within this machine: both ends are here, or its local address is a loopback one"},
		{name: "wildcard", holds: isWildcard,
			meaning: "bound to every address of this machine: 0.0.0.0 or [::]"},
		{name: "stuck", until: stuckAfter, holds: isStuck,
			meaning: "older than 10 seconds and in a state that should pass at once (SYN_SENT, SYN_RECEIVED, FIN_WAIT_1, " +
				"CLOSING, CLOSE_WAIT, LAST_ACK), or with bytes to send that were sent again and do not move"},
	}
}

func isNew(c *poller.Connection, now time.Time) bool {
	age, exact := c.Age(now)
	return exact && age <= freshFor
}

func isClosed(c *poller.Connection, _ time.Time) bool {
	return c.Final || c.State == poller.StateTimeWait
}

func isListening(c *poller.Connection, _ time.Time) bool {
	return c.State == poller.StateListen || c.Protocol == poller.UDP && !c.Connected()
}

func isExternal(c *poller.Connection, _ time.Time) bool {
	return c.Connected() && c.Direction != poller.Loopback && isPublic(remoteAddress(c))
}

// sharedBlock is the space between a provider and its customers (RFC 6598).
var sharedBlock = netip.MustParsePrefix("100.64.0.0/10")

// isPublic reports whether an address can be anywhere in the Internet: it is none of a private network (RFC 1918,
// RFC 4193), of a local link (RFC 3927, RFC 4291), of a provider's shared space, loopback, multicast or unspecified.
func isPublic(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !sharedBlock.Contains(a)
}

func isLoopback(c *poller.Connection, _ time.Time) bool {
	return c.Direction == poller.Loopback || localAddress(c).IsLoopback()
}

func isWildcard(c *poller.Connection, _ time.Time) bool { return c.Local.Addr().IsUnspecified() }

// passing are the states that end by themselves where both sides do their part.
var passing = []poller.State{poller.StateSynSent, poller.StateSynReceived, poller.StateFinWait1, poller.StateClosing,
	poller.StateCloseWait, poller.StateLastAck}

func isStuck(c *poller.Connection, now time.Time) bool {
	if age, _ := c.Age(now); age <= stuckAfter {
		return false
	}
	return slices.Contains(passing, c.State) || isStalled(c)
}

// isStalled reports whether a connection has bytes to send, has had to send some again, and sends none.
func isStalled(c *poller.Connection) bool {
	return c.Connected() && c.State == poller.StateEstablished &&
		c.Known.Has(poller.KnownQueues|poller.KnownRetransmits|poller.KnownRates) &&
		c.SendQueue > 0 && c.Retransmits > 0 && c.SendRate == 0
}
