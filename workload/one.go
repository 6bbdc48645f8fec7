package workload

import (
	"cmp"
	"net/netip"
	"slices"

	"sockeye/poller"
)

// The bounds of what is told of one process.
const (
	maxListeners = 200
	maxRemotes   = 100
	maxPorts     = 4 // named of one remote
)

// Detail is everything the table tells of one process.
type Detail struct {
	Process
	// Listeners are the sockets that wait for others, in the order of their ports; the first 200.
	Listeners []Listener
	// Remotes are the other ends of its connections by address, most connections first; the first 100 of RemotesTotal.
	Remotes      []Remote
	RemotesTotal int
}

// Listener is a socket that waits for others.
type Listener struct {
	poller.Connection
	// Clients counts the connections of this process that came in through its port; it is not known of UDP.
	Clients int
}

// Remote is the connections of a process with one address.
type Remote struct {
	Addr netip.Addr
	Load
	// Inbound and Outbound count who opened them, where that is known.
	Inbound, Outbound int
	// Ports are those by which one knows what it is about: the remote one where this machine connected, the local one
	// where the other did. In order, the first four; MorePorts tells that there are others.
	Ports     []Port
	MorePorts bool
	// Peer is the process at the other end where that is on this machine; nil elsewhere.
	Peer *poller.Process
}

// Port is one end's port.
type Port struct {
	Number   uint16
	Protocol poller.Protocol
	Local    bool
}

// Describe returns what the table tells of a process; ok is false where it holds no socket. A start of 0 is whichever
// process has the PID.
func Describe(t *poller.Table, k Key) (d Detail, ok bool) {
	clients := map[Port]int{}
	remotes := map[netip.Addr]*Remote{}
	for c := range t.All() {
		if c.Owner == nil || c.Owner.PID != k.PID || k.Start != 0 && c.Owner.Start != k.Start {
			continue
		}
		if d.Sockets == 0 || c.ID < d.first {
			d.Key, d.Name, d.User, d.first = KeyOf(c.Owner), c.Owner.Name, c.User, c.ID
		}
		d.add(c)
		switch {
		case c.Direction == poller.Listening:
			d.Listeners = append(d.Listeners, Listener{Connection: *c})
		case c.Connected():
			remotes[c.Remote.Addr()] = remotes[c.Remote.Addr()].with(c, t)
			clients[Port{c.Local.Port(), c.Protocol, true}]++
		}
	}
	for i := range d.Listeners {
		l := &d.Listeners[i]
		l.Clients = clients[Port{l.Local.Port(), l.Protocol, true}]
	}
	slices.SortFunc(d.Listeners, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Local.Port(), b.Local.Port()), cmp.Compare(a.Protocol, b.Protocol), a.Local.Addr().Compare(b.Local.Addr()), cmp.Compare(a.ID, b.ID))
	})
	d.Listeners = d.Listeners[:min(len(d.Listeners), maxListeners)]
	d.rank(remotes)
	return d, d.Sockets > 0
}

// rank puts the remotes in their order.
func (d *Detail) rank(remotes map[netip.Addr]*Remote) {
	d.RemotesTotal = len(remotes)
	for _, r := range remotes {
		d.Remotes = append(d.Remotes, *r)
	}
	slices.SortFunc(d.Remotes, func(a, b Remote) int {
		return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(b.Received+b.Sent, a.Received+a.Sent), a.Addr.Compare(b.Addr))
	})
	d.Remotes = d.Remotes[:min(len(d.Remotes), maxRemotes)]
}

// with counts a connection in; nil becomes the first.
func (r *Remote) with(c *poller.Connection, t *poller.Table) *Remote {
	if r == nil {
		r = &Remote{Addr: c.Remote.Addr()}
	}
	r.add(c)
	port := Port{c.Remote.Port(), c.Protocol, false}
	switch {
	case c.Direction == poller.Inbound, c.Part == poller.PartCalled:
		port = Port{c.Local.Port(), c.Protocol, true}
		r.Inbound++
	case c.Direction == poller.Outbound, c.Part == poller.PartCaller:
		r.Outbound++
	}
	if !slices.Contains(r.Ports, port) {
		r.MorePorts = r.MorePorts || len(r.Ports) == maxPorts
		r.Ports = append(r.Ports, port)
		slices.SortFunc(r.Ports, func(a, b Port) int {
			return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(bit(a.Local), bit(b.Local)))
		})
		r.Ports = r.Ports[:min(len(r.Ports), maxPorts)]
	}
	if peer, there := t.Get(c.Peer); there && r.Peer == nil {
		r.Peer = peer.Owner
	}
	return r
}

// bit is 1 for true.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
