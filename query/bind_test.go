package query

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
)

// TestResolve holds that names match what they stand for and are printed as names.
func TestResolve(t *testing.T) {
	c := &poller.Connection{Socket: poller.Socket{Protocol: poller.TCP, Local: addrPort("[fe80::1%eth0]:80"), Remote: addrPort("[::ffff:10.0.0.5]:443")}}
	known := map[Name][]netip.Addr{
		{Text: "db.example"}:            {netip.MustParseAddr("::ffff:10.0.0.5"), netip.MustParseAddr("10.9.9.9")},
		{Text: "eth0", Interface: true}: {netip.MustParseAddr("fe80::1%eth0")},
		{Text: "fe.example"}:            {netip.MustParseAddr("fe80::1")},
	}
	for box, want := range map[string]bool{
		"ip:db.example": true, "rip:DB.example.": true, "lip:db.example": false, "-ip:db.example": false, "ip:other.example": false,
		"if:eth0": true, "if:lo": false, "(if:eth0 or x)": true, "not (rip:db.example y)": true, "lip:fe.example": true,
		"if:eth0 rip:db.example,other.example": true,
	} {
		q := mustParse(t, box)
		resolved := q.Resolve(func(n Name) []netip.Addr { return known[n] })
		if got := resolved.Match(c); got != want {
			t.Errorf("%q matches: %v, want %v", box, got, want)
		}
		if resolved.String() != q.String() || resolved.Encode() != q.Encode() {
			t.Errorf("%q is printed as %q when it is resolved", q, resolved)
		}
		if q.Match(c) && box[0] != '-' && box[0] != 'n' {
			t.Errorf("%q matches though nobody has looked its names up", box)
		}
		if (resolved.Identity() == q.Identity()) != (box == "if:lo" || box == "ip:other.example") {
			t.Errorf("%q: identity %q, resolved %q", box, q.Identity(), resolved.Identity())
		}
	}
}

// TestNames lists what is to be looked up.
func TestNames(t *testing.T) {
	q := mustParse(t, "ip:A.example,10.0.0.1 or (rip:a.example -if:eth0 port:https)")
	want := []Name{{Text: "a.example"}, {Text: "eth0", Interface: true}}
	if diff := cmp.Diff(want, q.Lookups()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if names := mustParse(t, "ip:10.0.0.1 nginx").Lookups(); names != nil {
		t.Errorf("names %v", names)
	}
}

// TestHostNames has what is a name of a host and what is not.
func TestHostNames(t *testing.T) {
	for text, want := range map[string]string{
		"localhost": "localhost", "Example.COM": "example.com", "example.com.": "example.com", "a_b.c-d": "a_b.c-d", "3com.com": "3com.com",
		"xn--bcher-kva.example": "xn--bcher-kva.example",
		"":                      "", ".": "", "a..b": "", "-a": "", "a-": "", "10.0.0": "", "1": "", "a b": "", "a/b": "", "bücher.example": "",
	} {
		name, ok := hostName(text)
		if !ok {
			name = ""
		}
		if name != want {
			t.Errorf("hostName(%q) = %q", text, name)
		}
	}
}

// TestAt holds that ages are judged by the moment that was given, inside of groups too.
func TestAt(t *testing.T) {
	start := time.Unix(1000, 0)
	c := &poller.Connection{Socket: poller.Socket{Known: poller.KnownOpened, State: poller.StateCloseWait}, Opened: start, FirstSeen: start}
	for box, from := range map[string]time.Duration{
		"age:>5m": 5*time.Minute + time.Millisecond, "x or age:>=5m": 5 * time.Minute, "-(age:<5m or x)": 5 * time.Minute,
		"is:stuck": stuckAfter + 1, "-is:new": freshFor + 1,
	} {
		q := mustParse(t, box)
		if !q.Timed() {
			t.Errorf("%q is not said to depend on time", box)
		}
		before, after := q.At(start.Add(from-time.Millisecond)), q.At(start.Add(from))
		if from == stuckAfter+1 {
			before = q.At(start.Add(from - 1))
		}
		if before.Match(c) || !after.Match(c) {
			t.Errorf("%q matches before: %v, after %v: %v", box, before.Match(c), from, after.Match(c))
		}
		if !q.Match(c) {
			t.Errorf("%q does not judge by the clock", box)
		}
		if after.Encode() != q.Encode() {
			t.Errorf("%q is printed as %q", q, after)
		}
	}
	if q := mustParse(t, "port:1 or is:external"); q.Timed() || q.At(start).Encode() != q.Encode() {
		t.Error("a query without ages is said to depend on time")
	}
}

// TestAgeUnknown has a connection that was there before anybody looked.
func TestAgeUnknown(t *testing.T) {
	seen := time.Unix(1000, 0)
	c := &poller.Connection{FirstSeen: seen}
	for box, want := range map[string]bool{"age:>5m": true, "age:>=10m": true, "age:>11m": false, "age:<1h": false, "age:10m": false,
		"age:1m..1h": false, "is:new": false} {
		if got := mustParse(t, box).At(seen.Add(10 * time.Minute)).Match(c); got != want {
			t.Errorf("%q matches: %v", box, got)
		}
	}
}

// TestServicePorts holds that the name of a service is its ports and its protocol.
func TestServicePorts(t *testing.T) {
	web := &poller.Connection{Socket: poller.Socket{Protocol: poller.TCP, Local: addrPort("10.0.0.1:40000"), Remote: addrPort("10.0.0.2:443")}}
	resolver := &poller.Connection{Socket: poller.Socket{Protocol: poller.UDP, Local: addrPort("10.0.0.1:53"), Remote: addrPort("0.0.0.0:0")}}
	for box, want := range map[string][2]bool{
		"port:https": {true, false}, "rport:HTTPS": {true, false}, "lport:https": {false, false}, "port:domain,http": {false, true},
		"svc:http": {true, false}, "svc:doma": {false, true}, "-svc:https": {false, true}, "port::443": {true, false},
	} {
		q := mustParse(t, box)
		if got := [2]bool{q.Match(web), q.Match(resolver)}; got != want {
			t.Errorf("%q matches %v, want %v", box, got, want)
		}
	}
}
