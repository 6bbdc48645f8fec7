package poller

import (
	"iter"
	"time"
)

// Table is the set of sockets as it was at one moment. [Poller.Read] hands it out for reading; only the poller
// changes it.
type Table struct {
	status    Status
	index     map[ID]int32  // socket to slot
	slots     []*Connection // nil where free
	free      []int32
	unowned   map[ID]*Connection // rows whose owner is still looked for
	closed    map[ID]*Connection // rows that the last poll closed: the word of their end may come after it
	waiting   map[ID]*Connection // TCP listeners
	listeners listenerSet
	left      listenerSet // those that the last poll closed
	ephemeral portRange
	peers     peers
	history   history
	memory    memory
}

// memory is used again by each poll, so that a table whose size stays needs no more of it. What a Delta hands out of
// it is good until the next.
type memory struct {
	rows                    []*Connection // of sockets that closed two polls ago
	opened, changed, closed []*Connection
	ended                   []Ending
}

// maxSpareRows bounds the rows that are kept to be used again.
const maxSpareRows = 8192

// row returns a row that nobody has.
func (m *memory) row() *Connection {
	n := len(m.rows)
	if n == 0 {
		return new(Connection)
	}
	c := m.rows[n-1]
	m.rows = m.rows[:n-1]
	return c
}

// release takes back a row that nobody has any more.
func (m *memory) release(c *Connection) {
	if len(m.rows) < maxSpareRows {
		m.rows = append(m.rows, c)
	}
}

// newTable returns an empty table.
func newTable() *Table {
	return &Table{index: map[ID]int32{}, unowned: map[ID]*Connection{}, waiting: map[ID]*Connection{}, closed: map[ID]*Connection{},
		listeners: listenerSet{}, left: listenerSet{}, ephemeral: dynamicPorts, peers: newPeers()}
}

// Status returns what is known of the table as a whole.
func (t *Table) Status() Status { return t.status }

// Len returns the number of sockets.
func (t *Table) Len() int { return len(t.index) }

// Get returns the row with the given ID; it is valid as long as the table may be read.
func (t *Table) Get(id ID) (c *Connection, ok bool) {
	slot, ok := t.index[id]
	if !ok {
		return nil, false
	}
	return t.slots[slot], true
}

// All yields every row, in no particular order.
func (t *Table) All() iter.Seq[*Connection] {
	return func(yield func(*Connection) bool) {
		for _, c := range t.slots {
			if c != nil && !yield(c) {
				return
			}
		}
	}
}

// History returns the samples of the last five minutes, oldest first.
func (t *Table) History() []Sample { return t.HistoryOver(5 * time.Minute) }

// HistoryOver returns the samples of the last span of time, oldest first: of [HistorySpan] at the most.
func (t *Table) HistoryOver(span time.Duration) []Sample { return t.history.samples(span) }
