package diagnose

import (
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// conntrackClosed is the state of a tracked connection that was reset (TCP_CONNTRACK_CLOSE, linux/netfilter/nf_conntrack_tcp.h);
// the kernel keeps it for ten seconds.
const conntrackClosed = 8

// triesNow returns the connections to this machine that were reset a moment ago, where the firewall tracks connections
// and this program may look. Nothing else in the kernel remembers whom it has refused, and for which port.
func triesNow() (list []Try) {
	if number("/proc/sys/net/netfilter/nf_conntrack_count") == 0 {
		return nil // nothing is tracked; to ask would have the kernel load what tracks
	}
	own := map[netip.Addr]bool{}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own[p.Addr().Unmap()] = true
		}
	}
	for _, family := range []netlink.InetFamily{unix.AF_INET, unix.AF_INET6} {
		flows, err := netlink.ConntrackTableList(netlink.ConntrackTable, family)
		if err != nil && len(flows) == 0 {
			continue // not permitted, or not there: it is not known
		}
		list = append(list, triesIn(flows, own)...)
	}
	return list
}

// triesIn returns those of the tracked connections that were for one of our own addresses and were reset. One that is
// passed on to somebody else is none.
func triesIn(flows []*netlink.ConntrackFlow, own map[netip.Addr]bool) (list []Try) {
	for _, f := range flows {
		tcp, ok := f.ProtoInfo.(*netlink.ProtoInfoTCP)
		if !ok || tcp.State != conntrackClosed || f.Forward.Protocol != unix.IPPROTO_TCP {
			continue
		}
		from, _ := netip.AddrFromSlice(f.Forward.SrcIP)
		to, _ := netip.AddrFromSlice(f.Forward.DstIP)
		from, to = from.Unmap(), to.Unmap()
		if own[to] && !own[from] && f.Reverse.SrcIP.Equal(f.Forward.DstIP) && f.Reverse.SrcPort == f.Forward.DstPort {
			list = append(list, Try{Peer: netip.AddrPortFrom(from, f.Forward.SrcPort), Port: f.Forward.DstPort})
		}
	}
	return list
}
