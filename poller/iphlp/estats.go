package iphlp

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Kind is one of the sets of statistics that Windows keeps of a TCP connection (TCP_ESTATS_TYPE in tcpestats.h), each of
// which is collected only while that is switched on.
type Kind uint32

// The sets that are read here.
const (
	KindData Kind = 1 // TcpConnectionEstatsData: bytes
	KindPath Kind = 3 // TcpConnectionEstatsPath: round-trip times and what was sent again
)

// The sizes in bytes of TCP_ESTATS_DATA_ROD_v0 and TCP_ESTATS_PATH_ROD_v0.
const (
	dataSize = 96
	pathSize = 160
)

// Size returns how many bytes the set takes.
func (k Kind) Size() int {
	if k == KindData {
		return dataSize
	}
	return pathSize
}

// Data is what Windows counts of a connection's bytes since collection was switched on.
type Data struct {
	// Received counts payload that arrived in order, Acked what was sent and acknowledged (ThruBytesReceived,
	// ThruBytesAcked of RFC 4898), both without what was sent twice.
	Received, Acked uint64
}

// ParseData reads a TCP_ESTATS_DATA_ROD_v0.
func ParseData(b []byte) (Data, error) {
	if len(b) < dataSize {
		return Data{}, fmt.Errorf("statistics of bytes: %d bytes, not %d: %w", len(b), dataSize, ErrTruncated)
	}
	return Data{Acked: binary.LittleEndian.Uint64(b[72:]), Received: binary.LittleEndian.Uint64(b[88:])}, nil
}

// Path is what Windows knows of a connection's way since collection was switched on.
type Path struct {
	// RTT is the smoothed round-trip time to the millisecond, 0 where none was measured.
	RTT time.Duration
	// Retransmits counts segments sent again.
	Retransmits uint32
}

// ParsePath reads a TCP_ESTATS_PATH_ROD_v0.
func ParsePath(b []byte) (Path, error) {
	if len(b) < pathSize {
		return Path{}, fmt.Errorf("statistics of the path: %d bytes, not %d: %w", len(b), pathSize, ErrTruncated)
	}
	return Path{
		Retransmits: binary.LittleEndian.Uint32(b[20:]),
		RTT:         time.Duration(binary.LittleEndian.Uint32(b[108:])) * time.Millisecond,
	}, nil
}

// Key returns the row by which the connection is named to Windows: a MIB_TCPROW or MIB_TCP6ROW (tcpmib.h). v6 tells
// which of the two.
func (r *Row) Key(v6 bool) []byte {
	if !v6 {
		b := make([]byte, 20)
		binary.LittleEndian.PutUint32(b, r.State)
		put(b[4:], b[8:], r.Local.Addr().AsSlice(), r.Local.Port())
		put(b[12:], b[16:], r.Remote.Addr().AsSlice(), r.Remote.Port())
		return b
	}
	b := make([]byte, 52)
	binary.LittleEndian.PutUint32(b, r.State)
	put(b[4:], b[24:], r.Local.Addr().AsSlice(), r.Local.Port())
	binary.LittleEndian.PutUint32(b[20:], r.LocalScope)
	put(b[28:], b[48:], r.Remote.Addr().AsSlice(), r.Remote.Port())
	binary.LittleEndian.PutUint32(b[44:], r.RemoteScope)
	return b
}

// put writes an address and a port where they belong.
func put(address, port, a []byte, p uint16) {
	copy(address, a)
	binary.BigEndian.PutUint16(port, p)
}
