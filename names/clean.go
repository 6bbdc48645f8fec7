package names

import (
	"net/netip"
	"strings"
)

// longest is how long a name can be in bytes (RFC 1035 section 2.3.4, without the last dot).
const longest = 253

// clean returns a name as it is kept: without the dot at its end, not longer than names are, and "" where it says
// nothing but the address. What it is made of is not looked at: it stays foreign text.
func clean(name string, addr netip.Addr) string {
	name = strings.TrimSuffix(name, ".")
	if len(name) > longest {
		name = name[:longest]
	}
	if name == addr.String() {
		return ""
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}
