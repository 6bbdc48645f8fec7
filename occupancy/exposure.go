package occupancy

import (
	"net/netip"
	"slices"

	"sockeye/poller"
)

// Exposure tells from where a socket that waits can be reached, as far as its address decides; a firewall may decide
// otherwise.
type Exposure string

// The exposures, from the narrowest to the widest.
const (
	ExposedLoopback Exposure = "loopback"   // only from this machine
	ExposedSome     Exposure = "address"    // on some addresses of the machine
	ExposedIPv4     Exposure = "all-ipv4"   // on all addresses of IPv4
	ExposedIPv6     Exposure = "all-ipv6"   // on all addresses of IPv6
	ExposedAll      Exposure = "everywhere" // on all addresses of both
)

// Reach is where sockets wait, taken together.
type Reach struct {
	Exposure
	// Addresses are those that they wait on, without those of a wildcard; in order, each once.
	Addresses []netip.Addr
}

// ReachOf takes the addresses of sockets together.
func ReachOf(rows []poller.Connection) Reach {
	var four, six bool
	r := Reach{Exposure: ExposedLoopback}
	for i := range rows {
		c := &rows[i]
		four, six = four || covers(c, true), six || covers(c, false)
		if a := c.Local.Addr(); !a.IsUnspecified() {
			r.Addresses = append(r.Addresses, a)
			if !a.IsLoopback() {
				r.Exposure = ExposedSome
			}
		}
	}
	slices.SortFunc(r.Addresses, netip.Addr.Compare)
	r.Addresses = slices.Compact(r.Addresses)
	switch {
	case four && six:
		r.Exposure = ExposedAll
	case four:
		r.Exposure = ExposedIPv4
	case six:
		r.Exposure = ExposedIPv6
	}
	return r
}

// String returns the reach in words, to stand behind "on": "all addresses", "loopback only", "10.0.0.5".
func (r Reach) String() string {
	switch r.Exposure {
	case ExposedAll:
		return "all addresses"
	case ExposedIPv4:
		return "all IPv4 addresses" + r.also()
	case ExposedIPv6:
		return "all IPv6 addresses" + r.also()
	case ExposedLoopback:
		return "loopback only"
	}
	return r.list()
}

// also names what stands beside a wildcard of one family.
func (r Reach) also() string {
	if len(r.Addresses) == 0 {
		return ""
	}
	return " and " + r.list()
}

// list names at most three addresses.
func (r Reach) list() string {
	var names []string
	for _, a := range r.Addresses {
		names = append(names, a.String())
	}
	return enumerate(names, 3)
}

// where says on which address one socket is.
func where(c *poller.Connection) string {
	if a := c.Local.Addr(); !a.IsUnspecified() {
		return a.String()
	}
	return ReachOf([]poller.Connection{*c}).String()
}

// Stack tells which families a socket takes: "v4", "v6" or "dual".
func Stack(c *poller.Connection) string {
	switch {
	case covers(c, true) && covers(c, false):
		return "dual"
	case c.Local.Addr().Is4():
		return "v4"
	}
	return "v6"
}
