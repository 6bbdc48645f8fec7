package netinfo

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func addr(s string) netip.Addr {
	if s == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(s)
}

// TestRoutesOfRIB: what the tables of macOS and FreeBSD hold, and what of it is a route in the sense of netstat -r.
func TestRoutesOfRIB(t *testing.T) {
	for name, c := range map[string]struct {
		flags                      int
		destination, mask, gateway string
		want                       string // "" for none of ours
		kind                       RouteType
		origin                     string
	}{
		"the default of macOS":     {0x803, "0.0.0.0", "0.0.0.0", "192.168.7.1", "0.0.0.0/0", RouteUnicast, "static"},
		"a default without a mask": {0x3, "0.0.0.0", "", "192.168.7.1", "0.0.0.0/0", RouteUnicast, ""},
		"the default of IPv6":      {0x3, "::", "::", "fe80::1", "::/0", RouteUnicast, ""},
		"a network":                {0x1, "192.168.7.0", "255.255.255.0", "", "192.168.7.0/24", RouteUnicast, ""},
		"a network of IPv6":        {0x1, "2001:db8::", "ffff:ffff:ffff:ffff::", "", "2001:db8::/64", RouteUnicast, ""},
		"a host":                   {0x807, "198.51.100.7", "", "192.168.7.1", "198.51.100.7/32", RouteUnicast, "static"},
		"a redirect":               {0x17, "198.51.100.8", "255.255.255.255", "192.168.7.9", "198.51.100.8/32", RouteUnicast, "redirect"},
		"a black hole":             {0x1801, "10.9.0.0", "255.255.0.0", "127.0.0.1", "10.9.0.0/16", RouteBlackhole, "static"},
		"one that refuses":         {0x9, "10.8.0.0", "255.254.0.0", "127.0.0.1", "10.8.0.0/15", RouteUnreachable, ""},
		"a neighbour":              {0x405, "192.168.7.1", "", "", "", "", ""},
		"a cloned one":             {0x20005, "198.51.100.9", "", "192.168.7.1", "", "", ""},
		"the machine's own":        {0x200005, "192.168.7.2", "", "", "", "", ""},
		"a broadcast":              {0x400005, "192.168.7.255", "", "", "", "", ""},
		"a group":                  {0x1, "224.0.0.0", "240.0.0.0", "", "", "", ""},
		"one that is off":          {0x2, "0.0.0.0", "0.0.0.0", "192.168.7.1", "", "", ""},
	} {
		e := ribEntry{flags: c.flags, destination: addr(c.destination), mask: addr(c.mask), gateway: addr(c.gateway), device: "en0"}
		r, ok, err := e.route()
		if err != nil || ok != (c.want != "") {
			t.Errorf("%s: %+v, %v, %v", name, r, ok, err)
		} else if ok && (r.Destination.String() != c.want || r.Type != c.kind || r.Origin != c.origin || r.Interface != "en0" || r.Gateway != addr(c.gateway)) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, e := range []ribEntry{{flags: ribUp}, {flags: ribUp, destination: addr("10.0.0.0"), mask: addr("ffff::")}} {
		if r, ok, err := e.route(); ok || err == nil {
			t.Errorf("%+v is read as %+v", e, r)
		}
	}
}

// TestMaskBits: a mask of so many ones is a prefix of that length.
func TestMaskBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 128).Draw(t, "bits")
		all := net.CIDRMask(n, 128)
		if n <= 32 {
			all = net.CIDRMask(n, 32)
		}
		mask, _ := netip.AddrFromSlice(all)
		if got := maskBits(mask); got != n {
			t.Fatalf("%s has %d ones, got %d", mask, n, got)
		}
	})
}

func TestNeighboursOfRIB(t *testing.T) {
	mac := net.HardwareAddr{0, 1, 2, 3, 4, 5}
	for name, c := range map[string]struct {
		entry ribEntry
		ok    bool
		state NeighbourState
		text  string
	}{
		"known":             {ribEntry{flags: 0x405, destination: addr("192.168.7.1"), link: mac}, true, Found, "192.168.7.1"},
		"link-local":        {ribEntry{flags: 0x405, destination: addr("fe80::1"), link: mac}, true, Found, "fe80::1%en0"},
		"asked for":         {ribEntry{flags: 0x405, destination: addr("192.168.7.9")}, true, Incomplete, "192.168.7.9"},
		"set by hand":       {ribEntry{flags: 0xc05, destination: addr("192.168.7.8"), link: mac}, true, Permanent, "192.168.7.8"},
		"a route":           {ribEntry{flags: 0x3, destination: addr("0.0.0.0"), gateway: addr("192.168.7.1")}, false, "", ""},
		"the machine's own": {ribEntry{flags: 0x200405, destination: addr("192.168.7.2"), link: mac}, false, "", ""},
		"a group":           {ribEntry{flags: 0x405, destination: addr("224.0.0.251"), link: mac}, false, "", ""},
	} {
		c.entry.device = "en0"
		n, ok := c.entry.neighbour()
		if ok != c.ok || ok && (n.State != c.state || n.Address.String() != c.text || n.Interface != "en0") {
			t.Errorf("%s: %+v, %v", name, n, ok)
		}
	}
}

// TestRouteToOfTable: the longest prefix wins, then the lowest metric.
func TestRouteToOfTable(t *testing.T) {
	p := netip.MustParsePrefix
	table := []Route{
		{Destination: p("0.0.0.0/0"), Interface: "wan", Metric: 10, Type: RouteUnicast}, {Destination: p("0.0.0.0/0"), Interface: "vpn", Metric: 5, Type: RouteUnicast},
		{Destination: p("10.0.0.0/8"), Interface: "lan", Type: RouteUnicast}, {Destination: p("10.9.0.0/16"), Type: RouteBlackhole},
		{Destination: p("fe80::/64"), Interface: "en0", Type: RouteUnicast}, {Destination: p("fe80::/64"), Interface: "en1", Type: RouteUnicast},
	}
	for to, want := range map[string]string{"198.51.100.7": "vpn", "10.1.2.3": "lan", "fe80::5%en1": "en1"} {
		if r, err := routeTo(table, addr(to)); err != nil || r.Interface != want || r.Destination.Addr() != addr(to).WithZone("") || r.Destination.Bits() != addr(to).BitLen() {
			t.Errorf("to %s: %+v, %v", to, r, err)
		}
	}
	for _, to := range []string{"10.9.1.1", "2001:db8::1"} {
		if r, err := routeTo(table, addr(to)); !errors.Is(err, ErrNoRoute) {
			t.Errorf("to %s: %+v, %v", to, r, err)
		}
	}
}
