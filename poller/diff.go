package poller

import "time"

// Change is the difference between a table and a later dump. Opened and Changed are positions in the dump; a socket
// that stands in the dump twice is meant as its later position says.
type Change struct {
	Opened, Changed []int
	Closed          []ID
}

// Diff compares a table with a later dump. It changes neither. A socket is changed when a fact of it differs from the
// table, or when a rate shown for it is no longer true because its bytes stand still.
func Diff(prev *Table, next []Socket) Change {
	var d differ
	return d.diff(prev, next)
}

// differ holds the memory of [Diff] from one poll to the next.
type differ struct {
	change Change
	seen   []int32 // for each slot of the table: unseen, unchanged, or 1 more than its place in change.Changed
	opened map[ID]int

	// The kernel lists sockets in nearly the same order each time. next[slot] is the slot of the socket that stood behind
	// that of slot in the last dump: most often it does again, and need not be looked up.
	next []int32
	last int32 // the slot of the socket before, -1 where that has none
}

// What differ.seen holds of a slot that is not in change.Changed.
const (
	unseen    int32 = 0
	unchanged int32 = -1
)

func (d *differ) diff(prev *Table, next []Socket) Change {
	d.reset(len(prev.slots))
	d.last = -1
	for i := range next {
		d.socket(prev, &next[i], i)
	}
	for slot, seen := range d.seen {
		if c := prev.slots[slot]; seen == unseen && c != nil {
			d.change.Closed = append(d.change.Closed, c.ID)
		}
	}
	return d.change
}

func (d *differ) reset(slots int) {
	d.change = Change{Opened: d.change.Opened[:0], Changed: d.change.Changed[:0], Closed: d.change.Closed[:0]}
	if cap(d.seen) < slots {
		d.seen = make([]int32, slots)
	}
	d.seen = d.seen[:slots]
	clear(d.seen)
	for len(d.next) < slots {
		d.next = append(d.next, 0)
	}
	if d.opened == nil {
		d.opened = map[ID]int{}
	}
	clear(d.opened)
}

// socket files one socket of the dump.
func (d *differ) socket(prev *Table, s *Socket, position int) {
	slot, known := d.find(prev, s.ID)
	if !known {
		if at, twice := d.opened[s.ID]; twice {
			d.change.Opened[at] = position
			return
		}
		d.opened[s.ID] = len(d.change.Opened)
		d.change.Opened = append(d.change.Opened, position)
		return
	}
	switch seen := d.seen[slot]; {
	case seen > unseen: // the later position counts
		d.change.Changed[seen-1] = position
	case prev.slots[slot].differs(s):
		d.change.Changed = append(d.change.Changed, position)
		d.seen[slot] = int32(len(d.change.Changed))
	default:
		d.seen[slot] = unchanged
	}
}

// find returns the slot of a socket, looking first where it most likely is.
func (d *differ) find(prev *Table, id ID) (slot int32, known bool) {
	if d.last >= 0 {
		slot = d.next[d.last]
		if c := prev.slots[slot]; c != nil && c.ID == id {
			d.last = slot
			return slot, true
		}
	}
	if slot, known = prev.index[id]; !known {
		return 0, false
	}
	if d.last >= 0 {
		d.next[d.last] = slot
	}
	d.last = slot
	return slot, true
}

// stands reports whether the socket in a slot of the table stood in the last dump just as it is in the table.
func (d *differ) stands(slot int32) bool { return d.seen[slot] == unchanged }

// derived are the facts that the table adds to a socket; a source never sets them.
const derived = KnownRates | KnownOpened

// differs reports whether the row has to be brought up to date with s. A user, or final bytes, that s does not know
// are no difference: the row keeps those it had.
func (c *Connection) differs(s *Socket) bool {
	old := c.Socket
	old.Known &^= derived
	if !s.Known.Has(KnownUID) {
		old.UID, old.Known = s.UID, old.Known&^KnownUID
	}
	if c.Final && s.Known&lastFacts == 0 {
		old.Known &^= lastFacts
		old.BytesReceived, old.BytesSent, old.RTT, old.Retransmits = s.BytesReceived, s.BytesSent, s.RTT, s.Retransmits
	}
	return old != *s || c.rateUntrue()
}

// rateUntrue reports whether a row whose bytes stand still shows something else than a rate of 0.
func (c *Connection) rateUntrue() bool {
	return !c.Final && c.Known.Has(KnownBytes) && (!c.Known.Has(KnownRates) || c.ReceiveRate != 0 || c.SendRate != 0)
}

// update brings the row up to date with s, seen elapsed after the row's last state. A counter that went backwards was
// reset and gives no rate; an elapsed time of 0 means that the last poll is too long ago to speak of a rate.
func (c *Connection) update(s *Socket, elapsed time.Duration) {
	old := c.Socket
	c.Socket = *s
	c.Known |= old.Known & KnownOpened
	if !s.Known.Has(KnownUID) && old.Known.Has(KnownUID) {
		c.UID, c.Known = old.UID, c.Known|KnownUID
	}
	c.rates(&old, elapsed)
	c.keepFinal(&old)
}

// maxRate is more bytes per second than any link carries, loopback included: a counter that goes up faster was reset.
const maxRate = 1e12

// rates computes the rates since old.
func (c *Connection) rates(old *Socket, elapsed time.Duration) {
	c.ReceiveRate, c.SendRate = 0, 0
	both := c.Known.Has(KnownBytes) && old.Known.Has(KnownBytes)
	reset := c.BytesReceived < old.BytesReceived || c.BytesSent < old.BytesSent
	if !both || reset || elapsed <= 0 {
		return
	}
	received := float64(c.BytesReceived-old.BytesReceived) / elapsed.Seconds()
	sent := float64(c.BytesSent-old.BytesSent) / elapsed.Seconds()
	if received > maxRate || sent > maxRate {
		return
	}
	c.Known |= KnownRates
	c.ReceiveRate, c.SendRate = received, sent
}
