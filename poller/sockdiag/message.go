package sockdiag

import (
	"encoding/binary"
	"fmt"
)

// MessageType is the type of a netlink message (linux/netlink.h).
type MessageType uint16

// The message types that a dump can hold.
const (
	TypeNoop         MessageType = 1  // NLMSG_NOOP
	TypeError        MessageType = 2  // NLMSG_ERROR
	TypeDone         MessageType = 3  // NLMSG_DONE
	TypeOverrun      MessageType = 4  // NLMSG_OVERRUN
	TypeTCPDiag      MessageType = 18 // TCPDIAG_GETSOCK
	TypeSockByFamily MessageType = 20 // SOCK_DIAG_BY_FAMILY
)

// The flags of a netlink message that matter here (linux/netlink.h).
const (
	flagRequest         uint16 = 0x1
	flagDumpInterrupted uint16 = 0x10
	flagDump            uint16 = 0x300
)

const headerLen = 16

var order = binary.NativeEndian

// Header is the fixed part of a netlink message, struct nlmsghdr.
type Header struct {
	Length   uint32 // of the whole message, header included
	Type     MessageType
	Flags    uint16
	Sequence uint32
	PortID   uint32
}

// Interrupted reports whether the kernel saw its table change in a way that makes this dump inconsistent
// (NLM_F_DUMP_INTR).
func (h Header) Interrupted() bool { return h.Flags&flagDumpInterrupted != 0 }

// NextMessage splits the first netlink message off b and returns its header, its payload, which shares b's memory,
// and what follows it, aligned to 4 bytes. A length that is shorter than a header or longer than b is an error.
func NextMessage(b []byte) (h Header, payload, rest []byte, err error) {
	if len(b) < headerLen {
		return h, nil, nil, fmt.Errorf("netlink header: %w: %d bytes", ErrShort, len(b))
	}
	h = Header{
		Length:   order.Uint32(b[0:]),
		Type:     MessageType(order.Uint16(b[4:])),
		Flags:    order.Uint16(b[6:]),
		Sequence: order.Uint32(b[8:]),
		PortID:   order.Uint32(b[12:]),
	}
	if h.Length < headerLen || uint64(h.Length) > uint64(len(b)) {
		return h, nil, nil, fmt.Errorf("netlink message: %w: length %d of %d bytes", ErrShort, h.Length, len(b))
	}
	next := min(align(int(h.Length)), len(b))
	return h, b[headerLen:h.Length], b[next:], nil
}

// AppendMessage appends a whole netlink message with the given header and payload to dst, padded to 4 bytes. The
// header's Length is computed.
func AppendMessage(dst []byte, h Header, payload []byte) []byte {
	dst = order.AppendUint32(dst, uint32(headerLen+len(payload)))
	dst = order.AppendUint16(dst, uint16(h.Type))
	dst = order.AppendUint16(dst, h.Flags)
	dst = order.AppendUint32(dst, h.Sequence)
	dst = order.AppendUint32(dst, h.PortID)
	return pad(append(dst, payload...), len(payload))
}

// align rounds n up to a multiple of 4, as NLMSG_ALIGN and NLA_ALIGN do.
func align(n int) int { return (n + 3) &^ 3 }

// pad appends the zero bytes that bring n to a multiple of 4.
func pad(dst []byte, n int) []byte {
	for ; n%4 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}
