package owner

import (
	"errors"
	"net/netip"
	"testing"

	"sockeye/poller/iphlp"
)

// TestPIDIn: the process is that of the client's end, established, and of no other row.
func TestPIDIn(t *testing.T) {
	client, server := netip.MustParseAddrPort("127.0.0.1:50000"), netip.MustParseAddrPort("127.0.0.1:8080")
	other := netip.MustParseAddrPort("127.0.0.1:50001")
	mapped := func(a netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
	}
	row := func(local, remote netip.AddrPort, state, pid uint32) iphlp.Row {
		return iphlp.Row{State: state, Local: local, Remote: remote, PID: pid}
	}
	ours := row(server, client, iphlp.Established, 1) // the server's end
	for name, test := range map[string]struct {
		rows []iphlp.Row
		want uint32
	}{
		"the client":      {[]iphlp.Row{ours, row(client, server, iphlp.Established, 7)}, 7},
		"mapped":          {[]iphlp.Row{row(mapped(client), mapped(server), iphlp.Established, 7)}, 7},
		"another port":    {[]iphlp.Row{ours, row(other, server, iphlp.Established, 7)}, 0},
		"another server":  {[]iphlp.Row{row(client, other, iphlp.Established, 7)}, 0},
		"closed":          {[]iphlp.Row{row(client, server, iphlp.TimeWait, 7)}, 0},
		"half closed":     {[]iphlp.Row{row(client, server, iphlp.FinWait1, 7)}, 0},
		"nobody's":        {[]iphlp.Row{row(client, server, iphlp.Established, 0)}, 0},
		"closed and anew": {[]iphlp.Row{row(client, server, iphlp.TimeWait, 6), row(client, server, iphlp.Established, 7)}, 7},
		"nothing":         {nil, 0},
	} {
		got, err := pidIn(test.rows, client, server)
		if got != test.want || (err == nil) != (test.want != 0) || err != nil && !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %d, %v; want %d", name, got, err, test.want)
		}
	}
}
