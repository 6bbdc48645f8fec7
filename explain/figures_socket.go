package explain

import (
	"fmt"
	"strconv"
	"strings"

	"sockeye/poller/sockdiag"
)

// timerNames are the kernel's timers in words.
var timerNames = map[uint8]string{
	sockdiag.TimerRetransmit: "sending again", sockdiag.TimerKeepalive: "keep-alive",
	sockdiag.TimerTimeWait: "waiting out the state", sockdiag.TimerProbe: "asking whether the window is open",
}

// noTimer is said where no timer runs.
const noTimer = "no timer runs"

func timerFigures(d *sockdiag.Detail) []Figure {
	s := sheet{}
	running := d.Timer != sockdiag.TimerNone
	s.words("timer", "timer", "Timer", timerNames[d.Timer], noTimer, "What the system waits for.")
	s.number("timer_ms", "timer", "Ends in", Milliseconds, float64(d.Expires), "When the system does something by itself.")
	s.unless(running, noTimer)
	s.number("timer_retries", "timer", "Tries in a row", Plain, float64(d.Retrans), "How often it was sent again or asked for without an answer.")
	if d.HasInfo {
		s.number("backoff", "backoff", "Wait was doubled", Plain, float64(d.TCP.Backoff), "How often the time before the next try was doubled.")
		s.number("probes", "probes", "Probes without an answer", Plain, float64(d.TCP.Probes), "Of a closed window, or whether the other end is there.")
	}
	return s.list
}

// shutdowns are the values of sk_shutdown in words.
var shutdowns = [...]string{"neither direction", "receiving", "sending", "both directions"}

// dscp names the classes of service of RFC 2474 and RFC 2597 that are used most, by the upper six bits.
var dscp = map[uint8]string{0: "best effort", 4: "low delay (old TOS)", 8: "CS1, background", 10: "AF11", 18: "AF21", 34: "AF41", 46: "EF, voice", 48: "CS6"}

// service describes a TOS or traffic class byte.
func service(b uint8) string {
	text := fmt.Sprintf("0x%02x", b)
	if name := dscp[b>>2]; name != "" {
		text += " (" + name + ")"
	}
	return text
}

func socketFigures(d *sockdiag.Detail) []Figure {
	s := sheet{}
	if d.Family == sockdiag.FamilyIPv4 || d.HasTOS && !d.HasTClass {
		s.words("tos", "tos", "Type of service", service(d.TOS), "", "How routers are asked to treat its packets (IP_TOS).")
		s.unless(d.HasTOS, "the kernel does not tell it of this socket")
	} else {
		s.words("traffic_class", "tclass", "Traffic class", service(d.TClass), "", "How routers are asked to treat its packets (IPV6_TCLASS).")
		s.unless(d.HasTClass, "the kernel does not tell it of this socket")
	}
	s.words("shutdown", "shutdown", "Shut down", shutdowns[d.Shutdown&3], "", "The directions that were ended here.")
	s.unless(d.HasShutdown, "the kernel does not tell it of this socket")
	s.words("mark", "fwmark", "Mark", fmt.Sprintf("0x%x", d.Mark), "", "What firewall and routing rules know it by (SO_MARK).")
	s.unless(d.HasMark, "it is told only to who may administer the network (CAP_NET_ADMIN)")
	s.words("cgroup_id", "cgroup", "Control group", strconv.FormatUint(d.CgroupID, 10), "", "The id of the cgroup that made it.")
	s.unless(d.HasCgroup, "the kernel does not tell it of this socket")
	if d.Family == sockdiag.FamilyIPv6 {
		only := map[bool]string{true: "yes", false: "no, it takes IPv4 as well"}[d.V6Only]
		s.words("ipv6_only", "v6only", "IPv6 only", only, "", "Whether it takes no IPv4 (IPV6_V6ONLY).")
		s.unless(d.HasV6, "the kernel does not tell it of this socket")
	}
	s.words("socket_options", "inet-sockopt", "Options", strings.Join(d.OptionNames(), ", "), "none of those that the kernel tells is set", "Options that the program set.")
	s.number("inode", "ino", "Inode", Plain, float64(d.Inode), "The number of the socket in /proc/PID/fd.")
	s.unless(d.Inode != 0, "no descriptor refers to it any more")
	s.number("interface", "dev", "Bound to interface", Plain, float64(d.Interface), "The index of the interface it is bound to.")
	s.unless(d.Interface != 0, "it is bound to no interface")
	return s.list
}

func memoryFigures(d *sockdiag.Detail) []Figure {
	s, m := sheet{}, &d.Memory
	for _, f := range []struct {
		key, name, label string
		n                uint32
		help             string
	}{
		{"memory_receive_bytes", "skmem:r", "Receive buffer in use", m.Receive, "Memory of packets that were received, with their overhead."},
		{"memory_receive_limit_bytes", "skmem:rb", "of at the most", m.ReceiveLimit, "SO_RCVBUF."},
		{"memory_send_bytes", "skmem:t", "Send buffer in use", m.Send, "Memory of packets that were handed to the network card."},
		{"memory_send_limit_bytes", "skmem:tb", "of at the most", m.SendLimit, "SO_SNDBUF."},
		{"memory_queued_bytes", "skmem:w", "Waiting to be sent", m.Queued, "Memory of packets that are not handed on yet."},
		{"memory_forward_bytes", "skmem:f", "Reserved", m.Forward, "Memory that is kept for what comes next."},
		{"memory_options_bytes", "skmem:o", "Options", m.Options, "Memory of socket options and filters."},
		{"memory_backlog_bytes", "skmem:bl", "Backlog", m.Backlog, "Memory of packets that came while the program had the socket locked."},
	} {
		s.number(f.key, f.name, f.label, Bytes, float64(f.n), f.help)
		s.unless(d.HasMemory, "the kernel does not tell it of this socket")
	}
	s.number("drops", "skmem:d", "Dropped", Plain, float64(m.Drops), "Packets that were dropped before the program could read them.")
	s.unless(d.HasMemory, "the kernel does not tell it of this socket")
	return s.list
}
