package web

import (
	"net/netip"
	"slices"
	"time"

	"sockeye/poller"
)

// line is a row as the live protocol tells it: a connection with what is known beside it.
type line struct {
	row *poller.Connection
	// peer is the other end where the two are joined, else nil.
	peer *poller.Connection
	// name is that of the remote address, "" where it was not asked for or is not known.
	name string
}

// lineOf returns the line of a connection that is not joined.
func lineOf(c *poller.Connection, name string) line { return line{row: c, name: name} }

// besideFields are the cells of a line that come after those of its connection, in their order (docs/protocol.md).
func besideFields() []string {
	return []string{"remote_name", "pair_id", "pair_pid", "pair_process", "pair_state", "pair_owner_note"}
}

// beside returns the values of besideFields.
func (l *line) beside() (cells [6]value) {
	cells[0] = textOf(l.name)
	if l.peer != nil {
		var none time.Time
		cells[1], cells[2], cells[3] = id(l.peer, none), pid(l.peer, none), process(l.peer, none)
		cells[4], cells[5] = state(l.peer, none), ownerNote(l.peer, none)
	}
	return cells
}

// appendArray appends the line as a JSON array of the fields and what is beside it, as far as that is known: nulls at the
// end are left out.
func (l *line) appendArray(dst []byte, fields []field) []byte {
	dst = appendArray(dst, fields, l.row, time.Time{})
	cells := l.beside()
	last := len(cells)
	for last > 0 && cells[last-1].kind == null {
		last--
	}
	dst = dst[:len(dst)-1]
	for _, cell := range cells[:last] {
		dst = cell.appendJSON(append(dst, ','))
	}
	return append(dst, ']')
}

// lineColumns returns the names of the cells of a line.
func lineColumns(fields []field) []string { return slices.Concat(names(fields), besideFields()) }

// remoteOf returns the remote address of a connection, the zero Addr where there is none.
func remoteOf(c *poller.Connection) netip.Addr {
	if !c.Connected() {
		return netip.Addr{}
	}
	return c.Remote.Addr()
}
