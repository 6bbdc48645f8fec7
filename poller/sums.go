package poller

import (
	"iter"
	"net/netip"
)

// Dimension is what connections are summed up by.
type Dimension uint8

// The dimensions.
const (
	ByProcess Dimension = iota + 1
	ByPort              // the service's port: see [Connection.ServicePort]
	ByRemote            // the remote address
	ByState
	ByUser
)

// GroupKey names a group; only the field of its dimension is set. The zero value is the group of those of whom it is
// not known, or that have none.
type GroupKey struct {
	Process *Process
	Port    uint16
	Remote  netip.Addr
	State   State
	User    string
}

// Sum is what the connections of a group come to. Bytes and rates are of those of which they are known.
type Sum struct {
	Connections              int
	BytesReceived, BytesSent uint64
	// ReceiveRate and SendRate are in whole bytes per second.
	ReceiveRate, SendRate uint64
}

// ServicePort returns the port that tells what a connection is for: the local one of a socket that waits or was
// called, the remote one of a socket that called, and the lower one where both ends are here, since the system hands
// out high ones.
func (c *Connection) ServicePort() uint16 {
	switch c.Direction {
	case Outbound:
		return c.Remote.Port()
	case Loopback:
		return min(c.Local.Port(), c.Remote.Port())
	}
	return c.Local.Port()
}

// Sums is the sums of a table's connections by one dimension, kept up to date from deltas: a poll costs what changed.
// It is not safe for concurrent use.
type Sums struct {
	by     Dimension
	shares map[ID]share
	groups map[GroupKey]*Sum
}

// share is what one connection has put into a group.
type share struct {
	key GroupKey
	sum Sum
}

// NewSums sums up a table, which may be read.
func NewSums(by Dimension, t *Table) *Sums {
	s := &Sums{by: by, shares: make(map[ID]share, t.Len()), groups: map[GroupKey]*Sum{}}
	for c := range t.All() {
		s.put(c)
	}
	return s
}

// Apply takes a poll's change over. Applying one twice does no harm.
func (s *Sums) Apply(d *Delta) {
	for _, c := range d.Closed {
		s.take(c.ID)
	}
	for _, c := range d.Opened {
		s.put(c)
	}
	for _, c := range d.Changed {
		s.put(c)
	}
}

// All yields every group that has connections, in no particular order.
func (s *Sums) All() iter.Seq2[GroupKey, Sum] {
	return func(yield func(GroupKey, Sum) bool) {
		for k, sum := range s.groups {
			if !yield(k, *sum) {
				return
			}
		}
	}
}

// put counts a connection as it is now, in place of what it was.
func (s *Sums) put(c *Connection) {
	s.take(c.ID)
	sh := share{s.key(c), sumOf(c)}
	s.shares[c.ID] = sh
	g := s.groups[sh.key]
	if g == nil {
		g = &Sum{}
		s.groups[sh.key] = g
	}
	g.add(&sh.sum)
}

// take takes a connection's share out of its group.
func (s *Sums) take(id ID) {
	sh, there := s.shares[id]
	if !there {
		return
	}
	delete(s.shares, id)
	g := s.groups[sh.key]
	if g.remove(&sh.sum); g.Connections == 0 {
		delete(s.groups, sh.key)
	}
}

// key returns the group of a connection.
func (s *Sums) key(c *Connection) (k GroupKey) {
	switch s.by {
	case ByProcess:
		k.Process = c.Owner
	case ByPort:
		k.Port = c.ServicePort()
	case ByRemote:
		if c.Connected() {
			k.Remote = c.Remote.Addr()
		}
	case ByState:
		k.State = c.State
	case ByUser:
		k.User = c.User
	}
	return k
}

// sumOf returns what one connection comes to.
func sumOf(c *Connection) Sum {
	sum := Sum{Connections: 1}
	if c.Known.Has(KnownBytes) {
		sum.BytesReceived, sum.BytesSent = c.BytesReceived, c.BytesSent
	}
	if c.Known.Has(KnownRates) {
		sum.ReceiveRate, sum.SendRate = uint64(c.ReceiveRate+0.5), uint64(c.SendRate+0.5)
	}
	return sum
}

// add and remove work modulo 2^64, so that what was added can always be removed.
func (a *Sum) add(b *Sum) {
	a.Connections += b.Connections
	a.BytesReceived += b.BytesReceived
	a.BytesSent += b.BytesSent
	a.ReceiveRate += b.ReceiveRate
	a.SendRate += b.SendRate
}

func (a *Sum) remove(b *Sum) {
	a.Connections -= b.Connections
	a.BytesReceived -= b.BytesReceived
	a.BytesSent -= b.BytesSent
	a.ReceiveRate -= b.ReceiveRate
	a.SendRate -= b.SendRate
}
