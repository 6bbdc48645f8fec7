package netinfo

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRatesOf(t *testing.T) {
	r, ok := RatesOf(&Counters{BytesReceived: 100, DropsSent: 1}, &Counters{BytesReceived: 600, DropsSent: 3}, 2*time.Second)
	if !ok || r.BytesReceived != 250 || r.DropsSent != 1 || r.BytesSent != 0 {
		t.Errorf("%+v, %v", r, ok)
	}
	for name, c := range map[string]struct {
		before, after *Counters
		elapsed       time.Duration
	}{
		"made anew": {&Counters{BytesSent: 9}, &Counters{BytesSent: 1, BytesReceived: 50}, time.Second},
		"no time":   {&Counters{}, &Counters{}, 0},
		"unknown":   {nil, &Counters{}, time.Second},
		"gone":      {&Counters{}, nil, time.Second},
	} {
		if r, ok := RatesOf(c.before, c.after, c.elapsed); ok || r != (Rates{}) {
			t.Errorf("%s: %+v, %v", name, r, ok)
		}
	}
}

// TestRatesAreNeverNegative whatever is read.
func TestRatesAreNeverNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64()
		before := Counters{BytesReceived: n.Draw(t, "a"), ErrorsSent: n.Draw(t, "b")}
		after := Counters{BytesReceived: n.Draw(t, "c"), ErrorsSent: n.Draw(t, "d")}
		r, ok := RatesOf(&before, &after, time.Second)
		if r.BytesReceived < 0 || r.ErrorsSent < 0 || ok != (after.BytesReceived >= before.BytesReceived && after.ErrorsSent >= before.ErrorsSent) {
			t.Fatalf("%+v to %+v: %+v, %v", before, after, r, ok)
		}
	})
}

func TestDefaults(t *testing.T) {
	all4, all6 := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	list := Defaults([]Route{
		{Destination: all4, Metric: 200, Interface: "b", Type: RouteUnicast}, {Destination: all6, Interface: "six", Type: RouteUnicast},
		{Destination: all4, Metric: 100, Interface: "a", Type: RouteUnicast}, {Destination: all4, Type: RouteBlackhole},
		{Destination: netip.MustParsePrefix("10.0.0.0/8"), Interface: "c", Type: RouteUnicast},
	}, false)
	if len(list) != 2 || list[0].Interface != "a" || list[1].Interface != "b" {
		t.Errorf("%+v", list)
	}
}

func TestGlobal(t *testing.T) {
	i := Interface{Addresses: []Address{
		{Prefix: netip.MustParsePrefix("169.254.3.4/16")}, {Prefix: netip.MustParsePrefix("10.0.0.2/24")},
		{Prefix: netip.MustParsePrefix("fe80::1/64")}, {Prefix: netip.MustParsePrefix("2001:db8::2/64"), Duplicate: true},
	}}
	if got := i.Global(false); len(got) != 1 || got[0] != netip.MustParseAddr("10.0.0.2") {
		t.Errorf("v4: %v", got)
	}
	if got := i.Global(true); got != nil {
		t.Errorf("v6: %v", got)
	}
}
