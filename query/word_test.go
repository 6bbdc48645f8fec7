package query

import (
	"testing"

	"sockeye/poller"
)

// TestWordCells has one word for each cell of a row, and words that must not be found in it.
func TestWordCells(t *testing.T) {
	c := &poller.Connection{
		Socket: poller.Socket{ID: 0xabc, Protocol: poller.TCP, Family: poller.IPv6, State: poller.StateFinWait1, UID: 4242,
			Local: addrPort("[fe80::1%eth0]:8443"), Remote: addrPort("[::ffff:10.0.0.5]:22"), Inode: 777},
		Direction: poller.Outbound, User: "www-data", Owner: &poller.Process{PID: 81234, Name: "Größe"},
	}
	for word, want := range map[string]bool{
		"tcp": true, "fin_wait": true, "WAIT_1": true, "outb": true, "FE80::1%ETH": true, "[fe80::1%eth0]:8443": true,
		"10.0.0.5:22": true, "0.0.5:2": true, ":8443": true, ":22": true, "8443": true, "DATA": true, "1234": true, "GRÖSS": false,
		"größ": true, "udp": false, ":844": false, ":2": false, ":0022": true, "ffff": false, "4242": false, "abc": false, "777": false,
		"ipv6": false, "time_wait": false, "listen": false,
	} {
		if got := mustParse(t, word).Match(c); got != want {
			t.Errorf("%q is found: %v, want %v", word, got, want)
		}
		if mustParse(t, "-"+Quote(word)).Match(c) == want && word[0] != ':' {
			t.Errorf("-%q is found: %v", word, want)
		}
	}
}

// TestWordWithoutCells looks into a row of which nothing is known.
func TestWordWithoutCells(t *testing.T) {
	c := &poller.Connection{Socket: poller.Socket{State: poller.StateNone}}
	for word, want := range map[string]bool{"none": true, "unknown": true, "0": false, ":0": true, "invalid": false, "tcp": false, "1": false} {
		if got := mustParse(t, word).Match(c); got != want {
			t.Errorf("%q is found: %v, want %v", word, got, want)
		}
	}
	c.Local, c.Remote = addrPort("0.0.0.0:53"), addrPort("9.9.9.0:0")
	for word, want := range map[string]bool{"0.0.0.0:53": true, ":53": true, "9.9": false, ":0": false} {
		if got := mustParse(t, word).Match(c); got != want {
			t.Errorf("%q is found: %v, want %v", word, got, want)
		}
	}
}

// TestMatchFacts has the facts that a key must not find, because they are not known or not there.
func TestMatchFacts(t *testing.T) {
	bare := &poller.Connection{Socket: poller.Socket{Protocol: poller.UDP, Local: addrPort("0.0.0.0:53"),
		Remote: addrPort("0.0.0.0:0"), Known: 0}}
	named := &poller.Connection{Socket: poller.Socket{PID: 9, Local: addrPort("[::ffff:10.0.0.5]:53")}}
	for _, c := range []struct {
		box         string
		bare, named bool
	}{
		{"rport:0", false, false}, {"port:0", false, false}, {"rip:0.0.0.0", false, false}, {"ip:0.0.0.0", true, false},
		{"-rip:0.0.0.0/0", true, true}, {"lip:10.0.0.0/8", false, true}, {"ip:::ffff:10.0.0.5", false, true},
		{"ip:::/0", false, false}, {"pid:0", false, false}, {"pid:9", false, true}, {"-pid:9", true, false},
		{"proc:e", false, false}, {"-proc:e", true, true}, {"user:o", false, false}, {"dir:unknown", true, true},
		{"state:connected", false, false}, {"fam:4,6", false, false}, {"proto:tcp,udp", true, false},
	} {
		q := mustParse(t, c.box)
		if q.Match(bare) != c.bare || q.Match(named) != c.named {
			t.Errorf("%q matches %v, %v, want %v, %v", c.box, q.Match(bare), q.Match(named), c.bare, c.named)
		}
	}
}
