package poller

import (
	"net/netip"
	"time"
)

// update is everything that one poll brings to a table.
type update struct {
	next   []Socket
	change Change
	at     time.Time
	// elapsed is the real time since the poll before, 0 where it is too long ago for rates and opening times.
	elapsed time.Duration
	own     map[netip.Addr]bool // the machine's own addresses
	owners  ownerLookup
	users   func(uid uint32) string
}

// ownerLookup tells what is known of a socket's owner. It asks nobody.
type ownerLookup interface {
	owner(s *Socket) (*Process, OwnerNote)
}

// apply brings the table to the state of the dump and returns the rows that opened, changed and closed. The status is
// left to the caller.
func (t *Table) apply(u *update) Delta {
	d := Delta{Opened: t.memory.opened[:0], Changed: t.memory.changed[:0], Closed: t.memory.closed[:0]}
	for _, id := range u.change.Closed {
		d.Closed = append(d.Closed, t.remove(id))
	}
	for _, i := range u.change.Changed {
		d.Changed = append(d.Changed, t.change(&u.next[i], u))
	}
	for _, i := range u.change.Opened {
		d.Opened = append(d.Opened, t.insert(&u.next[i], u))
	}
	for _, c := range d.Opened { // only now are all listeners known
		t.direct(c, u.own)
	}
	t.pairUp(&d, u.at)
	return d
}

// pairUp makes the ends of connections within this machine known to each other. An end that was there before this poll
// and learns of the other counts as changed.
func (t *Table) pairUp(d *Delta, at time.Time) {
	for _, rows := range [...][]*Connection{d.Changed, d.Opened} {
		for _, c := range rows {
			if other := t.pair(c, t.index[c.ID]); other != nil && !other.FirstSeen.Equal(at) {
				d.Changed = append(d.Changed, other)
			}
		}
	}
}

// remove takes a row out of the table.
func (t *Table) remove(id ID) *Connection {
	slot := t.index[id]
	c := t.slots[slot]
	t.unpair(c, slot)
	t.slots[slot] = nil
	t.free = append(t.free, slot)
	delete(t.index, id)
	delete(t.unowned, id)
	t.uncount(c)
	return c
}

// insert adds a row for a socket that was not there.
func (t *Table) insert(s *Socket, u *update) *Connection {
	c := t.memory.row()
	*c = Connection{Socket: *s, FirstSeen: u.at}
	if u.elapsed > 0 {
		c.Opened, c.Known = u.at, c.Known|KnownOpened
		c.rates(&Socket{Known: KnownBytes}, u.elapsed)
		t.status.Flow.move(&Socket{Known: KnownBytes}, s)
	}
	if s.Created > 0 {
		c.Opened, c.Known = time.Unix(0, s.Created), c.Known|KnownOpened
	}
	t.setUser(c, u)
	t.setOwner(c, u.owners)
	t.index[s.ID] = t.place(c)
	t.count(c)
	return c
}

// place puts a row into a free slot.
func (t *Table) place(c *Connection) int32 {
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		t.slots[slot] = c
		return slot
	}
	t.slots = append(t.slots, c)
	return int32(len(t.slots) - 1)
}

// change brings a row up to date.
func (t *Table) change(s *Socket, u *update) *Connection {
	slot := t.index[s.ID]
	c := t.slots[slot]
	if c.Local != s.Local || c.Remote != s.Remote {
		t.unpair(c, slot)
		c.Peer = 0
	}
	t.uncount(c)
	t.status.Flow.move(&c.Socket, s)
	c.update(s, u.elapsed)
	t.count(c)
	t.setUser(c, u)
	t.setOwner(c, u.owners)
	if c.Direction == DirectionUnknown || (c.Direction == Listening) != c.waits() {
		t.direct(c, u.own)
	}
	return c
}

func (t *Table) setUser(c *Connection, u *update) {
	if c.Known.Has(KnownUID) {
		c.User = u.users(c.UID)
	}
}

// setOwner asks for the row's owner. A row whose socket has no owner any more keeps the last one known, with the note
// beside it. A row is looked for again as long as its owner may still be found.
func (t *Table) setOwner(c *Connection, owners ownerLookup) (changed bool) {
	before, note := c.Owner, c.OwnerNote
	owner, n := owners.owner(&c.Socket)
	if owner == nil && n == OwnerNone && before == nil && t.pending(c) {
		n = OwnerPending
	}
	if owner != nil || n != OwnerNone {
		c.Owner = owner
	}
	if owner != nil && !c.Known.Has(KnownUID) {
		c.User = owner.User
	}
	c.OwnerNote = n
	if owner == nil && n != OwnerNone && n != OwnerPending {
		t.unowned[c.ID] = c
	} else {
		delete(t.unowned, c.ID)
	}
	return c.Owner != before || c.OwnerNote != note
}

// pending reports whether the connection waits in a listener's accept queue.
func (t *Table) pending(c *Connection) bool {
	switch c.State {
	case StateSynReceived:
		return true
	case StateEstablished, StateCloseWait:
		return t.listeners.accepts(&c.Socket)
	}
	return false
}

// count and uncount keep the sums over all rows.
func (t *Table) count(c *Connection)   { t.tally(c, 1) }
func (t *Table) uncount(c *Connection) { t.tally(c, -1) }

func (t *Table) tally(c *Connection, n int) {
	t.status.Counts[c.State] += n
	if c.State == StateListen && n > 0 {
		t.waiting[c.ID] = c
	} else if c.State == StateListen {
		delete(t.waiting, c.ID)
	}
	if c.waits() {
		t.listeners.add(&c.Socket, n)
	}
}
