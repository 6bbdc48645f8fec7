package occupancy

import (
	"sockeye/poller"
	"sockeye/ports"
)

// Used is the set of ports that some socket of the machine has as its own, of either protocol.
type Used [1 << 10]uint64

// UsedPorts returns the ports in use.
func UsedPorts(t *poller.Table) *Used {
	var u Used
	for c := range t.All() {
		p := c.Local.Port()
		u[p>>6] |= 1 << (p & 63)
	}
	return &u
}

// Has reports whether the port is in the set.
func (u *Used) Has(port uint16) bool { return u[port>>6]>>(port&63)&1 != 0 }

// Near returns at most n ports around one that no socket has, that this program may bind, that the system does not hand
// out by itself, and that are known for nothing. The nearest come first, of two equally near the higher.
func Near(port uint16, u *Used, rules *ports.Rules, n int) []uint16 {
	var found []uint16
	for distance := 1; distance < 1<<16 && len(found) < n; distance++ {
		for _, p := range [...]int{int(port) + distance, int(port) - distance} {
			if p >= 1024 && p < 1<<16 && len(found) < n && suits(uint16(p), u, rules) {
				found = append(found, uint16(p))
			}
		}
	}
	return found
}

// suits reports whether a server could well take the port.
func suits(p uint16, u *Used, rules *ports.Rules) bool {
	if u.Has(p) || rules.Denied(p) || rules.Bars("", p) || rules.Ephemeral.First > 0 && rules.Ephemeral.Has(p) {
		return false
	}
	_, tcp := ports.Lookup(p, "tcp")
	_, udp := ports.Lookup(p, "udp")
	return !tcp && !udp
}
