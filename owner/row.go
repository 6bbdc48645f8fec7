package owner

import (
	"fmt"
	"net/netip"

	"sockeye/poller/iphlp"
)

// pidIn returns the process that has the client's end of a connection, among the rows of a table of Windows. Only an
// established connection belongs to somebody; what has no process is kept by the system itself.
func pidIn(rows []iphlp.Row, client, server netip.AddrPort) (uint32, error) {
	client, server = unmapped(client), unmapped(server)
	for i := range rows {
		r := &rows[i]
		if r.State == iphlp.Established && r.PID != 0 && unmapped(r.Local) == client && unmapped(r.Remote) == server {
			return r.PID, nil
		}
	}
	return 0, fmt.Errorf("%w: the table of sockets does not name its process", ErrUnknown)
}

// unmapped returns an end with an IPv4 address where that is mapped into IPv6.
func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
