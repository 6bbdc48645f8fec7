package poller

import (
	"math/bits"
	"time"
)

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
	seen   []uint64 // one bit for each slot of the table
	opened map[ID]int
}

func (d *differ) diff(prev *Table, next []Socket) Change {
	d.reset(len(prev.slots))
	for i := range next {
		d.socket(prev, &next[i], i)
	}
	for word, seen := range d.seen {
		for gone := ^seen; gone != 0; gone &= gone - 1 {
			slot := word*64 + bits.TrailingZeros64(gone)
			if slot < len(prev.slots) && prev.slots[slot] != nil {
				d.change.Closed = append(d.change.Closed, prev.slots[slot].ID)
			}
		}
	}
	return d.change
}

func (d *differ) reset(slots int) {
	d.change = Change{Opened: d.change.Opened[:0], Changed: d.change.Changed[:0], Closed: d.change.Closed[:0]}
	words := (slots + 63) / 64
	if cap(d.seen) < words {
		d.seen = make([]uint64, words)
	}
	d.seen = d.seen[:words]
	clear(d.seen)
	if d.opened == nil {
		d.opened = map[ID]int{}
	}
	clear(d.opened)
}

// socket files one socket of the dump.
func (d *differ) socket(prev *Table, s *Socket, position int) {
	slot, known := prev.index[s.ID]
	if !known {
		if at, twice := d.opened[s.ID]; twice {
			d.change.Opened[at] = position
			return
		}
		d.opened[s.ID] = len(d.change.Opened)
		d.change.Opened = append(d.change.Opened, position)
		return
	}
	word, bit := slot/64, uint64(1)<<(slot%64)
	twice := d.seen[word]&bit != 0
	d.seen[word] |= bit
	if twice || prev.slots[slot].differs(s) {
		d.change.Changed = append(d.change.Changed, position)
	}
}

// derived are the facts that the table adds to a socket; a source never sets them.
const derived = KnownRates | KnownOpened

// differs reports whether the row has to be brought up to date with s. A user that s does not know is no difference:
// the row keeps the one it had.
func (c *Connection) differs(s *Socket) bool {
	old := c.Socket
	old.Known &^= derived
	if !s.Known.Has(KnownUID) {
		old.UID, old.Known = s.UID, old.Known&^KnownUID
	}
	return old != *s || c.rateUntrue()
}

// rateUntrue reports whether a row whose bytes stand still shows something else than a rate of 0.
func (c *Connection) rateUntrue() bool {
	return c.Known.Has(KnownBytes) && (!c.Known.Has(KnownRates) || c.ReceiveRate != 0 || c.SendRate != 0)
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
}

// rates computes the rates since old.
func (c *Connection) rates(old *Socket, elapsed time.Duration) {
	c.ReceiveRate, c.SendRate = 0, 0
	both := c.Known.Has(KnownBytes) && old.Known.Has(KnownBytes)
	reset := c.BytesReceived < old.BytesReceived || c.BytesSent < old.BytesSent
	if !both || reset || elapsed <= 0 {
		return
	}
	c.Known |= KnownRates
	c.ReceiveRate = float64(c.BytesReceived-old.BytesReceived) / elapsed.Seconds()
	c.SendRate = float64(c.BytesSent-old.BytesSent) / elapsed.Seconds()
}
