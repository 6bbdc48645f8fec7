package explain

import (
	"math"
	"strings"

	"sockeye/poller/sockdiag"
)

// Unit is what a figure counts.
type Unit uint8

// The units. A Figure's value is a number in this unit, but for Text.
const (
	Text Unit = iota
	Milliseconds
	Bytes
	BytesPerSecond
	Segments
	Plain
)

// Figure is one fact of a socket as the kernel counts it.
type Figure struct {
	// Key is its name in data, with the unit in it; Name is that of ss or tcp_info, Label says it in words, Help in a
	// sentence.
	Key, Name, Label, Help string
	// Unit is that of Number; Words are set in its place where Unit is Text.
	Unit   Unit
	Number float64
	Words  string
	// Note says why the figure is not known; "" where it is.
	Note string
}

// Group is figures that belong together.
type Group struct {
	Title   string
	Figures []Figure
}

// older is said of a field that the kernel does not have yet.
const older = "this kernel is too old to tell it"

// sheet collects figures; length is that of the kernel's struct that the next ones need.
type sheet struct {
	info   *sockdiag.TCPInfo
	length int
	list   []Figure
}

// number adds a figure, unknown where the kernel's struct is too short.
func (s *sheet) number(key, name, label string, unit Unit, n float64, help string) {
	f := Figure{Key: key, Name: name, Label: label, Help: help, Unit: unit, Number: n}
	if s.info != nil && !s.info.Has(s.length) {
		f.Number, f.Note = 0, older
	}
	s.list = append(s.list, f)
}

// words adds a figure that is a text; "" is unknown for the reason.
func (s *sheet) words(key, name, label, text, note, help string) {
	f := Figure{Key: key, Name: name, Label: label, Help: help, Words: text}
	if text == "" {
		f.Note = note
	}
	s.list = append(s.list, f)
}

// unless makes the last figure unknown for a reason where the condition does not hold.
func (s *sheet) unless(known bool, note string) {
	if f := &s.list[len(s.list)-1]; !known && f.Note == "" {
		f.Number, f.Words, f.Note = 0, "", note
	}
}

// micro turns microseconds into milliseconds.
func micro[T uint32 | uint64](n T) float64 { return float64(n) / 1000 }

// Figures returns everything that the kernel counts of one socket, in groups. Those of TCP are there only where the
// kernel tells them: not for UDP, for listeners and in TIME_WAIT.
func Figures(d *sockdiag.Detail) []Group {
	var groups []Group
	if d.HasInfo && d.State != sockdiag.Listen {
		i := &d.TCP
		groups = append(groups,
			Group{"Time", timeFigures(i)}, Group{"Speed", speedFigures(d)}, Group{"Windows", windowFigures(d)},
			Group{"Loss", lossFigures(i)}, Group{"Traffic", trafficFigures(i)})
	}
	return append(groups, Group{"Timer", timerFigures(d)}, Group{"Socket", socketFigures(d)}, Group{"Memory", memoryFigures(d)})
}

func timeFigures(i *sockdiag.TCPInfo) []Figure {
	s := sheet{info: i, length: sockdiag.LenBasic}
	s.number("rtt_ms", "rtt", "Round trip", Milliseconds, micro(i.RTT), "Smoothed time from sending data to its confirmation.")
	s.unless(i.RTT > 0, "no round trip was measured yet")
	s.number("rtt_variance_ms", "rttvar", "Its variation", Milliseconds, micro(i.RTTVar), "How much the round trip varies.")
	s.unless(i.RTT > 0, "no round trip was measured yet")
	s.number("receive_rtt_ms", "rcv_rtt", "Round trip seen by the receiver", Milliseconds, micro(i.RcvRTT), "The same as the receiving side estimates it.")
	s.unless(i.RcvRTT > 0, "it was not estimated yet")
	s.number("rto_ms", "rto", "Waits before sending again", Milliseconds, micro(i.RTO), "Retransmission timeout: without a confirmation in this time, data is sent again.")
	s.number("ato_ms", "ato", "Delays confirmations by", Milliseconds, micro(i.ATO), "Delayed-ACK timeout: data of its own may take the confirmation along meanwhile.")
	s.unless(i.ATO > 0, "no data has come yet")
	s.length = sockdiag.LenMinRTT
	s.number("min_rtt_ms", "minrtt", "Shortest round trip", Milliseconds, micro(i.MinRTT), "The shortest of the last minutes: about what the way itself takes.")
	s.unless(i.MinRTT > 0 && i.MinRTT < math.MaxUint32, "no round trip was measured yet")
	s.length = sockdiag.LenBasic
	s.number("last_data_sent_ms", "lastsnd", "Data sent", Milliseconds, float64(i.LastDataSent), "How long ago data was sent.")
	s.number("last_data_received_ms", "lastrcv", "Data received", Milliseconds, float64(i.LastDataRecv), "How long ago data came.")
	s.number("last_ack_received_ms", "lastack", "Confirmation received", Milliseconds, float64(i.LastAckRecv), "How long ago the other end confirmed something.")
	return s.list
}

// unlimited is what the kernel says where a rate or window has no limit.
const unlimited = "there is no limit"

func speedFigures(d *sockdiag.Detail) []Figure {
	i := &d.TCP
	s := sheet{info: i, length: sockdiag.LenDelivery}
	s.number("delivery_rate", "delivery_rate", "Delivers", BytesPerSecond, float64(i.DeliveryRate), "Data that reached the other end a second, as last measured.")
	s.unless(i.DeliveryRate > 0, "it was not measured yet")
	limits := "the network"
	if i.AppLimited {
		limits = "the program, which offers no more"
	}
	s.words("delivery_limited_by", "app_limited", "Limited by", limits, "", "What kept the delivery rate from being higher.")
	s.unless(i.Has(sockdiag.LenDelivery) && i.DeliveryRate > 0, "it was not measured yet")
	s.length = sockdiag.LenPacing
	s.number("pacing_rate", "pacing_rate", "Sends at the most", BytesPerSecond, float64(i.PacingRate), "Packets are spread in time so that they do not exceed this rate.")
	s.unless(i.PacingRate < math.MaxUint64, unlimited)
	s.number("max_pacing_rate", "max_pacing_rate", "Limit set by the program", BytesPerSecond, float64(i.MaxPacingRate), "SO_MAX_PACING_RATE.")
	s.unless(i.MaxPacingRate < math.MaxUint64, unlimited)
	s.length = sockdiag.LenLimited
	s.number("busy_ms", "busy", "Was busy sending", Milliseconds, micro(i.BusyTime), "Time in which there was data on the way.")
	s.number("receive_window_limited_ms", "rwnd_limited", "Held up by the receiver", Milliseconds, micro(i.RwndLimited), "Time in which the other end took no more.")
	s.number("send_buffer_limited_ms", "sndbuf_limited", "Held up by the send buffer", Milliseconds, micro(i.SndbufLimited), "Time in which the buffer here was too small.")
	if d.HasBBR {
		s.info = nil
		s.number("bbr_bandwidth", "bbr:bw", "Bandwidth by BBR", BytesPerSecond, float64(d.BBR.Bandwidth), "What the congestion control takes the way to carry.")
		s.unless(d.BBR.Bandwidth > 0, "it was not measured yet")
		s.number("bbr_min_rtt_ms", "bbr:mrtt", "Round trip by BBR", Milliseconds, micro(d.BBR.MinRTT), "The shortest it has seen.")
		s.number("bbr_pacing_gain", "bbr:pacing_gain", "Pacing gain", Plain, float64(d.BBR.PacingGain)/256, "How much faster than the bandwidth it sends at the moment.")
		s.number("bbr_window_gain", "bbr:cwnd_gain", "Window gain", Plain, float64(d.BBR.WindowGain)/256, "How much more than the way holds it lets be on the way.")
	}
	return s.list
}

func windowFigures(d *sockdiag.Detail) []Figure {
	i := &d.TCP
	s := sheet{info: i, length: sockdiag.LenBasic}
	s.words("congestion_control", "cong", "Congestion control", d.Congestion, "the kernel does not tell it", "The method that decides how much may be on the way at once.")
	s.number("cwnd_segments", "cwnd", "Congestion window", Segments, float64(i.SndCwnd), "How many segments may be on the way at once, as the network allows.")
	s.number("ssthresh_segments", "ssthresh", "Slow start ends at", Segments, float64(i.SndSSThresh), "Below it the congestion window doubles each round trip.")
	s.unless(i.SndSSThresh < math.MaxInt32, "nothing was lost yet, so there is none")
	s.length = sockdiag.LenSndWnd
	s.number("send_window_bytes", "snd_wnd", "Window of the other end", Bytes, float64(i.SndWnd), "How much the other end is ready to take.")
	s.length = sockdiag.LenRcvWnd
	s.number("receive_window_bytes", "rcv_wnd", "Own window", Bytes, float64(i.RcvWnd), "How much this end is ready to take.")
	s.length = sockdiag.LenBasic
	s.number("receive_space_bytes", "rcv_space", "Receive space", Bytes, float64(i.RcvSpace), "What the receive buffer is tuned by.")
	s.number("receive_ssthresh_bytes", "rcv_ssthresh", "Own window may grow to", Bytes, float64(i.RcvSSThresh), "The present limit of the window that this end offers.")
	s.number("send_window_scale", "wscale", "Scale of the other's window", Plain, float64(i.SndWScale), "Windows are shifted by so many bits (RFC 7323).")
	s.unless(i.Options&sockdiag.OptWindowScale != 0, "windows are not scaled")
	s.number("receive_window_scale", "wscale", "Scale of the own window", Plain, float64(i.RcvWScale), "Windows are shifted by so many bits (RFC 7323).")
	s.unless(i.Options&sockdiag.OptWindowScale != 0, "windows are not scaled")
	s.number("mss_bytes", "mss", "Segment size", Bytes, float64(i.SndMSS), "The most that is sent in one segment.")
	s.number("receive_mss_bytes", "rcvmss", "Segment size received", Bytes, float64(i.RcvMSS), "The size of what comes, as estimated.")
	s.number("advertised_mss_bytes", "advmss", "Segment size offered", Bytes, float64(i.AdvMSS), "The most that this end offered to take in one segment.")
	s.number("pmtu_bytes", "pmtu", "Path MTU", Bytes, float64(i.PMTU), "The largest packet that the way carries in one piece.")
	s.unless(i.PMTU > 0, "it is not known yet")
	return s.list
}

func lossFigures(i *sockdiag.TCPInfo) []Figure {
	s := sheet{info: i, length: sockdiag.LenBasic}
	s.number("unacked_segments", "unacked", "On the way", Segments, float64(i.Unacked), "Sent and not confirmed yet.")
	s.number("sacked_segments", "sacked", "Confirmed out of order", Segments, float64(i.Sacked), "By selective acknowledgement (RFC 2018).")
	s.number("lost_segments", "lost", "Taken for lost", Segments, float64(i.Lost), "At this moment.")
	s.number("retransmitting_segments", "retrans", "Being sent again", Segments, float64(i.Retrans), "At this moment.")
	s.number("total_retransmits", "retrans", "Sent again", Segments, float64(i.TotalRetrans), "Since the connection was opened.")
	s.number("reordering_segments", "reordering", "Reordering allowed for", Segments, float64(i.Reordering), "So many segments may be overtaken before one is taken for lost.")
	s.length = sockdiag.LenSent
	s.number("bytes_retransmitted", "bytes_retrans", "Bytes sent again", Bytes, float64(i.BytesRetrans), "Since the connection was opened.")
	s.length = sockdiag.LenReordSeen
	s.number("duplicates", "dsack_dups", "Sent again for nothing", Segments, float64(i.DSackDups), "The other end had them already (DSACK, RFC 2883).")
	s.number("reorderings_seen", "reord_seen", "Reorderings seen", Plain, float64(i.ReordSeen), "Since the connection was opened.")
	s.length = sockdiag.LenOutOfOrder
	s.number("out_of_order_segments", "rcv_ooopack", "Came out of order", Segments, float64(i.RcvOOOPack), "Since the connection was opened.")
	s.length = sockdiag.LenDelivered
	s.number("delivered_segments", "delivered", "Delivered", Segments, float64(i.Delivered), "Segments with data that reached the other end.")
	s.number("congestion_marked_segments", "delivered_ce", "Marked as congested", Segments, float64(i.DeliveredCE), "By routers on the way (ECN, RFC 3168).")
	s.length = sockdiag.LenTotalRTO
	s.number("timeouts", "total_rto", "Timeouts", Plain, float64(i.TotalRTO), "How often nothing was confirmed in time.")
	s.number("timeout_ms", "total_rto_time", "Time lost to timeouts", Milliseconds, float64(i.TotalRTOTime), "Until the connection went on again.")
	return s.list
}

func trafficFigures(i *sockdiag.TCPInfo) []Figure {
	s := sheet{info: i, length: sockdiag.LenSent}
	s.number("bytes_sent_raw", "bytes_sent", "Bytes sent", Bytes, float64(i.BytesSent), "With those sent again.")
	s.length = sockdiag.LenBytes
	s.number("bytes_acked_raw", "bytes_acked", "Bytes confirmed", Bytes, float64(i.BytesAcked), "By the kernel's count, in which SYN and FIN are a byte each.")
	s.number("bytes_received_raw", "bytes_received", "Bytes received", Bytes, float64(i.BytesReceived), "By the kernel's count, in which the FIN is a byte.")
	s.length = sockdiag.LenMinRTT
	s.number("not_sent_bytes", "notsent", "Not sent yet", Bytes, float64(i.NotSentBytes), "Written by the program and still waiting here.")
	s.length = sockdiag.LenSegs
	s.number("segments_sent", "segs_out", "Segments sent", Segments, float64(i.SegsOut), "With empty ones.")
	s.number("segments_received", "segs_in", "Segments received", Segments, float64(i.SegsIn), "With empty ones.")
	s.length = sockdiag.LenMinRTT
	s.number("data_segments_sent", "data_segs_out", "With data sent", Segments, float64(i.DataSegsOut), "Since the connection was opened.")
	s.number("data_segments_received", "data_segs_in", "With data received", Segments, float64(i.DataSegsIn), "Since the connection was opened.")
	s.words("tcp_options", "ts sack ecn", "Agreed on", options(i.Options), "none of timestamps, SACK, window scale and ECN", "What both ends can do, found out when the connection was opened.")
	return s.list
}

// options names the bits of tcpi_options.
func options(bits uint8) string {
	var names []string
	for i, name := range [...]string{"timestamps", "SACK", "window scale", "ECN", "ECN seen", "data in SYN"} {
		if bits>>i&1 != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
