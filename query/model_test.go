package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/ports"
)

// modelTerm is a term as the tests understand it: its text, and what it says, by means as plain as possible.
type modelTerm struct {
	box   string
	keeps func(c *poller.Connection) bool
}

// The small worlds that queries and connections are both made of, so that they meet.
var (
	someNames     = []string{"nginx", "Nginx-worker", "my server", "größe", "a\"b", "\xff\xfe", "sshd", "or", "<img src=x>"}
	someAddresses = []string{"10.0.0.5", "10.1.0.5", "127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1%eth0", "fe80::1%lo", "2001:db8::7"}
	somePorts     = []uint16{22, 80, 443, 4430, 8080, 65535}
	someBlocks    = []string{"10.0.0.0/8", "10.0.0.0/16", "fe80::/10", "::/0", "0.0.0.0/0"}
)

// anyConnection generates a connection.
func anyConnection(t *rapid.T) *poller.Connection {
	c := &poller.Connection{
		Socket: poller.Socket{
			ID:       poller.ID(rapid.Uint64Range(1, 9).Draw(t, "id")),
			Protocol: rapid.SampledFrom([]poller.Protocol{poller.TCP, poller.UDP}).Draw(t, "proto"),
			Family:   rapid.SampledFrom([]poller.Family{poller.IPv4, poller.IPv6}).Draw(t, "fam"),
			State:    poller.State(rapid.IntRange(0, poller.NumStates-1).Draw(t, "state")),
			Known:    poller.Known(rapid.Uint16().Draw(t, "known")),
			Local:    anyEnd(t, "local"),
			Remote:   netip.AddrPortFrom(netip.IPv4Unspecified(), 0),
			PID:      int32(rapid.IntRange(0, 2).Draw(t, "source's pid")),
			RTT:      rapid.Uint32Range(0, 3).Draw(t, "rtt") * 1000,

			BytesReceived: uint64(someQuantity(t, "received")),
			BytesSent:     uint64(someQuantity(t, "sent")),
			ReceiveQueue:  uint32(someQuantity(t, "receive queue")),
			SendQueue:     uint32(someQuantity(t, "send queue")),
			Retransmits:   rapid.Uint32Range(0, 3).Draw(t, "retransmits"),
		},
		Direction:   poller.Direction(rapid.IntRange(0, poller.NumDirections-1).Draw(t, "dir")),
		User:        rapid.SampledFrom([]string{"", "root", "www-data", "1000", "Größe"}).Draw(t, "user"),
		FirstSeen:   time.Unix(rapid.Int64Range(0, 3).Draw(t, "first seen"), 0),
		Opened:      time.Unix(rapid.Int64Range(0, 3).Draw(t, "opened"), 0),
		ReceiveRate: float64(rapid.IntRange(0, 3).Draw(t, "rate")),
		SendRate:    float64(someQuantity(t, "send rate")),
		Final:       rapid.Bool().Draw(t, "final"),
	}
	if rapid.Bool().Draw(t, "connected") {
		c.Remote = anyEnd(t, "remote")
	}
	if rapid.Bool().Draw(t, "owned") {
		c.Owner = &poller.Process{PID: int32(rapid.IntRange(0, 900).Draw(t, "pid")), Name: rapid.SampledFrom(someNames).Draw(t, "name")}
	}
	return c
}

// anyEnd generates one end.
func anyEnd(t *rapid.T, label string) netip.AddrPort {
	addr := netip.MustParseAddr(rapid.SampledFrom(someAddresses).Draw(t, label))
	return netip.AddrPortFrom(addr, rapid.SampledFrom(somePorts).Draw(t, label+" port"))
}

// anyTerm generates a term.
func anyTerm(t *rapid.T) modelTerm {
	keys := append(keyNames(), "")
	name := rapid.SampledFrom(keys).Draw(t, "key")
	var term modelTerm
	switch name {
	case "":
		term = anyModelWord(t)
	case "port", "lport", "rport", "pid":
		term = anyValues(t, name, anyModelNumber)
	case "ip", "lip", "rip":
		term = anyValues(t, name, anyModelAddress)
	case "if", "is":
		term = anyValues(t, name, anyModelCondition)
	case "rx", "tx", "rate", "rxrate", "txrate", "rq", "sq", "rtt", "retr", "age":
		term = anyValues(t, name, anyModelQuantity)
	case "proc", "user", "svc":
		term = anyValues(t, name, anyModelName)
	default:
		term = anyValues(t, name, anyModelChoice)
	}
	if rapid.Bool().Draw(t, "not") {
		keeps := term.keeps
		term.keeps = func(c *poller.Connection) bool { return !keeps(c) }
		term.box = "-" + term.box
	}
	return term
}

// anyValues generates one to three values of a key.
func anyValues(t *rapid.T, name string, one func(*rapid.T, string) modelTerm) modelTerm {
	var texts []string
	var keeps []func(*poller.Connection) bool
	for range rapid.IntRange(1, 3).Draw(t, "values") {
		v := one(t, name)
		texts, keeps = append(texts, v.box), append(keeps, v.keeps)
	}
	return modelTerm{name + ":" + strings.Join(texts, ","), func(c *poller.Connection) bool {
		return slices.ContainsFunc(keeps, func(f func(*poller.Connection) bool) bool { return f(c) })
	}}
}

// anyModelWord generates a word; its model looks through the cells as lines of text.
func anyModelWord(t *rapid.T) modelTerm {
	text := rapid.SampledFrom(append([]string{"TCP", "estab", "bound", "10.0.0.5:22", "[::1]:80", ":443", ":44", "0.5:4", "ETH0",
		"7", "root"}, someNames...)).Draw(t, "word")
	return modelTerm{Quote(text), func(c *poller.Connection) bool {
		ends := []netip.AddrPort{c.Local}
		if c.Connected() {
			ends = append(ends, c.Remote)
		}
		if text == "10.0.0.5:22" || text == "[::1]:80" {
			return slices.ContainsFunc(ends, func(e netip.AddrPort) bool { return e.String() == text })
		}
		if text == ":443" || text == ":44" {
			return slices.ContainsFunc(ends, func(e netip.AddrPort) bool { return fmt.Sprintf(":%d", e.Port()) == text })
		}
		cells := []string{c.Protocol.String(), c.State.String(), c.Direction.String(), c.User}
		for _, e := range ends {
			cells = append(cells, e.String())
		}
		if c.Owner != nil {
			cells = append(cells, c.Owner.Name, fmt.Sprint(c.Owner.PID))
		} else if c.PID != 0 {
			cells = append(cells, fmt.Sprint(c.PID))
		}
		return slices.ContainsFunc(cells, func(cell string) bool { return containsBlind(cell, text) })
	}}
}

// containsBlind is the plainest search without case, good for the names of these tests.
func containsBlind(text, part string) bool {
	if strings.Contains(text, part) {
		return true
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(part)) && !strings.Contains(part, "\xff")
}

// anyModelNumber generates a port or PID, or a range.
func anyModelNumber(t *rapid.T, name string) modelTerm {
	low := rapid.SampledFrom(somePorts).Draw(t, "low")
	high := rapid.SampledFrom(somePorts).Draw(t, "high")
	low, high = min(low, high), max(low, high)
	in := func(n int) bool { return n >= int(low) && n <= int(high) }
	box := fmt.Sprintf("%d..%d", low, high)
	if rapid.Bool().Draw(t, "comparison") {
		box, in = fmt.Sprintf(">%d", low), func(n int) bool { return n > int(low) }
	}
	return modelTerm{box, func(c *poller.Connection) bool {
		switch name {
		case "pid":
			return c.Owner != nil && in(int(c.Owner.PID)) || c.Owner == nil && c.PID != 0 && in(int(c.PID))
		case "lport":
			return in(int(c.Local.Port()))
		case "rport":
			return c.Connected() && in(int(c.Remote.Port()))
		}
		return in(int(c.Local.Port())) || c.Connected() && in(int(c.Remote.Port()))
	}}
}

// anyModelAddress generates an address or a block.
func anyModelAddress(t *rapid.T, name string) modelTerm {
	text := rapid.SampledFrom(slices.Concat(someAddresses, someBlocks, []string{"fe80::1"})).Draw(t, "address")
	in := func(a netip.Addr) bool {
		if p, err := netip.ParsePrefix(text); err == nil {
			return p.Contains(a.WithZone(""))
		}
		return a.String() == text || a.WithZone("").String() == text
	}
	return modelTerm{text, func(c *poller.Connection) bool {
		local, remote := in(c.Local.Addr()), c.Connected() && in(c.Remote.Addr())
		return local && name != "rip" || remote && name != "lip"
	}}
}

// anyModelName generates a name or a part of one.
func anyModelName(t *rapid.T, name string) modelTerm {
	text := rapid.SampledFrom(append([]string{"NGINX", "HTTP", "server", "GRÖSSE", "GRÖß", "r", "00", "data"}, someNames...)).Draw(t, "text")
	if rapid.Bool().Draw(t, "whole") {
		return modelTerm{Quote("=" + text), func(c *poller.Connection) bool {
			switch {
			case name == "user":
				return strings.EqualFold(c.User, text)
			case name == "svc":
				return strings.EqualFold(localService(c), text) || strings.EqualFold(remoteService(c), text)
			}
			return c.Owner != nil && strings.EqualFold(c.Owner.Name, text)
		}}
	}
	return modelTerm{Quote(text), func(c *poller.Connection) bool {
		if name == "svc" {
			local, _ := ports.Lookup(c.Local.Port(), c.Protocol.String())
			remote, _ := ports.Lookup(c.Remote.Port(), c.Protocol.String())
			return containsBlind(local.Name, text) || c.Connected() && containsBlind(remote.Name, text)
		}
		if name == "user" {
			return containsBlind(c.User, text)
		}
		return c.Owner != nil && containsBlind(c.Owner.Name, text)
	}}
}

// anyModelChoice generates a word of a choice.
func anyModelChoice(t *rapid.T, name string) modelTerm {
	text := rapid.SampledFrom(findKey(name).kind.(*choiceKind).names()).Draw(t, "choice")
	return modelTerm{strings.ToLower(text), func(c *poller.Connection) bool {
		listens := c.State == poller.StateListen || c.State == poller.StateClosed || c.State == poller.StateNone ||
			c.State == poller.StateUnknown
		switch {
		case text == "connected":
			return !listens
		case text == "synchronized":
			return !listens && c.State != poller.StateSynSent
		}
		return text == map[string]string{"state": c.State.String(), "proto": c.Protocol.String(), "fam": c.Family.String(),
			"dir": c.Direction.String()}[name]
	}}
}

// TestMatch compares Match with the model.
func TestMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var terms []modelTerm
		var box []string
		for range rapid.IntRange(0, 3).Draw(t, "terms") {
			m := anyModelExpr(t, 3)
			terms, box = append(terms, m), append(box, m.box)
		}
		q, err := Parse(strings.Join(box, " "))
		if err != nil {
			t.Fatalf("Parse(%q): %v", box, err)
		}
		q = q.At(modelNow)
		for range 10 {
			c := anyConnection(t)
			want := !slices.ContainsFunc(terms, func(m modelTerm) bool { return !m.keeps(c) })
			if got := q.Match(c); got != want {
				t.Fatalf("%q matches %+v (owner %+v): %v, want %v", q, c, c.Owner, got, want)
			}
		}
	})
}
