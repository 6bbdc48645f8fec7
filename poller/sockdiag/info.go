package sockdiag

// Info is what is used of struct tcp_info (linux/tcp.h). The kernel's struct grows at its end, so an older kernel
// sends less of it; the Has fields tell what was there.
type Info struct {
	// RTT is the smoothed round-trip time in microseconds (tcpi_rtt); 0 before the first measurement.
	RTT uint32
	// Unacked counts the segments that the peer has not acknowledged yet (tcpi_unacked); of a listener it is the length
	// of the accept queue.
	Unacked uint32
	// TotalRetrans counts segments sent again (tcpi_total_retrans).
	TotalRetrans uint32
	// BytesAcked and BytesReceived count sequence numbers acknowledged by the peer and taken from it (RFC 4898);
	// a SYN or FIN counts as one. Valid with HasBytes (Linux 4.1).
	BytesAcked, BytesReceived uint64
	// BytesSent counts payload bytes sent, BytesRetrans those of them that were repetitions. Valid with HasSent
	// (Linux 4.19).
	BytesSent, BytesRetrans uint64
	HasBytes, HasSent       bool
}

// Where the fields of struct tcp_info begin, in bytes.
const (
	infoUnacked       = 24
	infoRTT           = 68
	infoTotalRetrans  = 100
	infoBasicLen      = 104 // the struct of Linux 2.6 ends here
	infoBytesAcked    = 120
	infoBytesReceived = 128
	infoBytesLen      = 136
	infoBytesSent     = 200
	infoBytesRetrans  = 208
	infoSentLen       = 216
)

// parse reads as much of struct tcp_info as b holds and reports whether it held the basic part.
func (i *Info) parse(b []byte) bool {
	*i = Info{}
	if len(b) < infoBasicLen {
		return false
	}
	i.Unacked, i.RTT, i.TotalRetrans = order.Uint32(b[infoUnacked:]), order.Uint32(b[infoRTT:]), order.Uint32(b[infoTotalRetrans:])
	if i.HasBytes = len(b) >= infoBytesLen; i.HasBytes {
		i.BytesAcked, i.BytesReceived = order.Uint64(b[infoBytesAcked:]), order.Uint64(b[infoBytesReceived:])
	}
	if i.HasSent = len(b) >= infoSentLen; i.HasSent {
		i.BytesSent, i.BytesRetrans = order.Uint64(b[infoBytesSent:]), order.Uint64(b[infoBytesRetrans:])
	}
	return true
}

// append appends a struct tcp_info that parses to i, as long as the kernel version that has i's fields sends it.
func (i *Info) append(dst []byte) []byte {
	n := infoBasicLen
	if i.HasBytes {
		n = infoBytesLen
	}
	if i.HasSent {
		n = infoSentLen
	}
	b := make([]byte, infoSentLen)
	order.PutUint32(b[infoUnacked:], i.Unacked)
	order.PutUint32(b[infoRTT:], i.RTT)
	order.PutUint32(b[infoTotalRetrans:], i.TotalRetrans)
	order.PutUint64(b[infoBytesAcked:], i.BytesAcked)
	order.PutUint64(b[infoBytesReceived:], i.BytesReceived)
	order.PutUint64(b[infoBytesSent:], i.BytesSent)
	order.PutUint64(b[infoBytesRetrans:], i.BytesRetrans)
	return append(dst, b[:n]...)
}
