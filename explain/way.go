package explain

import (
	"time"

	"sockeye/poller"
)

// Edge is a change of state that TCP knows (RFC 9293 section 3.3.2, figure 5). Event is what brings it about, as short
// as the figure has it.
type Edge struct {
	From, To poller.State
	Event    string
}

// edges are those of the figure, a socket's life from top to bottom. Among those of one length the earlier is the
// usual one.
var edges = []Edge{
	{poller.StateClosed, poller.StateListen, "listen"},
	{poller.StateClosed, poller.StateSynSent, "connect: send SYN"},
	{poller.StateListen, poller.StateSynReceived, "SYN comes: send SYN, ACK"},
	{poller.StateListen, poller.StateSynSent, "send: send SYN"},
	{poller.StateSynSent, poller.StateSynReceived, "SYN comes: send SYN, ACK"},
	{poller.StateSynSent, poller.StateEstablished, "SYN, ACK comes: send ACK"},
	{poller.StateSynReceived, poller.StateEstablished, "ACK comes"},
	{poller.StateSynReceived, poller.StateFinWait1, "close: send FIN"},
	{poller.StateEstablished, poller.StateFinWait1, "close: send FIN"},
	{poller.StateEstablished, poller.StateCloseWait, "FIN comes: send ACK"},
	{poller.StateFinWait1, poller.StateFinWait2, "ACK comes"},
	{poller.StateFinWait1, poller.StateClosing, "FIN comes: send ACK"},
	{poller.StateFinWait1, poller.StateTimeWait, "FIN and ACK come: send ACK"},
	{poller.StateFinWait2, poller.StateTimeWait, "FIN comes: send ACK"},
	{poller.StateClosing, poller.StateTimeWait, "ACK comes"},
	{poller.StateCloseWait, poller.StateLastAck, "close: send FIN"},
	{poller.StateLastAck, poller.StateClosed, "ACK comes"},
	{poller.StateTimeWait, poller.StateClosed, "after 2 MSL"},
}

// Edges returns the changes of state that TCP knows.
func Edges() []Edge { return append([]Edge(nil), edges...) }

// Visit is one state on the way of a socket.
type Visit struct {
	State poller.State
	// At is when it was first seen there; zero where it was not seen.
	At time.Time
	// Seen tells that a poll saw it there; otherwise it is the usual way between two states that were seen.
	Seen bool
}

// Change is a change of state that was seen, in the words of its two states.
type Change struct {
	From, To poller.State
	At       time.Time
}

// Way returns the states that a TCP socket went through, oldest first, to the one it is in. Changes are those that
// were seen, oldest first; states that it must have passed in between are filled in, and those before the first where
// it is known who opened the connection. Nil for UDP.
func Way(c *poller.Connection, changes []Change) []Visit {
	if c.Protocol != poller.TCP || c.State == poller.StateUnknown {
		return nil
	}
	first := Visit{State: c.State, At: c.FirstSeen, Seen: true}
	if len(changes) > 0 {
		first.State = changes[0].From
	}
	way := append(before(c, first.State), first)
	for _, change := range changes {
		way = append(way, between(way[len(way)-1].State, change.To)...)
		way = append(way, Visit{State: change.To, At: change.At, Seen: true})
	}
	return way
}

// before returns the usual way to the first state that was seen.
func before(c *poller.Connection, first poller.State) []Visit {
	start := poller.StateClosed
	switch {
	case first == poller.StateListen || c.Direction == poller.Outbound:
	case c.Direction == poller.Inbound:
		start = poller.StateListen
	default:
		return nil
	}
	if start == first {
		return nil
	}
	return append([]Visit{{State: start}}, between(start, first)...)
}

// between returns the states on the shortest way from one state to another, without the two.
func between(from, to poller.State) []Visit {
	came := map[poller.State]poller.State{from: from}
	for queue := []poller.State{from}; len(queue) > 0; queue = queue[1:] {
		for _, e := range edges {
			if _, been := came[e.To]; e.From == queue[0] && !been {
				came[e.To] = e.From
				queue = append(queue, e.To)
			}
		}
	}
	if _, reached := came[to]; !reached {
		return nil
	}
	var back []Visit
	for s := came[to]; s != from; s = came[s] {
		back = append([]Visit{{State: s}}, back...)
	}
	return back
}

// Next returns the changes of state that can come now.
func Next(s poller.State) []Edge {
	var next []Edge
	for _, e := range edges {
		if e.From == s {
			next = append(next, e)
		}
	}
	return next
}
