package poller

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	psnet "github.com/shirou/gopsutil/v3/net"
	"pgregory.net/rapid"
)

// stat makes a row of gopsutil.
func stat(family, kind uint32, status string, local, remote psnet.Addr) psnet.ConnectionStat {
	return psnet.ConnectionStat{Family: family, Type: kind, Status: status, Laddr: local, Raddr: remote, Pid: 42}
}

// Rows are read as the systems write them.
func TestSocketOfStat(t *testing.T) {
	local, remote := psnet.Addr{IP: "192.0.2.1", Port: 443}, psnet.Addr{IP: "198.51.100.7", Port: 50000}
	none4, none6 := netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("[::]:0")
	for _, tt := range []struct {
		name string
		stat psnet.ConnectionStat
		want Socket
	}{
		{"linux", stat(syscall.AF_INET, syscall.SOCK_STREAM, "ESTABLISHED", local, remote),
			Socket{Protocol: TCP, Family: IPv4, State: StateEstablished, PID: 42,
				Local: netip.MustParseAddrPort("192.0.2.1:443"), Remote: netip.MustParseAddrPort("198.51.100.7:50000")}},
		{"listener without a remote end", stat(syscall.AF_INET, syscall.SOCK_STREAM, "LISTEN", local, psnet.Addr{}),
			Socket{Protocol: TCP, Family: IPv4, State: StateListen, PID: 42,
				Local: netip.MustParseAddrPort("192.0.2.1:443"), Remote: none4}},
		{"all addresses as a star", stat(syscall.AF_INET6, syscall.SOCK_STREAM, "LISTEN", psnet.Addr{IP: "*", Port: 80}, psnet.Addr{}),
			Socket{Protocol: TCP, Family: IPv6, State: StateListen, PID: 42, Local: netip.MustParseAddrPort("[::]:80"), Remote: none6}},
		{"udp whatever its word", stat(syscall.AF_INET6, syscall.SOCK_DGRAM, "ESTABLISHED", psnet.Addr{IP: "::", Port: 53}, psnet.Addr{}),
			Socket{Protocol: UDP, Family: IPv6, State: StateNone, PID: 42, Local: netip.MustParseAddrPort("[::]:53"), Remote: none6}},
		{"v4-mapped", stat(syscall.AF_INET6, syscall.SOCK_STREAM, "TIME_WAIT", psnet.Addr{IP: "::ffff:192.0.2.1", Port: 65535}, psnet.Addr{}),
			Socket{Protocol: TCP, Family: IPv6, State: StateTimeWait, PID: 42, Local: netip.MustParseAddrPort("192.0.2.1:65535"), Remote: none6}},
		{"zone", stat(syscall.AF_INET6, syscall.SOCK_STREAM, "CLOSE_WAIT", psnet.Addr{IP: "fe80::1%en0", Port: 1}, psnet.Addr{}),
			Socket{Protocol: TCP, Family: IPv6, State: StateCloseWait, PID: 42, Local: netip.MustParseAddrPort("[fe80::1%en0]:1"), Remote: none6}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := socketOfStat(&tt.stat)
			check(t, err)
			if diff := cmp.Diff(tt.want, got, comparable()); diff != "" {
				t.Errorf("socket (-want +got):\n%s", diff)
			}
		})
	}
}

// The words for states are those of Linux, Windows and the BSDs; others are unknown.
func TestSocketOfStatState(t *testing.T) {
	for want, words := range map[State]string{
		StateListen: "LISTEN", StateSynSent: "SYN_SENT", StateSynReceived: "SYN_RECV SYN_RECEIVED SYN_RCVD",
		StateEstablished: "ESTABLISHED", StateFinWait1: "FIN_WAIT1 FIN_WAIT_1", StateFinWait2: "FIN_WAIT2 FIN_WAIT_2",
		StateCloseWait: "CLOSE_WAIT", StateClosing: "CLOSING", StateLastAck: "LAST_ACK", StateTimeWait: "TIME_WAIT",
		StateClosed: "CLOSE CLOSED DELETE", StateUnknown: "BOGUS",
	} {
		for word := range strings.FieldsSeq(words) {
			c := stat(syscall.AF_INET, syscall.SOCK_STREAM, word, psnet.Addr{}, psnet.Addr{})
			if got, err := socketOfStat(&c); err != nil || got.State != want {
				t.Errorf("%q is %v (%v), want %v", word, got.State, err, want)
			}
		}
	}
}

// A user is known where the row names a process and its users.
func TestSocketOfStatUser(t *testing.T) {
	for _, tt := range []struct {
		pid   int32
		uids  []int32
		known bool
	}{{42, []int32{1000, 0, 0, 0}, true}, {42, []int32{0}, true}, {42, nil, false}, {0, []int32{0}, false}} {
		s, err := socketOfStat(&psnet.ConnectionStat{Pid: tt.pid, Uids: tt.uids})
		check(t, err)
		if s.Known.Has(KnownUID) != tt.known || tt.known && s.UID != uint32(tt.uids[0]) {
			t.Errorf("%+v: user %d, known %b", tt, s.UID, s.Known)
		}
	}
}

// What is no address and no port is an error that says which end it was.
func TestSocketOfStatRefuses(t *testing.T) {
	good := psnet.Addr{IP: "192.0.2.1", Port: 443}
	for _, bad := range []psnet.Addr{{IP: "192.0.2.1", Port: 65536}, {IP: "*", Port: 1 << 31}, {IP: "192.0.2", Port: 1}, {IP: "host", Port: 1}} {
		c := stat(syscall.AF_INET, syscall.SOCK_STREAM, "LISTEN", bad, good)
		if _, err := socketOfStat(&c); err == nil || !strings.Contains(err.Error(), "local address") {
			t.Errorf("local %v: %v", bad, err)
		}
		c.Laddr, c.Raddr = good, bad
		if _, err := socketOfStat(&c); err == nil || !strings.Contains(err.Error(), "remote address") {
			t.Errorf("remote %v: %v", bad, err)
		}
	}
}

// IDs are never zero and never given twice, stay from poll to poll, and tell apart what differs in any part.
func TestFreeID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sockets := rapid.SliceOf(anySocket()).Draw(t, "sockets")
		give := func() (ids []ID) {
			taken := map[ID]struct{}{}
			for i := range sockets {
				id := freeID(&sockets[i], taken)
				if id == 0 || slices.Contains(ids, id) {
					t.Fatalf("%v was given twice or is zero: %v", id, ids)
				}
				ids = append(ids, id)
			}
			return ids
		}
		if first, second := give(), give(); !slices.Equal(first, second) {
			t.Fatalf("%v, then %v", first, second)
		}
	})
	base := tcp4(0, StateEstablished, "192.0.2.1:1", "192.0.2.2:2")
	listens := tcp4(0, StateListen, "192.0.2.1:1", "")
	swapped, six, twin, udp := base, base, listens, base
	swapped.Local, swapped.Remote = base.Remote, base.Local
	six.Family, twin.PID, udp.Protocol = IPv6, 7, UDP
	ids := map[ID]bool{}
	for _, s := range []Socket{base, swapped, six, listens, twin, udp} {
		ids[freeID(&s, map[ID]struct{}{})] = true
	}
	if len(ids) != 6 {
		t.Errorf("%d IDs for 6 different sockets", len(ids))
	}
	accepted := base
	accepted.PID = 7
	if a, b := freeID(&base, map[ID]struct{}{}), freeID(&accepted, map[ID]struct{}{}); a != b {
		t.Errorf("a connection is %v before it has a process and %v after", a, b)
	}
}

// Every kind is asked for by itself; one that fails, or was cut off, makes the whole list worth nothing.
func TestGopsutilSource(t *testing.T) {
	var asked []string
	fail := ""
	ctx, cancel := context.WithCancel(t.Context())
	g := &gopsutilSource{reason: "the reason", list: func(_ context.Context, kind string) ([]psnet.ConnectionStat, error) {
		asked = append(asked, kind)
		switch fail {
		case "cut off " + kind:
			cancel()
		case kind:
			return nil, errBroken
		case "bad row " + kind:
			return []psnet.ConnectionStat{{Laddr: psnet.Addr{IP: "bad"}}}, nil
		}
		return []psnet.ConnectionStat{{Laddr: psnet.Addr{Port: 80}}, {Laddr: psnet.Addr{Port: 80}}}, nil
	}}
	got, err := g.sockets(ctx, many(3))
	check(t, err)
	ids := map[ID]bool{}
	for _, s := range got {
		ids[s.ID] = true
	}
	if len(got) != 3+8 || len(ids) != len(got) {
		t.Errorf("%d sockets with %d IDs, want 11", len(got), len(ids))
	}
	if !slices.Equal(asked, []string{"tcp4", "tcp6", "udp4", "udp6"}) {
		t.Errorf("asked for %v", asked)
	}
	if notes := g.notes(); !slices.Contains(notes, "the reason") || g.name() != SourceGopsutil || g.Close() != nil {
		t.Errorf("%v says %v", g.name(), notes)
	}
	fail = "udp4"
	if _, err := g.sockets(ctx, nil); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "udp4") {
		t.Errorf("a kind that fails gave %v", err)
	}
	fail = "bad row tcp6"
	if _, err := g.sockets(ctx, nil); err == nil || !strings.Contains(err.Error(), "tcp6") {
		t.Errorf("a row that cannot be read gave %v", err)
	}
	fail = "cut off tcp6"
	if _, err := g.sockets(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a list that was cut off gave %v", err)
	}
}

// Only where gopsutil takes sockets for one another is that said.
func TestGopsutilNote(t *testing.T) {
	for system, merges := range map[string]bool{"linux": true, "darwin": true, "freebsd": true, "windows": false} {
		if note := gopsutilNote(system); strings.Contains(note, "shown as one") != merges || !strings.Contains(note, "/platforms") {
			t.Errorf("%s: %q", system, note)
		}
	}
}
