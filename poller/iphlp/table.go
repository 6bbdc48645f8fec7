package iphlp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Table is one of the four tables of sockets.
type Table uint8

// The tables.
const (
	TCP4 Table = iota
	TCP6
	UDP4
	UDP6

	// NumTables is the number of tables.
	NumTables = iota
)

// String returns "tcp4", "tcp6", "udp4" or "udp6".
func (t Table) String() string { return [NumTables]string{"tcp4", "tcp6", "udp4", "udp6"}[t] }

// TCP reports whether the table is one of TCP; its rows have a state and a remote end.
func (t Table) TCP() bool { return t <= TCP6 }

// V6 reports whether the table is one of IPv6.
func (t Table) V6() bool { return t == TCP6 || t == UDP6 }

// Class says how much a table tells of each socket.
type Class uint8

// The classes. OwnerModule rows have what OwnerPID rows have, and the moment of creation.
const (
	OwnerModule Class = iota // TCP_TABLE_OWNER_MODULE_ALL, UDP_TABLE_OWNER_MODULE
	OwnerPID                 // TCP_TABLE_OWNER_PID_ALL, UDP_TABLE_OWNER_PID
)

// The states of TCP (MIB_TCP_STATE in tcpmib.h).
const (
	Closed      uint32 = 1
	Listen      uint32 = 2
	SynSent     uint32 = 3
	SynReceived uint32 = 4
	Established uint32 = 5
	FinWait1    uint32 = 6
	FinWait2    uint32 = 7
	CloseWait   uint32 = 8
	Closing     uint32 = 9
	LastAck     uint32 = 10
	TimeWait    uint32 = 11
	DeleteTCB   uint32 = 12
)

// Row is one socket of a table.
type Row struct {
	// State is one of the states above, or another number; 0 in the tables of UDP.
	State uint32
	// Local and Remote are the two ends, without zones; Remote is the zero value in the tables of UDP.
	Local, Remote netip.AddrPort
	// LocalScope and RemoteScope are the scope ids of IPv6 addresses: the index of an interface, 0 for none.
	LocalScope, RemoteScope uint32
	// PID is the process that opened the socket, 0 where none holds it any more.
	PID uint32
	// Created is when the socket was bound or the connection came about, the zero Time where the table does not tell.
	Created time.Time
}

// none marks a field that a row does not have.
const none = -1

// layout says where the fields of a row stand, in bytes.
type layout struct {
	header, size                        int // header is where the first row begins
	state, local, localScope, localPort int
	remote, remoteScope, remotePort     int
	pid, created                        int
}

// layouts are those of a 64-bit system. Rows with a moment of creation are aligned to 8 bytes, and so is the first.
var layouts = [NumTables][2]layout{
	TCP4: {
		OwnerModule: {8, 160, 0, 4, none, 8, 12, none, 16, 20, 24},
		OwnerPID:    {4, 24, 0, 4, none, 8, 12, none, 16, 20, none},
	},
	TCP6: {
		OwnerModule: {8, 192, 48, 0, 16, 20, 24, 40, 44, 52, 56},
		OwnerPID:    {4, 56, 48, 0, 16, 20, 24, 40, 44, 52, none},
	},
	UDP4: {
		OwnerModule: {8, 160, none, 0, none, 4, none, none, none, 8, 16},
		OwnerPID:    {4, 12, none, 0, none, 4, none, none, none, 8, none},
	},
	UDP6: {
		OwnerModule: {8, 176, none, 0, 16, 20, none, none, none, 24, 32},
		OwnerPID:    {4, 28, none, 0, 16, 20, none, none, none, 24, none},
	},
}

// ErrTruncated is wrapped by the error of a table that ends before its last row does.
var ErrTruncated = errors.New("the table is cut off")

// Parse appends the rows of a table to dst. A table that is cut off is an error, and what was appended is worth nothing.
func Parse(dst []Row, t Table, c Class, b []byte) ([]Row, error) {
	l := &layouts[t][c]
	if len(b) < 4 {
		return dst, fmt.Errorf("%v: %d bytes have no number of rows: %w", t, len(b), ErrTruncated)
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n == 0 {
		return dst, nil
	}
	if rest := len(b) - l.header; rest < 0 || rest/l.size < n {
		return dst, fmt.Errorf("%v: %d bytes for %d rows: %w", t, len(b), n, ErrTruncated)
	}
	for at := l.header; n > 0; n, at = n-1, at+l.size {
		dst = append(dst, l.row(t.V6(), b[at:at+l.size]))
	}
	return dst, nil
}

// row reads one row.
func (l *layout) row(v6 bool, b []byte) Row {
	r := Row{
		State: word(b, l.state), PID: word(b, l.pid), LocalScope: word(b, l.localScope), RemoteScope: word(b, l.remoteScope),
		Local: end(v6, b, l.local, l.localPort),
	}
	if l.remote != none {
		r.Remote = end(v6, b, l.remote, l.remotePort)
	}
	if l.created != none {
		r.Created = Moment(binary.LittleEndian.Uint64(b[l.created:]))
	}
	return r
}

// word reads 32 bits, 0 where the row has no such field.
func word(b []byte, at int) uint32 {
	if at == none {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:])
}

// end reads an address and a port.
func end(v6 bool, b []byte, address, port int) netip.AddrPort {
	a := netip.AddrFrom4([4]byte(b[address : address+4]))
	if v6 {
		a = netip.AddrFrom16([16]byte(b[address : address+16]))
	}
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(b[port:]))
}

// epoch is 1970 in units of 100 ns since 1601, which is how FILETIME counts (minwinbase.h).
const epoch = 116444736000000000

// latest is the first moment that is not believed, in the same unit: nanoseconds since 1970 reach no further (2262).
const latest = epoch + 1<<63/100

// Moment returns the time of a FILETIME, the zero Time for one before 1970 or beyond what can be.
func Moment(filetime uint64) time.Time {
	if filetime <= epoch || filetime >= latest {
		return time.Time{}
	}
	return time.Unix(0, int64(filetime-epoch)*100)
}
