package poller

import (
	"net/netip"
	"strconv"
)

// Protocol is a transport protocol whose sockets are listed.
type Protocol uint8

// The protocols, in the order in which they are shown.
const (
	TCP Protocol = iota + 1 // RFC 9293
	UDP                     // RFC 768
)

// String returns "tcp" or "udp", the words of the data contract, and "" for the zero value.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return ""
}

// Family is the address family a socket was made with. A v6 socket that carries v4 traffic stays IPv6.
type Family uint8

// The address families.
const (
	IPv4 Family = iota + 1
	IPv6
)

// String returns "ipv4" or "ipv6", the words of the data contract, and "" for the zero value.
func (f Family) String() string {
	switch f {
	case IPv4:
		return "ipv4"
	case IPv6:
		return "ipv6"
	}
	return ""
}

// ID names one socket for as long as it exists, on one host. On Linux it is the kernel's socket cookie
// (linux/sock_diag.h), which the socket keeps from SYN_SENT to TIME_WAIT; other sources derive it from protocol,
// both ends and PID. Zero is no socket.
type ID uint64

// String returns the ID in the form used in URLs and in data: lower-case hexadecimal without leading zeros.
func (id ID) String() string { return strconv.FormatUint(uint64(id), 16) }

// ParseID reads what [ID.String] wrote; ok is false for anything else, zero included.
func ParseID(s string) (id ID, ok bool) {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || n == 0 || ID(n).String() != s {
		return 0, false
	}
	return ID(n), true
}

// Known tells which of a socket's optional facts its source could give. A fact whose bit is not set is unknown,
// whatever its field holds; unknown is shown as a dash and sent as null, never as zero.
type Known uint16

// The optional facts.
const (
	KnownUID         Known = 1 << iota // UID
	KnownQueues                        // ReceiveQueue and SendQueue
	KnownBytes                         // BytesReceived and BytesSent
	KnownRTT                           // RTT
	KnownRetransmits                   // Retransmits
	KnownRates                         // Connection.ReceiveRate and SendRate
	KnownOpened                        // Connection.Opened
	KnownDrops                         // Drops
)

// Has reports whether every fact in want is known.
func (k Known) Has(want Known) bool { return k&want == want }

// Socket is what a source tells of one socket in one dump. It is a flat value without pointers to mutable state,
// so that a hundred thousand of them can be compared and reused cheaply.
type Socket struct {
	ID       ID
	Protocol Protocol
	Family   Family
	State    State
	Known    Known
	// Opening tells which end sent the first SYN, where the source knows.
	Opening Opening
	// V6Only is set on an IPv6 socket that takes no v4-mapped traffic (IPV6_V6ONLY).
	V6Only bool
	// Local and Remote are the two ends. A v4-mapped address is given as IPv4 with Family IPv6. An unconnected
	// socket has the unspecified address and port 0 as its Remote. Link-local addresses carry their zone.
	Local, Remote netip.AddrPort
	// Inode is the socket's number in sockfs, as in /proc/PID/fd; 0 once no descriptor refers to it.
	Inode uint32
	// UID is the user that made the socket.
	UID uint32
	// PID is the owning process where the source itself names it (Windows, macOS, gopsutil); 0 elsewhere.
	PID int32
	// ReceiveQueue and SendQueue are in bytes; for a listener they are the accept queue and its limit, in connections.
	ReceiveQueue, SendQueue uint32
	// Drops counts the datagrams that were thrown away since the socket was opened, because its receive queue was full
	// or because they were damaged (SK_MEMINFO_DROPS, linux/sock_diag.h). UDP only.
	Drops uint32
	// BytesReceived and BytesSent count payload since the socket was opened: tcpi_bytes_received, and
	// tcpi_bytes_sent less tcpi_bytes_retrans (linux/tcp.h).
	BytesReceived, BytesSent uint64
	// RTT is the smoothed round-trip time in microseconds (tcpi_rtt).
	RTT uint32
	// Retransmits counts segments sent again since the socket was opened (tcpi_total_retrans).
	Retransmits uint32
	// Created is when the system says that the socket was bound or the connection came about, in nanoseconds since 1970
	// by the wall clock; 0 where it does not say (only Windows does).
	Created int64
}

// Connected reports whether the socket has a remote end.
func (s *Socket) Connected() bool { return s.Remote.Port() != 0 }

// Opening tells which end of a TCP connection opened it (RFC 9293 section 3.5).
type Opening uint8

// The openings.
const (
	OpeningUnknown  Opening = iota
	OpenedActively          // this end sent the first SYN
	OpenedPassively         // the other end did
)
