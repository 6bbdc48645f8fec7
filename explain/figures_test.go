package explain

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"sockeye/poller/sockdiag"
)

// detail is a connection of which everything is told.
func detail() *sockdiag.Detail {
	d := &sockdiag.Detail{Congestion: "cubic", HasTOS: true, HasMemory: true, HasShutdown: true, Shutdown: 2, HasMark: true, Mark: 16}
	d.Family, d.State, d.HasInfo, d.HasCgroup, d.Inode = sockdiag.FamilyIPv4, sockdiag.Established, true, true, 7
	d.Timer, d.Expires, d.Retrans = sockdiag.TimerRetransmit, 1500, 3
	d.TCP = sockdiag.TCPInfo{
		Len: sockdiag.LenTotalRTO, RTT: 12_500, RTO: 204_000, ATO: 40_000, SndMSS: 1448, SndCwnd: 10, SndSSThresh: 7,
		MinRTT: 9_000, PacingRate: 2e6, MaxPacingRate: math.MaxUint64, DeliveryRate: 1e6, AppLimited: true, PMTU: 1500,
		Options: sockdiag.OptSACK | sockdiag.OptTimestamps | sockdiag.OptWindowScale, SndWScale: 7, Lost: 2, Reordering: 3,
	}
	return d
}

// named returns the figure with a key.
func named(t *testing.T, groups []Group, key string) Figure {
	t.Helper()
	for _, g := range groups {
		for _, f := range g.Figures {
			if f.Key == key {
				return f
			}
		}
	}
	t.Fatalf("no figure %s", key)
	return Figure{}
}

// TestFigures: the kernel's units become ours.
func TestFigures(t *testing.T) {
	groups := Figures(detail())
	for key, want := range map[string]float64{
		"rtt_ms": 12.5, "rto_ms": 204, "ato_ms": 40, "min_rtt_ms": 9, "mss_bytes": 1448, "cwnd_segments": 10, "ssthresh_segments": 7,
		"delivery_rate": 1e6, "pacing_rate": 2e6, "pmtu_bytes": 1500, "lost_segments": 2, "reordering_segments": 3,
		"timer_ms": 1500, "timer_retries": 3, "send_window_scale": 7, "inode": 7,
	} {
		if f := named(t, groups, key); f.Number != want || f.Note != "" {
			t.Errorf("%s: %+v, want %v", key, f, want)
		}
	}
	for key, want := range map[string]string{
		"congestion_control": "cubic", "timer": "sending again", "shutdown": "sending", "mark": "0x10",
		"tcp_options": "timestamps, SACK, window scale", "delivery_limited_by": "the program, which offers no more", "tos": "0x00 (best effort)",
	} {
		if f := named(t, groups, key); f.Words != want || f.Note != "" {
			t.Errorf("%s: %+v, want %q", key, f, want)
		}
	}
}

// TestFiguresUnknown: what the kernel cannot say, or says with a number that stands for nothing, is unknown with a reason.
func TestFiguresUnknown(t *testing.T) {
	d := detail()
	d.TCP.RTT, d.TCP.SndSSThresh, d.TCP.MinRTT, d.TCP.PacingRate = 0, math.MaxInt32, math.MaxUint32, math.MaxUint64
	d.HasMark, d.HasMemory, d.Timer, d.Inode, d.Congestion = false, false, 0, 0, ""
	groups := Figures(d)
	for _, key := range []string{
		"rtt_ms", "ssthresh_segments", "min_rtt_ms", "pacing_rate", "max_pacing_rate", "mark", "timer", "timer_ms", "inode",
		"memory_receive_bytes", "drops", "congestion_control", "socket_options",
	} {
		if f := named(t, groups, key); f.Note == "" || f.Number != 0 || f.Words != "" {
			t.Errorf("%s: %+v", key, f)
		}
	}
	old := detail()
	old.TCP.Len = sockdiag.LenBasic
	groups = Figures(old)
	for _, key := range []string{"delivery_rate", "bytes_sent_raw", "send_window_bytes", "timeouts", "min_rtt_ms", "delivery_limited_by"} {
		if f := named(t, groups, key); f.Note == "" || f.Number != 0 {
			t.Errorf("old kernel: %s: %+v", key, f)
		}
	}
	if f := named(t, groups, "rtt_ms"); f.Number != 12.5 {
		t.Errorf("old kernel: %+v", f)
	}
}

// TestFiguresOfOthers: UDP, listeners and TIME_WAIT have no figures of TCP.
func TestFiguresOfOthers(t *testing.T) {
	udp := &sockdiag.Detail{}
	listener := detail()
	listener.State = sockdiag.Listen
	for _, d := range []*sockdiag.Detail{udp, listener} {
		for _, g := range Figures(d) {
			if g.Title == "Loss" || g.Title == "Time" {
				t.Errorf("state %d has %s", d.State, g.Title)
			}
		}
	}
}

// TestFigureNames: keys are one of a kind and say their unit; every figure is explained.
func TestFigureNames(t *testing.T) {
	key, seen := regexp.MustCompile(`^[a-z0-9]+(_[a-z]+)*$`), map[string]bool{}
	d := detail()
	d.HasBBR = true
	six := detail()
	six.Family, six.HasTOS, six.HasTClass = sockdiag.FamilyIPv6, false, true
	for _, g := range append(Figures(d), Group{"", onlyIPv6(socketFigures(six))}) {
		for _, f := range g.Figures {
			if !key.MatchString(f.Key) || seen[f.Key] || f.Label == "" || f.Name == "" || !strings.HasSuffix(f.Help, ".") {
				t.Errorf("%+v", f)
			}
			seen[f.Key] = true
			if (f.Unit == Milliseconds) != strings.HasSuffix(f.Key, "_ms") {
				t.Errorf("%s does not say its unit", f.Key)
			}
		}
	}
}

// onlyIPv6 returns the figures that only an IPv6 socket has.
func onlyIPv6(all []Figure) (list []Figure) {
	for _, f := range all {
		if f.Key == "traffic_class" || f.Key == "ipv6_only" {
			list = append(list, f)
		}
	}
	return list
}

// TestGains: BBR's gains are in 1/256.
func TestGains(t *testing.T) {
	d := detail()
	d.HasBBR, d.BBR = true, sockdiag.BBR{Bandwidth: 5, MinRTT: 9_000, PacingGain: 739, WindowGain: 512}
	groups := Figures(d)
	if f := named(t, groups, "bbr_window_gain"); f.Number != 2 {
		t.Errorf("%+v", f)
	}
	if f := named(t, groups, "bbr_bandwidth"); f.Number != 5 {
		t.Errorf("%+v", f)
	}
}
