package poller

import (
	"hash/maphash"
	"net/netip"
)

// peers finds the two ends of connections within this machine by what they have in common. It keeps a hash and two
// slots for each pair, not the ends themselves, which the rows have.
type peers struct {
	seed  maphash.Seed
	pairs map[uint64][2]int32 // slots plus one; 0 is none
}

func newPeers() peers { return peers{seed: maphash.MakeSeed(), pairs: map[uint64][2]int32{}} }

// key is the same for both ends of a connection.
func (p *peers) key(c *Connection) uint64 {
	a, b := plainEnd(c.Local), plainEnd(c.Remote)
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return maphash.Comparable(p.seed, pairKey{c.Protocol, a, b})
}

// pairKey is what the two ends of a connection have in common.
type pairKey struct {
	protocol  Protocol
	low, high netip.AddrPort
}

// plainEnd drops the zone, which two ends of one connection may have in two ways.
func plainEnd(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
}

// faces reports whether the two rows are the ends of one connection.
func faces(a, b *Connection) bool {
	return a.Protocol == b.Protocol && plainEnd(a.Local) == plainEnd(b.Remote) && plainEnd(a.Remote) == plainEnd(b.Local)
}

// pair makes a row with both ends on this machine and the row of the other end known to each other. It returns the
// other row where that learnt of it just now.
func (t *Table) pair(c *Connection, slot int32) (other *Connection) {
	if c.Direction != Loopback || c.Peer != 0 {
		return nil
	}
	key := t.peers.key(c)
	slots := t.peers.pairs[key]
	for i, s := range slots {
		if s == 0 || s == slot+1 || t.slots[s-1] == nil || plainEnd(t.slots[s-1].Local) == plainEnd(c.Local) {
			slots[i] = slot + 1 // free, or that of an earlier connection between the same ends
			break
		}
	}
	t.peers.pairs[key] = slots
	for _, s := range slots {
		if s == 0 || s == slot+1 {
			continue
		}
		if row := t.slots[s-1]; row != nil && faces(row, c) {
			c.Peer, row.Peer = row.ID, c.ID
			return row
		}
	}
	return nil
}

// unpair forgets a row that goes. The other end keeps its ID: it was its peer to the end.
func (t *Table) unpair(c *Connection, slot int32) {
	if c.Direction != Loopback {
		return
	}
	key := t.peers.key(c)
	slots, there := t.peers.pairs[key]
	if !there {
		return
	}
	for i, s := range slots {
		if s == slot+1 {
			slots[i] = 0
		}
	}
	if slots == [2]int32{} {
		delete(t.peers.pairs, key)
	} else {
		t.peers.pairs[key] = slots
	}
}
