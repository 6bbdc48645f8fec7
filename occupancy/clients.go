package occupancy

import (
	"cmp"
	"net/netip"
	"slices"

	"sockeye/poller"
)

// maxClients is how many addresses an answer names.
const maxClients = 50

// maxPeers is how many processes of this machine are named for an address.
const maxPeers = 3

// Client is the connections from one address.
type Client struct {
	Addr netip.Addr
	// Connections counts them, in any state but TIME_WAIT.
	Connections int
	// Received and Sent are the payload bytes of those whose bytes are known, seen from this end; HasBytes tells that
	// there is one.
	Received, Sent uint64
	HasBytes       bool
	// Peers are the processes at the other end, where that is on this machine; at most three names.
	Peers []string
}

// clientsOf puts connections together by the address of their other end: most connections first, then most bytes. It
// returns the first of them, and how many addresses there are.
func clientsOf(rows []*poller.Connection, t *poller.Table) ([]Client, int) {
	byAddr := make(map[netip.Addr]*Client)
	for _, c := range rows {
		client := byAddr[c.Remote.Addr()]
		if client == nil {
			client = &Client{Addr: c.Remote.Addr()}
			byAddr[c.Remote.Addr()] = client
		}
		client.add(c, t)
	}
	all := make([]Client, 0, len(byAddr))
	for _, c := range byAddr {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Client) int {
		return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(b.Received+b.Sent, a.Received+a.Sent), a.Addr.Compare(b.Addr))
	})
	return all[:min(len(all), maxClients)], len(all)
}

// add counts one connection.
func (c *Client) add(row *poller.Connection, t *poller.Table) {
	c.Connections++
	if row.Known.Has(poller.KnownBytes) {
		c.Received, c.Sent, c.HasBytes = c.Received+row.BytesReceived, c.Sent+row.BytesSent, true
	}
	if row.Peer == 0 || len(c.Peers) >= maxPeers {
		return
	}
	peer, ok := t.Get(row.Peer)
	if ok && peer.Owner != nil && !slices.Contains(c.Peers, peer.Owner.Name) {
		c.Peers = append(c.Peers, peer.Owner.Name)
	}
}
