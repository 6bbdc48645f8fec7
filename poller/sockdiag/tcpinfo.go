package sockdiag

// TCPInfo is struct tcp_info (linux/tcp.h) as a whole, in the kernel's units: times in milliseconds, round-trip times
// and the Busy and Limited times in microseconds, rates in bytes per second, windows in segments where nothing else is
// said. The struct grows at its end with the kernel; Len says how much of it was there, and [TCPInfo.Has] whether a
// field was among it. A field that was not there is 0 and means nothing.
type TCPInfo struct {
	// Len is how many bytes the kernel sent.
	Len int

	State, CAState, Retransmits, Probes, Backoff, Options uint8
	SndWScale, RcvWScale                                  uint8
	AppLimited                                            bool  // tcpi_delivery_rate_app_limited
	FastOpenFail                                          uint8 // tcpi_fastopen_client_fail

	RTO, ATO                                   uint32 // microseconds
	SndMSS, RcvMSS                             uint32 // bytes
	Unacked, Sacked, Lost, Retrans             uint32 // segments
	LastDataSent, LastDataRecv, LastAckRecv    uint32 // milliseconds ago
	PMTU, RcvSSThresh                          uint32 // bytes
	RTT, RTTVar                                uint32 // microseconds
	SndSSThresh, SndCwnd, AdvMSS, Reordering   uint32
	RcvRTT, RcvSpace, TotalRetrans             uint32 // microseconds, bytes, segments
	PacingRate, MaxPacingRate                  uint64
	BytesAcked, BytesReceived                  uint64
	SegsOut, SegsIn                            uint32
	NotSentBytes, MinRTT                       uint32 // bytes, microseconds
	DataSegsIn, DataSegsOut                    uint32
	DeliveryRate                               uint64
	BusyTime, RwndLimited, SndbufLimited       uint64 // microseconds
	Delivered, DeliveredCE                     uint32
	BytesSent, BytesRetrans                    uint64
	DSackDups, ReordSeen, RcvOOOPack, SndWnd   uint32
	RcvWnd, Rehash                             uint32
	TotalRTO, TotalRTORecoveries, TotalRTOTime uint32 // times, times, milliseconds
}

// The lengths of struct tcp_info up to and with some of its fields, for [TCPInfo.Has].
const (
	LenBasic      = infoBasicLen // Linux 2.6
	LenPacing     = 120          // Linux 3.15
	LenBytes      = infoBytesLen // Linux 4.1
	LenSegs       = 144          // Linux 4.2
	LenMinRTT     = 160          // Linux 4.6
	LenDelivery   = 168          // Linux 4.9
	LenLimited    = 192          // Linux 4.10
	LenDelivered  = 200          // Linux 4.18
	LenSent       = infoSentLen  // Linux 4.19
	LenReordSeen  = 224          // Linux 4.19
	LenOutOfOrder = 228          // Linux 5.4
	LenSndWnd     = 232          // Linux 5.4
	LenRcvWnd     = 240          // Linux 6.2
	LenTotalRTO   = 248          // Linux 6.7
	infoFullLen   = LenTotalRTO
)

// Has reports whether the kernel sent the struct up to a length, one of the Len constants.
func (i *TCPInfo) Has(length int) bool { return i.Len >= length }

// The bits of TCPInfo.Options (TCPI_OPT_, linux/tcp.h).
const (
	OptTimestamps uint8 = 1 << iota
	OptSACK
	OptWindowScale
	OptECN
	OptECNSeen
	OptSynData
)

// parse reads as much of struct tcp_info as b holds and reports whether it held the basic part. What follows the
// fields known here is passed over.
func (i *TCPInfo) parse(b []byte) bool {
	*i = TCPInfo{}
	if len(b) < infoBasicLen {
		return false
	}
	i.Len = min(len(b), infoFullLen)
	var whole [infoFullLen]byte // what the kernel did not send is zero
	copy(whole[:], b)
	r := fields{b: whole[:]}
	i.State, i.CAState, i.Retransmits, i.Probes, i.Backoff, i.Options = r.u8(), r.u8(), r.u8(), r.u8(), r.u8(), r.u8()
	scales, flags := r.u8(), r.u8()
	i.SndWScale, i.RcvWScale = scales&0xf, scales>>4
	i.AppLimited, i.FastOpenFail = flags&1 != 0, flags>>1&3
	i.RTO, i.ATO, i.SndMSS, i.RcvMSS = r.u32(), r.u32(), r.u32(), r.u32()
	i.Unacked, i.Sacked, i.Lost, i.Retrans = r.u32(), r.u32(), r.u32(), r.u32()
	r.u32() // tcpi_fackets, unused since Linux 4.15
	i.LastDataSent = r.u32()
	r.u32() // tcpi_last_ack_sent is never set
	i.LastDataRecv, i.LastAckRecv = r.u32(), r.u32()
	i.PMTU, i.RcvSSThresh, i.RTT, i.RTTVar = r.u32(), r.u32(), r.u32(), r.u32()
	i.SndSSThresh, i.SndCwnd, i.AdvMSS, i.Reordering = r.u32(), r.u32(), r.u32(), r.u32()
	i.RcvRTT, i.RcvSpace, i.TotalRetrans = r.u32(), r.u32(), r.u32()
	i.parseLater(&r)
	return true
}

// parseLater reads what came after Linux 2.6.
func (i *TCPInfo) parseLater(r *fields) {
	i.PacingRate, i.MaxPacingRate, i.BytesAcked, i.BytesReceived = r.u64(), r.u64(), r.u64(), r.u64()
	i.SegsOut, i.SegsIn, i.NotSentBytes, i.MinRTT = r.u32(), r.u32(), r.u32(), r.u32()
	i.DataSegsIn, i.DataSegsOut, i.DeliveryRate = r.u32(), r.u32(), r.u64()
	i.BusyTime, i.RwndLimited, i.SndbufLimited = r.u64(), r.u64(), r.u64()
	i.Delivered, i.DeliveredCE, i.BytesSent, i.BytesRetrans = r.u32(), r.u32(), r.u64(), r.u64()
	i.DSackDups, i.ReordSeen, i.RcvOOOPack, i.SndWnd = r.u32(), r.u32(), r.u32(), r.u32()
	i.RcvWnd, i.Rehash = r.u32(), r.u32()
	i.TotalRTO, i.TotalRTORecoveries, i.TotalRTOTime = uint32(r.u16()), uint32(r.u16()), r.u32()
}

// fields reads the fields of a struct one after the other. Each stands where its size divides its place.
type fields struct {
	b []byte
	n int
}

func (r *fields) u8() uint8 {
	r.n++
	return r.b[r.n-1]
}

func (r *fields) u16() uint16 {
	r.n += 2
	return order.Uint16(r.b[r.n-2:])
}

func (r *fields) u32() uint32 {
	r.n += 4
	return order.Uint32(r.b[r.n-4:])
}

func (r *fields) u64() uint64 {
	r.n += 8
	return order.Uint64(r.b[r.n-8:])
}
