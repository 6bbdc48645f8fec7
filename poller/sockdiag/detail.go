package sockdiag

import "fmt"

// The attributes that are asked for with one socket alone (linux/inet_diag.h).
const (
	attrCong      = 4  // INET_DIAG_CONG
	attrTOS       = 5  // INET_DIAG_TOS
	attrTClass    = 6  // INET_DIAG_TCLASS
	attrSkMemInfo = 7  // INET_DIAG_SKMEMINFO
	attrShutdown  = 8  // INET_DIAG_SHUTDOWN
	attrMark      = 15 // INET_DIAG_MARK
	attrBBR       = 16 // INET_DIAG_BBRINFO
	attrSockOpt   = 22 // INET_DIAG_SOCKOPT
)

// withAll asks for every attribute that can be asked for: the eight bits of idiag_ext.
const withAll uint8 = 0xff

// The values of Record.Timer (inet_diag_msg.idiag_timer, net/ipv4/inet_diag.c).
const (
	TimerNone       uint8 = 0
	TimerRetransmit uint8 = 1 // of data, of a tail loss probe or of reordering
	TimerKeepalive  uint8 = 2 // of keep-alive, of an embryonic connection or of FIN_WAIT_2
	TimerProbe      uint8 = 4 // of a window that is closed
)

// Detail is everything the kernel tells of one socket. The Has fields tell what was there.
type Detail struct {
	Record
	// TCP is valid where Record.HasInfo is set.
	TCP TCPInfo
	// Congestion is the name of the congestion control, "" where there is none.
	Congestion string
	// TOS is the type of service of IPv4, TClass the traffic class of IPv6.
	TOS, TClass       uint8
	HasTOS, HasTClass bool
	// Memory is that of the socket's buffers, in bytes.
	Memory    Memory
	HasMemory bool
	// Shutdown is 1 where the socket takes no more, 2 where it sends no more, 3 for both.
	Shutdown    uint8
	HasShutdown bool
	// Mark is told only to who may administer the network.
	Mark    uint32
	HasMark bool
	// BBR is what the congestion control of this name thinks of the path.
	BBR    BBR
	HasBBR bool
	// Options are the socket options that inet_diag_sockopt has, by their place in its bits; [OptionNames] names them.
	Options    uint16
	HasOptions bool
}

// Memory is INET_DIAG_SKMEMINFO (linux/sock_diag.h), in bytes; Drops counts packets.
type Memory struct {
	Receive, ReceiveLimit, Send, SendLimit, Forward, Queued, Options, Backlog, Drops uint32
}

// BBR is struct tcp_bbr_info (linux/inet_diag.h): bytes per second, microseconds, and gains in 1/256.
type BBR struct {
	Bandwidth                      uint64
	MinRTT, PacingGain, WindowGain uint32
}

// optionNames are the bits of struct inet_diag_sockopt (linux/inet_diag.h), by their place.
var optionNames = [...]string{
	"recverr", "is_icsk", "freebind", "hdrincl", "mc_loop", "transparent", "mc_all", "nodefrag",
	"bind_address_no_port", "recverr_rfc4884", "defer_connect",
}

// OptionNames returns the names of the socket options that are set, in the kernel's order. That a socket is of a
// connection-oriented protocol (is_icsk) is no option of it and left out.
func (d *Detail) OptionNames() []string {
	var names []string
	for i, name := range optionNames {
		if d.Options>>i&1 != 0 && name != "is_icsk" {
			names = append(names, name)
		}
	}
	return names
}

// ParseDetail reads the payload of a SOCK_DIAG_BY_FAMILY message into d, which it overwrites. It fails where
// [ParseRecord] does; attributes that are too short or not known are passed over.
func ParseDetail(b []byte, d *Detail) error {
	*d = Detail{}
	if err := ParseRecord(b, &d.Record); err != nil {
		return err
	}
	for b = b[recordLen:]; len(b) >= attrLen; {
		n, kind := int(order.Uint16(b)), order.Uint16(b[2:])&attrTypeMask
		if n < attrLen || n > len(b) { // cannot be: ParseRecord has read the chain
			return fmt.Errorf("inet_diag attribute %d: %w: length %d of %d bytes", kind, ErrShort, n, len(b))
		}
		d.set(kind, b[attrLen:n])
		b = b[min(align(n), len(b)):]
	}
	return nil
}

// set takes over one attribute.
func (d *Detail) set(kind uint16, v []byte) {
	switch {
	case kind == attrInfo:
		d.TCP.parse(v)
	case kind == attrCong:
		d.Congestion = untilZero(v)
	case kind == attrTOS && len(v) >= 1:
		d.TOS, d.HasTOS = v[0], true
	case kind == attrTClass && len(v) >= 1:
		d.TClass, d.HasTClass = v[0], true
	case kind == attrShutdown && len(v) >= 1:
		d.Shutdown, d.HasShutdown = v[0], true
	case kind == attrMark && len(v) >= 4:
		d.Mark, d.HasMark = order.Uint32(v), true
	case kind == attrSockOpt && len(v) >= 2:
		d.Options, d.HasOptions = order.Uint16(v), true
	case kind == attrSkMemInfo && len(v) >= 36:
		r := fields{b: v}
		d.HasMemory = true
		d.Memory = Memory{r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32()}
	case kind == attrBBR && len(v) >= 20:
		r := fields{b: v}
		low, high := uint64(r.u32()), uint64(r.u32())
		d.BBR, d.HasBBR = BBR{high<<32 | low, r.u32(), r.u32(), r.u32()}, true
	}
}

// untilZero returns the text before the first zero byte.
func untilZero(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
