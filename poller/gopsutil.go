package poller

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os"
	"runtime"
	"syscall"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// gopsutilKinds are asked for one by one, because one call for all merges a v4 socket with a v6 one whose ends read
// the same.
var gopsutilKinds = [...]string{"tcp4", "tcp6", "udp4", "udp6"}

// gopsutilSource reads sockets by github.com/shirou/gopsutil. It works everywhere, costs a walk of all descriptors a
// poll, and knows neither bytes nor queues nor cookies.
type gopsutilSource struct {
	reason string // why it is used in place of netlink, for the reader; "" where it was asked for
	list   func(ctx context.Context, kind string) ([]psnet.ConnectionStat, error)
	lsof   *lsofDoubt // nil where rows do not come from lsof
}

func newGopsutil() *gopsutilSource {
	return &gopsutilSource{list: psnet.ConnectionsWithContext, lsof: doubtLsof(runtime.GOOS, os.Geteuid())}
}

func (g *gopsutilSource) name() SourceKind { return SourceGopsutil }

func (g *gopsutilSource) notes() []string {
	notes := []string{gopsutilNote(runtime.GOOS)}
	if g.partial() {
		notes = append(notes, lsofNote)
	}
	if g.reason != "" {
		notes = append(notes, g.reason)
	}
	return notes
}

// gopsutilNote says what this source cannot know. On Windows gopsutil hands on what the system lists, elsewhere it takes
// sockets that share both ends for one.
func gopsutilNote(system string) string {
	if system == "windows" {
		return "This source knows no bytes, rates and queues; /platforms says why."
	}
	return "Sockets of one kind that share both ends are shown as one by this source, which knows no bytes, rates and queues; /platforms says why."
}

// partial implements partialSource.
func (g *gopsutilSource) partial() bool { return g.lsof != nil && !g.lsof.root }

func (g *gopsutilSource) Close() error { return nil }

// sockets implements source.
func (g *gopsutilSource) sockets(ctx context.Context, dst []Socket) ([]Socket, error) {
	taken := make(map[ID]struct{})
	if g.lsof != nil {
		var cancel context.CancelFunc
		ctx, cancel = g.lsof.begin(ctx)
		defer cancel()
	}
	var counts [len(gopsutilKinds)]int
	for k, kind := range gopsutilKinds {
		stats, err := g.list(ctx, kind)
		if err == nil {
			err = context.Cause(ctx) // a call that was cut off can look like an empty table
		}
		if err != nil {
			return dst, fmt.Errorf("gopsutil: %s: %w", kind, g.lsof.explain(err))
		}
		counts[k] = len(stats)
		for i := range stats {
			s, err := socketOfStat(&stats[i])
			if err != nil {
				return dst, fmt.Errorf("gopsutil: %s: %w", kind, err)
			}
			if g.lsof != nil && !g.lsof.first(&s) {
				continue
			}
			s.ID = freeID(&s, taken)
			dst = append(dst, s)
		}
	}
	if g.lsof != nil {
		if err := g.lsof.check(counts); err != nil {
			return dst, fmt.Errorf("gopsutil: %w", err)
		}
	}
	return dst, nil
}

// gopsutilStates maps gopsutil's words to ours; the words of Linux, Windows and macOS differ little.
var gopsutilStates = map[string]State{
	"LISTEN": StateListen, "SYN_SENT": StateSynSent, "SYN_RECV": StateSynReceived, "SYN_RECEIVED": StateSynReceived,
	"SYN_RCVD":    StateSynReceived,
	"ESTABLISHED": StateEstablished, "FIN_WAIT1": StateFinWait1, "FIN_WAIT_1": StateFinWait1,
	"FIN_WAIT2": StateFinWait2, "FIN_WAIT_2": StateFinWait2, "CLOSE_WAIT": StateCloseWait, "CLOSING": StateClosing,
	"LAST_ACK": StateLastAck, "TIME_WAIT": StateTimeWait, "CLOSE": StateClosed, "CLOSED": StateClosed,
	"DELETE": StateClosed, "DELETE_TCB": StateClosed, "NONE": StateNone,
}

// socketOfStat turns gopsutil's row into a Socket, all but its ID.
func socketOfStat(c *psnet.ConnectionStat) (Socket, error) {
	s := Socket{Protocol: TCP, Family: IPv4, PID: c.Pid, State: gopsutilStates[c.Status]}
	if c.Family == syscall.AF_INET6 {
		s.Family = IPv6
	}
	if c.Type == syscall.SOCK_DGRAM {
		s.Protocol, s.State = UDP, StateNone
	}
	var err error
	if s.Local, err = endOfStat(c.Laddr, s.Family); err != nil {
		return s, fmt.Errorf("local address: %w", err)
	}
	if s.Remote, err = endOfStat(c.Raddr, s.Family); err != nil {
		return s, fmt.Errorf("remote address: %w", err)
	}
	if len(c.Uids) > 0 && c.Pid > 0 {
		s.UID, s.Known = uint32(c.Uids[0]), KnownUID
	}
	return s, nil
}

// endOfStat reads one end; gopsutil writes "" or "*" where there is none.
func endOfStat(a psnet.Addr, f Family) (netip.AddrPort, error) {
	any := netip.IPv4Unspecified()
	if f == IPv6 {
		any = netip.IPv6Unspecified()
	}
	if a.Port > 65535 {
		return netip.AddrPort{}, fmt.Errorf("port %d is above 65535", a.Port)
	}
	if a.IP == "" || a.IP == "*" {
		return netip.AddrPortFrom(any, uint16(a.Port)), nil
	}
	addr, err := netip.ParseAddr(a.IP)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(zoned(addr.Unmap(), interfaceName), uint16(a.Port)), nil
}

// freeID derives an identity from protocol, family and both ends, and from the PID of what has no remote end. Two sockets alike in all of these, or whose
// hashes meet, get the next free number.
func freeID(s *Socket, taken map[ID]struct{}) ID {
	h := fnv.New64a()
	b := make([]byte, 0, 96)
	b = append(b, byte(s.Protocol), byte(s.Family))
	b, _ = s.Local.AppendBinary(b)
	b, _ = s.Remote.AppendBinary(b)
	if !s.Connected() { // a connection stays the same while its PID comes with accept and goes with close
		b = binary.LittleEndian.AppendUint32(b, uint32(s.PID))
	}
	h.Write(b)
	id := ID(h.Sum64())
	for _, used := taken[id]; used || id == 0; _, used = taken[id] {
		id++
	}
	taken[id] = struct{}{}
	return id
}
