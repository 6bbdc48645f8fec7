package diagnose

import (
	"hash/maphash"
	"net/netip"

	"sockeye/poller"
)

// tuple is what a local port must be free for: of two connections that agree in it only the local port can differ.
type tuple struct {
	local  netip.Addr
	remote netip.AddrPort
}

// tuples counts the connections from here that share a tuple. Most tuples have one connection, so they are counted by a
// hash; only those with many are remembered as they are. The counts say where to look, and the table is asked then.
type tuples struct {
	seed  maphash.Seed
	count map[uint64]uint32
	hot   map[uint64]tuple
	// apart are TCP sockets that are not counted and may come to be: bound, and not connected yet.
	apart map[poller.ID]struct{}
}

// hotShare is from how many connections on a tuple is remembered.
const hotShare = 8

func newTuples() tuples {
	return tuples{seed: maphash.MakeSeed(), count: map[uint64]uint32{}, hot: map[uint64]tuple{}, apart: map[poller.ID]struct{}{}}
}

// takesPort reports whether a connection takes a local port of the range for connections from here.
func takesPort(c *poller.Connection) bool {
	return c.Protocol == poller.TCP && c.Connected() && (c.Direction == poller.Outbound || c.Direction == poller.Loopback)
}

// tupleOf returns the tuple of a connection.
func tupleOf(c *poller.Connection) tuple { return tuple{c.Local.Addr(), c.Remote} }

// put files a socket. Who opened a connection never changes, so that one which was counted stays so until it is closed.
func (k *tuples) put(c *poller.Connection, h naming) {
	if c.Protocol != poller.TCP || c.Direction == poller.Inbound || c.State == poller.StateListen {
		return
	}
	_, apart := k.apart[c.ID]
	switch taken := takesPort(c); {
	case !taken && h != namedChanged:
		k.apart[c.ID] = struct{}{}
	case taken && (h != namedChanged || apart):
		delete(k.apart, c.ID)
		t := tupleOf(c)
		at := maphash.Comparable(k.seed, t)
		k.count[at]++
		if k.count[at] >= hotShare {
			k.hot[at] = t
		}
	}
}

// take forgets a socket.
func (k *tuples) take(c *poller.Connection) {
	if _, apart := k.apart[c.ID]; apart {
		delete(k.apart, c.ID)
		return
	}
	if !takesPort(c) {
		return
	}
	at := maphash.Comparable(k.seed, tupleOf(c))
	n := k.count[at]
	if n <= hotShare {
		delete(k.hot, at)
	}
	if n <= 1 {
		delete(k.count, at)
		return
	}
	k.count[at] = n - 1
}

// share is the connections of a tuple, counted in the table.
type share struct {
	tuple
	total, timeWait int
	owner           *poller.Process // of the youngest that has one
}

// many returns the tuples with at least so many connections, counted in the table.
func (k *tuples) many(least int, rows Rows) (list []share) {
	wanted := map[tuple]int{}
	for at, t := range k.hot {
		if int(k.count[at]) >= least {
			wanted[t] = len(list)
			list = append(list, share{tuple: t})
		}
	}
	if len(list) == 0 {
		return nil
	}
	youngest := make([]*poller.Connection, len(list))
	for c := range rows.All() {
		i, ok := wanted[tupleOf(c)]
		if !ok || !takesPort(c) {
			continue
		}
		s := &list[i]
		s.total++
		if c.State == poller.StateTimeWait {
			s.timeWait++
		}
		if c.Owner != nil && (youngest[i] == nil || c.FirstSeen.After(youngest[i].FirstSeen)) {
			youngest[i], s.owner = c, c.Owner
		}
	}
	return list
}
