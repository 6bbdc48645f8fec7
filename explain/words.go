package explain

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// Long returns a time in words, in its largest unit: "less than a second", "1 second", "9 minutes", "3 days".
func Long(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than a second"
	case d < time.Minute:
		return Many(int64(d/time.Second), "second")
	case d < time.Hour:
		return Many(int64(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return Many(int64(d/time.Hour), "hour")
	}
	return Many(int64(d/(24*time.Hour)), "day")
}

// Many returns a number with its noun: "1 byte", "2 bytes".
func Many(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// documentation are the blocks that stand in books only (RFC 5737, RFC 3849).
var documentation = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
}

// shared is the block between a provider and its customers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// Place says in words where an address is: on this machine, in a private network, in the Internet.
func Place(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return "no address"
	case a.IsUnspecified():
		return "every address of this machine"
	case a.IsLoopback():
		return "this machine alone (loopback)"
	case a.IsPrivate():
		return "a private network"
	case a.IsLinkLocalUnicast():
		return "the same cable or radio (link-local)"
	case a.IsMulticast():
		return "a group of machines (multicast)"
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "every machine of the network (broadcast)"
	case shared.Contains(a):
		return "a provider's network (RFC 6598)"
	}
	for _, p := range documentation {
		if p.Contains(a) {
			return fmt.Sprintf("an address for books (%s)", p)
		}
	}
	return "the Internet"
}
