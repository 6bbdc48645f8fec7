package query

import (
	"net/netip"
	"testing"
	"time"

	"sockeye/poller"
)

// conditionAt is the present of these tests.
var conditionAt = time.Unix(10_000, 0)

// aConnection is an established connection, opened long ago, with changes.
func aConnection(change func(c *poller.Connection)) *poller.Connection {
	c := &poller.Connection{
		Socket: poller.Socket{
			Protocol: poller.TCP, Family: poller.IPv4, State: poller.StateEstablished,
			Local: addrPort("192.168.1.2:40000"), Remote: addrPort("192.168.1.3:443"),
			Known: poller.KnownOpened | poller.KnownQueues | poller.KnownRates | poller.KnownRetransmits,
		},
		Direction: poller.Outbound, FirstSeen: conditionAt.Add(-time.Hour), Opened: conditionAt.Add(-time.Hour),
	}
	change(c)
	return c
}

// TestConditions has, for each condition, what it holds for and what it narrowly does not.
func TestConditions(t *testing.T) {
	opened := func(ago time.Duration) func(*poller.Connection) {
		return func(c *poller.Connection) { c.Opened = conditionAt.Add(-ago) }
	}
	state := func(s poller.State) func(*poller.Connection) {
		return func(c *poller.Connection) { c.State = s }
	}
	remote := func(end string) func(*poller.Connection) {
		return func(c *poller.Connection) { c.Remote = addrPort(end) }
	}
	local := func(end string) func(*poller.Connection) {
		return func(c *poller.Connection) { c.Local = addrPort(end) }
	}
	stalled := func(change func(*poller.Connection)) func(*poller.Connection) {
		return func(c *poller.Connection) {
			c.SendQueue, c.Retransmits = 10, 3
			change(c)
		}
	}
	for _, test := range []struct {
		name   string
		change func(*poller.Connection)
		want   bool
	}{
		{"new", opened(10 * time.Second), true},
		{"new", opened(10*time.Second + 1), false},
		{"new", opened(-time.Minute), true}, // the clock was set
		{"new", func(c *poller.Connection) { c.Known, c.FirstSeen = 0, conditionAt }, false},
		{"closed", state(poller.StateTimeWait), true},
		{"closed", func(c *poller.Connection) { c.Final = true }, true},
		{"closed", state(poller.StateClosed), false}, // bound and not connected
		{"closed", state(poller.StateCloseWait), false},
		{"listening", state(poller.StateListen), true},
		{"listening", func(c *poller.Connection) { c.Protocol, c.Remote = poller.UDP, addrPort("0.0.0.0:0") }, true},
		{"listening", func(c *poller.Connection) { c.Protocol = poller.UDP }, false},
		{"listening", func(c *poller.Connection) { c.State, c.Remote = poller.StateClosed, addrPort("0.0.0.0:0") }, false},
		{"external", remote("203.0.113.5:443"), true},
		{"external", remote("[2001:db8::7]:443"), true},
		{"external", remote("[::ffff:203.0.113.5]:443"), true},
		{"external", remote("10.0.0.5:443"), false},
		{"external", remote("172.31.0.1:443"), false},
		{"external", remote("172.32.0.1:443"), true},
		{"external", remote("100.64.0.1:443"), false},
		{"external", remote("169.254.0.1:443"), false},
		{"external", remote("[fd00::1]:443"), false},
		{"external", remote("[fe80::1%eth0]:443"), false},
		{"external", remote("224.0.0.251:5353"), false},
		{"external", remote("0.0.0.0:0"), false},
		{"external", func(c *poller.Connection) { c.Remote, c.Direction = addrPort("203.0.113.5:443"), poller.Loopback }, false},
		{"loopback", local("127.0.0.53:53"), true},
		{"loopback", local("[::1]:53"), true},
		{"loopback", local("[::ffff:127.0.0.1]:53"), true},
		{"loopback", func(c *poller.Connection) { c.Direction = poller.Loopback }, true},
		{"loopback", local("10.0.0.1:53"), false},
		{"wildcard", local("0.0.0.0:80"), true},
		{"wildcard", local("[::]:80"), true},
		{"wildcard", local("127.0.0.1:80"), false},
		{"stuck", state(poller.StateCloseWait), true},
		{"stuck", state(poller.StateSynSent), true},
		{"stuck", state(poller.StateFinWait2), false},
		{"stuck", state(poller.StateTimeWait), false},
		{"stuck", func(c *poller.Connection) {
			c.State, c.Opened = poller.StateSynSent, conditionAt.Add(-10*time.Second)
		}, false},
		{"stuck", stalled(func(*poller.Connection) {}), true},
		{"stuck", stalled(func(c *poller.Connection) { c.SendRate = 1 }), false},
		{"stuck", stalled(func(c *poller.Connection) { c.Retransmits = 0 }), false},
		{"stuck", stalled(func(c *poller.Connection) { c.SendQueue = 0 }), false},
		{"stuck", stalled(func(c *poller.Connection) { c.Known &^= poller.KnownRates }), false},
		{"stuck", stalled(func(c *poller.Connection) { c.State = poller.StateListen }), false},
	} {
		c := aConnection(test.change)
		if got := mustParse(t, "is:"+test.name).At(conditionAt).Match(c); got != test.want {
			t.Errorf("is:%s of %v %v %v, queue %d: %v", test.name, c.State, c.Local, c.Remote, c.SendQueue, got)
		}
		if got := mustParse(t, "-is:"+test.name).At(conditionAt).Match(c); got == test.want {
			t.Errorf("-is:%s of %v %v %v: %v", test.name, c.State, c.Local, c.Remote, got)
		}
	}
}

// TestConditionsAreExplained holds that every condition says when it holds, in words that can follow "is".
func TestConditionsAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range conditions() {
		if c.name != squeeze(c.name) || c.meaning == "" || c.holds == nil || seen[c.name] || c.meaning[len(c.meaning)-1] == '.' {
			t.Errorf("%+v", c.name)
		}
		seen[c.name] = true
	}
}

// TestIsPublic has the borders of what is not public.
func TestIsPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"9.255.255.255": true, "10.0.0.0": false, "11.0.0.0": true, "172.15.255.255": true, "192.168.255.255": false,
		"100.63.255.255": true, "100.127.255.255": false, "100.128.0.0": true, "127.0.0.1": false, "0.0.0.0": false,
		"239.0.0.1": false, "fc00::1": false, "fe80::1": false, "2606:4700::1": true, "::1": false, "::": false, "ff02::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("isPublic(%s) = %v", text, got)
		}
	}
}
