package poller

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// agreed is what both sources of Linux know of a socket.
type agreed struct {
	protocol      Protocol
	family        Family
	state         State
	local, remote netip.AddrPort
	process       int32
	user          string
}

// agreedBy polls a source and returns what it says of the sockets with these local ports. Sockets that share both ends
// are one, as gopsutil has them.
func agreedBy(t *testing.T, kind SourceKind, ports map[uint16]bool) map[agreed]bool {
	t.Helper()
	p := poller(t, Options{Source: kind})
	p.poll(t.Context())
	all := map[agreed]bool{}
	for c := range p.table.All() {
		if !ports[c.Local.Port()] || c.State == StateTimeWait { // of those gopsutil knows no user
			continue
		}
		a := agreed{protocol: c.Protocol, family: c.Family, state: c.State, local: c.Local, remote: c.Remote, user: c.User}
		if c.Owner != nil {
			a.process = c.Owner.PID
		}
		all[a] = true
	}
	return all
}

// gopsutil gives the same rows as netlink, but for what the table of capabilities says that it cannot know: the same
// sockets in the same states, with the same owners and users.
func TestSourcesAgree(t *testing.T) {
	m := open(t)
	ports := map[uint16]bool{}
	for _, w := range m.wants() {
		ports[w.Local.Port()] = true
	}
	netlink, gopsutil := agreedBy(t, SourceNetlink, ports), agreedBy(t, SourceGopsutil, ports)
	if diff := cmp.Diff(netlink, gopsutil, cmp.Comparer(func(a, b agreed) bool { return a == b }), cmp.AllowUnexported(agreed{})); diff != "" || len(netlink) < 10 {
		t.Errorf("%d rows (-netlink +gopsutil):\n%s", len(netlink), diff)
	}
}
