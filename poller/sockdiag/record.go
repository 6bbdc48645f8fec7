package sockdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// The attributes that can follow a record (linux/inet_diag.h).
const (
	attrInfo     = 2  // INET_DIAG_INFO
	attrMemory   = 7  // INET_DIAG_SKMEMINFO
	attrProtocol = 10 // INET_DIAG_PROTOCOL: in events, the IP protocol
	attrV6Only   = 11 // INET_DIAG_SKV6ONLY
	attrCgroupID = 21 // INET_DIAG_CGROUP_ID
)

const (
	recordLen = 72 // struct inet_diag_msg
	attrLen   = 4  // struct nlattr
	// memoryDrops is where SK_MEMINFO_DROPS begins, in bytes: the ninth of an array of 32-bit numbers.
	memoryDrops = 8 * 4
	// attrTypeMask takes the nested and byte-order flags off an attribute's type (NLA_TYPE_MASK).
	attrTypeMask = 0x3fff
)

// The kernel's TCP states (net/tcp_states.h).
const (
	Established   uint8 = 1
	SynSent       uint8 = 2
	SynRecv       uint8 = 3
	FinWait1      uint8 = 4
	FinWait2      uint8 = 5
	TimeWait      uint8 = 6
	Close         uint8 = 7
	CloseWait     uint8 = 8
	LastAck       uint8 = 9
	Listen        uint8 = 10
	Closing       uint8 = 11
	NewSynRecv    uint8 = 12
	BoundInactive uint8 = 13
)

// TimerTimeWait is the value of Record.Timer for a socket that waits out TIME_WAIT or FIN_WAIT_2 without a struct
// sock: such a socket has neither a user nor an inode, and its zeros mean nothing.
const TimerTimeWait uint8 = 3

// Record is one socket as the kernel tells it: struct inet_diag_msg and the attributes after it.
type Record struct {
	Family, State  uint8
	Timer, Retrans uint8
	// Source and Destination are the local and the remote end, as they are on the wire: a v4-mapped address is left
	// as it is, and no zone is set.
	Source, Destination netip.AddrPort
	// Interface is the index of the interface the socket is bound to, 0 for none.
	Interface uint32
	// Cookie is the kernel's lasting identity of the socket.
	Cookie uint64
	// Expires is the time to the running timer's end in milliseconds.
	Expires                   uint32
	ReceiveQueue, SendQueue   uint32
	UID, Inode                uint32
	V6Only                    bool
	CgroupID                  uint64
	HasInfo, HasV6, HasCgroup bool
	// Protocol is the IP protocol, told only of sockets that end; 0 elsewhere.
	Protocol uint8
	// Drops counts the datagrams that the socket had no room for or that were damaged (SK_MEMINFO_DROPS,
	// linux/sock_diag.h). Valid with HasDrops (Linux 4.12).
	Drops    uint32
	HasDrops bool
	// Info is valid where HasInfo is set.
	Info Info
}

// ParseRecord reads the payload of a SOCK_DIAG_BY_FAMILY message into r, which it overwrites. It fails on a payload
// that is shorter than the fixed part, on an unknown family and on an attribute that does not fit. Attributes it does
// not know are passed over.
func ParseRecord(b []byte, r *Record) error {
	if len(b) < recordLen {
		return fmt.Errorf("inet_diag record: %w: %d bytes", ErrShort, len(b))
	}
	*r = Record{Family: b[0], State: b[1], Timer: b[2], Retrans: b[3]}
	id := b[4 : 4+socketIDLen]
	source, ok := address(r.Family, id[4:20])
	destination, _ := address(r.Family, id[20:36])
	if !ok {
		return fmt.Errorf("inet_diag record: %w %d", ErrFamily, r.Family)
	}
	r.Source = netip.AddrPortFrom(source, binary.BigEndian.Uint16(id[0:]))
	r.Destination = netip.AddrPortFrom(destination, binary.BigEndian.Uint16(id[2:]))
	r.Interface = order.Uint32(id[36:])
	r.Cookie = uint64(order.Uint32(id[40:])) | uint64(order.Uint32(id[44:]))<<32
	tail := b[4+socketIDLen:]
	r.Expires, r.ReceiveQueue, r.SendQueue = order.Uint32(tail[0:]), order.Uint32(tail[4:]), order.Uint32(tail[8:])
	r.UID, r.Inode = order.Uint32(tail[12:]), order.Uint32(tail[16:])
	return r.parseAttributes(b[recordLen:])
}

// parseAttributes reads the chain of struct nlattr after the fixed part.
func (r *Record) parseAttributes(b []byte) error {
	for len(b) >= attrLen {
		n, kind := int(order.Uint16(b)), order.Uint16(b[2:])&attrTypeMask
		if n < attrLen || n > len(b) {
			return fmt.Errorf("inet_diag attribute %d: %w: length %d of %d bytes", kind, ErrShort, n, len(b))
		}
		r.setAttribute(kind, b[attrLen:n])
		b = b[min(align(n), len(b)):]
	}
	return nil
}

// setAttribute takes over one attribute; one that is shorter than its type is passed over as unknown.
func (r *Record) setAttribute(kind uint16, value []byte) {
	switch {
	case kind == attrInfo:
		r.HasInfo = r.Info.parse(value)
	case kind == attrMemory && len(value) >= memoryDrops+4:
		r.HasDrops, r.Drops = true, order.Uint32(value[memoryDrops:])
	case kind == attrProtocol && len(value) >= 1:
		r.Protocol = value[0]
	case kind == attrV6Only && len(value) >= 1:
		r.HasV6, r.V6Only = true, value[0] != 0
	case kind == attrCgroupID && len(value) >= 8:
		r.HasCgroup, r.CgroupID = true, order.Uint64(value)
	}
}

// AppendRecord appends r in wire format to dst: what [ParseRecord] reads back to the same value. It serves fakes of
// the kernel in tests.
func AppendRecord(dst []byte, r *Record) []byte {
	dst = append(dst, r.Family, r.State, r.Timer, r.Retrans)
	dst = binary.BigEndian.AppendUint16(dst, r.Source.Port())
	dst = binary.BigEndian.AppendUint16(dst, r.Destination.Port())
	dst = appendAddress(dst, r.Source.Addr())
	dst = appendAddress(dst, r.Destination.Addr())
	dst = order.AppendUint32(dst, r.Interface)
	dst = order.AppendUint32(dst, uint32(r.Cookie))
	dst = order.AppendUint32(dst, uint32(r.Cookie>>32))
	for _, v := range [...]uint32{r.Expires, r.ReceiveQueue, r.SendQueue, r.UID, r.Inode} {
		dst = order.AppendUint32(dst, v)
	}
	if r.HasInfo {
		dst = appendAttribute(dst, attrInfo, r.Info.append(nil))
	}
	if r.HasDrops {
		dst = appendAttribute(dst, attrMemory, order.AppendUint32(make([]byte, memoryDrops), r.Drops))
	}
	if r.Protocol != 0 {
		dst = appendAttribute(dst, attrProtocol, []byte{r.Protocol})
	}
	if r.HasV6 {
		dst = appendAttribute(dst, attrV6Only, []byte{boolByte(r.V6Only)})
	}
	if r.HasCgroup {
		dst = appendAttribute(dst, attrCgroupID, order.AppendUint64(nil, r.CgroupID))
	}
	return dst
}

func appendAttribute(dst []byte, kind uint16, value []byte) []byte {
	dst = order.AppendUint16(dst, uint16(attrLen+len(value)))
	dst = order.AppendUint16(dst, kind)
	return pad(append(dst, value...), len(value))
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// address reads the first 4 bytes or all 16, as the family has it; the family is never guessed from the bytes.
func address(family uint8, b []byte) (netip.Addr, bool) {
	switch family {
	case FamilyIPv4:
		return netip.AddrFrom4([4]byte(b[:4])), true
	case FamilyIPv6:
		return netip.AddrFrom16([16]byte(b[:16])), true
	}
	return netip.Addr{}, false
}

// appendAddress appends the 16 bytes of an address field; those an IPv4 address leaves over are zero.
func appendAddress(dst []byte, a netip.Addr) []byte {
	var field [16]byte
	copy(field[:], a.AsSlice())
	return append(dst, field[:]...)
}
