package web

import (
	"context"
	"net/netip"
	"time"

	"sockeye/poller"
	"sockeye/query"
	"sockeye/views"
)

// needsLines reports whether a view shows more than its connections, one by one.
func needsLines(q query.Query) bool { return q.Group() != "" || q.Pair() || q.Names() }

// fillLines copies out of the table what the page shows of a view with groups, pairs or names: the same lines that the
// live view begins with.
func fillLines(d *views.Dashboard, t *poller.Table, sp span) {
	shelf := newShelf()
	v := shelf.open(d.Query, t)
	d.Matched, d.Lines, d.Groups = v.matched, v.lines, v.size().Groups
	d.Entries = []views.Entry{}
	if c, there := t.Get(sp.anchor); there {
		if at, ok := v.place(shelf.roster, shelf.roster.number(c)); ok {
			sp.offset = max(0, at-sp.above)
			d.Offset = sp.offset
		}
	}
	for _, n := range v.appendSpan(nil, sp) {
		if n < 0 {
			g := v.groups.groups[groupLine(n)].shown(d.Query)
			d.Entries = append(d.Entries, views.Entry{Group: &g})
			continue
		}
		entry := views.Entry{Connection: *shelf.roster.rows[n]}
		if other := shelf.roster.peer(shelf.roster.rows[n]); other != nil && d.Query.Pair() {
			peer := *other
			entry.Peer = &peer
		}
		d.Entries = append(d.Entries, entry)
	}
}

// shown returns what a page shows of a group.
func (g *group) shown(q query.Query) views.Group {
	sum := func(with int, n uint64) views.Sum { return views.Sum{N: n, Known: with > 0} }
	since, exact := g.oldest()
	one := views.Group{
		Key: g.text, Label: g.key.Label(), Note: g.note(""), Addr: g.key.Addr(), Open: q.IsOpen(g.text),
		Connections: g.sums.rows, Oldest: time.UnixMilli(since), Exact: exact,
		Received: sum(g.withBytes, g.bytesReceived), Sent: sum(g.withBytes, g.bytesSent),
		ReceiveRate: sum(g.withRates, g.receiveRate), SendRate: sum(g.withRates, g.sendRate),
		Retransmits:  sum(g.withRetransmits, g.retransmits),
		ReceiveQueue: sum(g.withQueues, uint64(g.worstReceive.value)), SendQueue: sum(g.withQueues, uint64(g.worstSend.value)),
	}
	for s, n := range g.states {
		one.States[s] = int(n)
	}
	return one
}

// pageNames is how long a page waits for names, so that there are some without a script.
const pageNames = 250 * time.Millisecond

// nameLines puts the names of the remote addresses beside them.
func (s *Site) nameLines(ctx context.Context, entries []views.Entry) {
	ctx, cancel := context.WithTimeout(ctx, pageNames)
	defer cancel()
	addrs := make([]netip.Addr, len(entries))
	for i := range entries {
		if g := entries[i].Group; g != nil {
			addrs[i] = g.Addr
		} else {
			addrs[i] = remoteOf(&entries[i].Connection)
		}
	}
	a := asks(ctx, s.names)
	a.wait(ctx, addrs)
	for i, addr := range addrs {
		name := a.name(addr)
		if g := entries[i].Group; g == nil {
			entries[i].Name = name
		} else if name != "" {
			g.Note = name
		}
	}
}
