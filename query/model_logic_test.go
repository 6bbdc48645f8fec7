package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
)

// modelNow is the present of the tests: the connections of the model are 10 to 13 seconds old.
var modelNow = time.Unix(13, 0)

// someQuantity generates a quantity of which the texts of [someLimits] speak.
func someQuantity(t *rapid.T, label string) int {
	return rapid.SampledFrom([]int{0, 1, 2, 3, 1000, 1024, 1_500_000}).Draw(t, label)
}

// someLimits are limits in bytes, with what they mean.
var someLimits = map[string]func(n int64) bool{
	"0": func(n int64) bool { return n == 0 }, ">0": func(n int64) bool { return n > 0 },
	">=1k": func(n int64) bool { return n >= 1000 }, "<1KiB": func(n int64) bool { return n < 1024 },
	"<=1kb": func(n int64) bool { return n <= 1000 }, "1k..1.5M": func(n int64) bool { return n >= 1000 && n <= 1_500_000 },
	"=2": func(n int64) bool { return n == 2 }, ">1.5M": func(n int64) bool { return n > 1_500_000 },
}

// anyModelQuantity generates a limit of any quantity. Round-trip times and ages have limits of their own.
func anyModelQuantity(t *rapid.T, name string) modelTerm {
	switch name {
	case "age":
		return anyModelAge(t)
	case "rtt":
		text := rapid.SampledFrom([]string{"1", ">1ms", "<2000us", "1ms..2ms"}).Draw(t, "rtt")
		holds := map[string]func(us uint32) bool{
			"1": func(us uint32) bool { return us == 1000 }, ">1ms": func(us uint32) bool { return us > 1000 },
			"<2000us": func(us uint32) bool { return us < 2000 }, "1ms..2ms": func(us uint32) bool { return us >= 1000 && us <= 2000 },
		}[text]
		return modelTerm{text, func(c *poller.Connection) bool { return c.Known.Has(poller.KnownRTT) && holds(c.RTT) }}
	}
	texts := []string{"0", ">0", "=2"}
	if name != "retr" {
		texts = nil
		for text := range someLimits {
			texts = append(texts, text)
		}
		slices.Sort(texts)
	}
	text := rapid.SampledFrom(texts).Draw(t, "limit")
	return modelTerm{text, func(c *poller.Connection) bool {
		n, known := modelQuantity(c, name)
		return known && someLimits[text](n)
	}}
}

// modelQuantity returns what a key of quantities looks at.
func modelQuantity(c *poller.Connection, name string) (n int64, known bool) {
	switch name {
	case "rx":
		return int64(c.BytesReceived), c.Known.Has(poller.KnownBytes)
	case "tx":
		return int64(c.BytesSent), c.Known.Has(poller.KnownBytes)
	case "rxrate":
		return int64(c.ReceiveRate), c.Known.Has(poller.KnownRates)
	case "txrate":
		return int64(c.SendRate), c.Known.Has(poller.KnownRates)
	case "rate":
		return int64(c.ReceiveRate + c.SendRate), c.Known.Has(poller.KnownRates)
	case "rq":
		return int64(c.ReceiveQueue), c.Known.Has(poller.KnownQueues)
	case "sq":
		return int64(c.SendQueue), c.Known.Has(poller.KnownQueues)
	}
	return int64(c.Retransmits), c.Known.Has(poller.KnownRetransmits)
}

// anyModelAge generates a limit of the age.
func anyModelAge(t *rapid.T) modelTerm {
	text := rapid.SampledFrom([]string{"11", ">11s", ">=12000ms", "<12", "10s..11s"}).Draw(t, "age")
	return modelTerm{text, func(c *poller.Connection) bool {
		exact := c.Known.Has(poller.KnownOpened)
		from := c.FirstSeen
		if exact {
			from = c.Opened
		}
		switch seconds := 13 - from.Unix(); text {
		case "11":
			return exact && seconds == 11
		case ">11s":
			return seconds > 11
		case ">=12000ms":
			return seconds >= 12
		case "<12":
			return exact && seconds < 12
		default:
			return exact && seconds <= 11
		}
	}}
}

// anyModelCondition generates a word of is, or the name of an interface, which nobody has looked up.
func anyModelCondition(t *rapid.T, name string) modelTerm {
	if name == "if" {
		return modelTerm{"lo", func(*poller.Connection) bool { return false }}
	}
	text := rapid.SampledFrom(strings.Fields("new closed listening external loopback wildcard stuck")).Draw(t, "is")
	return modelTerm{text, func(c *poller.Connection) bool { return modelCondition(c, text) }}
}

// modelCondition says in other words what a condition means, for the small world of the tests.
func modelCondition(c *poller.Connection, name string) bool {
	local, remote := c.Local.Addr().String(), c.Remote.Addr().String()
	since := c.FirstSeen
	if c.Known.Has(poller.KnownOpened) {
		since = c.Opened
	}
	switch name {
	case "new":
		return c.Known.Has(poller.KnownOpened) && c.Opened.Unix() == 3
	case "closed":
		return c.Final || c.State.String() == "TIME_WAIT"
	case "listening":
		return c.State.String() == "LISTEN" || c.Protocol == poller.UDP && c.Remote.Port() == 0
	case "external":
		return c.Remote.Port() != 0 && c.Direction != poller.Loopback && remote == "2001:db8::7"
	case "loopback":
		return c.Direction == poller.Loopback || local == "127.0.0.1" || local == "::1"
	case "wildcard":
		return local == "0.0.0.0" || local == "::"
	}
	if since.Unix() == 3 {
		return false
	}
	switch c.State.String() {
	case "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "CLOSING", "CLOSE_WAIT", "LAST_ACK":
		return true
	case "ESTABLISHED":
		return c.Remote.Port() != 0 && c.Known&(poller.KnownQueues|poller.KnownRetransmits|poller.KnownRates) ==
			poller.KnownQueues|poller.KnownRetransmits|poller.KnownRates && c.SendQueue > 0 && c.Retransmits > 0 && c.SendRate == 0
	}
	return false
}

// anyModelExpr generates an expression that can stand beside others, with groups up to a depth.
func anyModelExpr(t *rapid.T, depth int) modelTerm {
	form := rapid.IntRange(0, 4).Draw(t, "form")
	if depth == 0 || form < 2 {
		return anyTerm(t)
	}
	a, b := anyModelExpr(t, depth-1), anyModelExpr(t, depth-1)
	switch form {
	case 2:
		or := rapid.SampledFrom([]string{"or", "OR", "||"}).Draw(t, "or")
		return modelTerm{fmt.Sprintf("(%s %s %s)", a.box, or, b.box), func(c *poller.Connection) bool { return a.keeps(c) || b.keeps(c) }}
	case 3:
		and := rapid.SampledFrom([]string{" ", " and ", " && "}).Draw(t, "and")
		return modelTerm{"( " + a.box + and + b.box + " )", func(c *poller.Connection) bool { return a.keeps(c) && b.keeps(c) }}
	}
	not := rapid.SampledFrom([]string{"not ", "NOT", "! ", "-", "!"}).Draw(t, "not")
	return modelTerm{not + "(" + a.box + ")", func(c *poller.Connection) bool { return !a.keeps(c) }}
}

// TestPrecedence holds that and binds closer than or, and not closest.
func TestPrecedence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, x := anyTerm(t), anyTerm(t), anyTerm(t)
		loose, err := Parse("not " + a.box + " " + b.box + " or " + x.box)
		if err != nil {
			t.Fatal(err)
		}
		strict, err := Parse("((not " + a.box + ") and (" + b.box + ")) or (" + x.box + ")")
		if err != nil || loose.Encode() != strict.Encode() {
			t.Fatalf("%q is %q with parentheses: %v", loose, strict, err)
		}
	})
}

// TestDeepestGroup holds that what is as deep as possible can be printed and read again.
func TestDeepestGroup(t *testing.T) {
	box := "x"
	for range maxDepth / 2 {
		box = "(a (b or " + box + "))"
	}
	checkRoundTrips(t, mustParse(t, box))
	checkRoundTrips(t, mustParse(t, strings.Repeat("(", maxDepth)+"a"+strings.Repeat(")", maxDepth)))
}
