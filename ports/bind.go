package ports

import (
	"context"
	"net/netip"
)

// Place is where a port can be bound: an address, of IPv6 with or without IPv4 beside it.
type Place struct {
	Addr netip.Addr
	// Dual tells that an IPv6 socket on all addresses takes IPv4 as well (IPV6_V6ONLY is off).
	Dual bool
}

// Places returns where a port is tried: all addresses of each family, of both at once, and loopback. noIPv6 leaves out
// those of IPv6.
func Places(noIPv6 bool) []Place {
	four := []Place{{Addr: netip.IPv4Unspecified()}}
	loopback := Place{Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	if noIPv6 {
		return append(four, loopback)
	}
	return append(four, Place{Addr: netip.IPv6Unspecified()}, Place{Addr: netip.IPv6Unspecified(), Dual: true},
		loopback, Place{Addr: netip.IPv6Loopback()})
}

// Wildcard reports whether the place is all addresses of a family.
func (p Place) Wildcard() bool { return p.Addr.IsUnspecified() }

// String returns the place as a server is told of it: "0.0.0.0", "::", and ":: with IPv4".
func (p Place) String() string {
	if p.Dual {
		return p.Addr.String() + " with IPv4"
	}
	return p.Addr.String()
}

// Verdict tells whether a port can be bound.
type Verdict uint8

// The verdicts. Perhaps is one that depends on what cannot be seen.
const (
	Perhaps Verdict = iota
	Yes
	No
)

// String returns the verdict in the words of the data contract: "yes", "no" or "perhaps".
func (v Verdict) String() string { return [...]string{"perhaps", "yes", "no"}[v] }

// Outcome is what came of binding a port in one way, or what is thought would come of it.
type Outcome struct {
	Place
	// Reuse tells that SO_REUSEADDR was set.
	Reuse   bool
	Verdict Verdict
	// Errno is the name of the system's error, such as "EADDRINUSE", and "" where there is none or it has no name.
	Errno string
	// Reason says in words why not, or on what it depends; "" for Yes.
	Reason string
}

// Try really binds the port for a protocol ("tcp" or "udp") in each place, without SO_REUSEADDR and with it, and lets
// go of it at once. A TCP socket listens for that moment, because two can be bound to a port on which only one can
// listen. A UDP port that is held is not bound a second time with SO_REUSEADDR: that could take a datagram from its
// holder. Systems on which only one of the two can be chosen give one outcome for a place. Try ends early with ctx.
//
// Binding is an act that others can notice: it is for those who ask for it.
func Try(ctx context.Context, port uint16, protocol string, noIPv6 bool) []Outcome {
	var all []Outcome
	for _, place := range Places(noIPv6) {
		for _, reuse := range reuses() {
			if ctx.Err() != nil {
				return all
			}
			o := Outcome{Place: place, Reuse: reuse}
			if n := len(all); protocol == "udp" && reuse && n > 0 && all[n-1].Place == place && all[n-1].Verdict == No {
				o.Reason = "not tried, because its holder could lose a datagram"
				if all[n-1].Errno != "EADDRINUSE" {
					o.Verdict, o.Errno, o.Reason = No, all[n-1].Errno, all[n-1].Reason
				}
			} else {
				o.judge(bindOnce(ctx, port, protocol, place, reuse))
			}
			all = append(all, o)
		}
	}
	return all
}

// judge takes over what binding gave.
func (o *Outcome) judge(err error) {
	if err == nil {
		o.Verdict = Yes
		return
	}
	o.Verdict = No
	o.Errno, o.Reason = explain(err)
	if o.Errno == "EMFILE" || o.Errno == "ENFILE" || o.Errno == "ENOBUFS" || o.Errno == "ENOMEM" {
		o.Verdict = Perhaps // that says nothing of the port
	}
}
