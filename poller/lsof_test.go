package poller

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// lsof is a source that lists so many sockets of each kind.
func lsof(uid int, counts map[string]int) *gopsutilSource {
	return &gopsutilSource{lsof: doubtLsof("darwin", uid), list: func(_ context.Context, kind string) ([]psnet.ConnectionStat, error) {
		all := make([]psnet.ConnectionStat, counts[kind])
		for i := range all {
			all[i] = psnet.ConnectionStat{Family: syscall.AF_INET, Type: syscall.SOCK_STREAM, Laddr: psnet.Addr{Port: uint32(i + 1)}}
			if strings.HasSuffix(kind, "6") {
				all[i].Family = syscall.AF_INET6
			}
			if strings.HasPrefix(kind, "udp") {
				all[i].Type = syscall.SOCK_DGRAM
			}
		}
		return all, nil
	}}
}

// A kind of socket of which there were some closes no row when lsof lists none of it once; the second time it is
// believed. A list with nothing in it is never believed. The rows are stale meanwhile, and it is said why.
func TestLsofEmpty(t *testing.T) {
	counts := map[string]int{"tcp4": 3, "udp6": 2}
	p := fake(lsof(0, counts), nobody{}, Options{})
	for i, tt := range []struct {
		tcp4, udp6 int
		rows       int
		stale      string
	}{
		{3, 2, 5, ""},
		{0, 2, 5, "no tcp4 sockets, of which there were 3"}, // lsof was cut off
		{3, 1, 4, ""},
		{0, 1, 4, "no tcp4 sockets"},
		{0, 1, 1, ""}, // they are gone indeed
		{0, 1, 1, ""},
		{0, 0, 1, "no sockets at all"},
		{0, 0, 1, "no sockets at all"},
		{4, 0, 1, "no udp6 sockets"},
		{0, 0, 1, "no sockets at all"},
		{4, 0, 4, ""},
	} {
		counts["tcp4"], counts["udp6"] = tt.tcp4, tt.udp6
		p.poll(t.Context())
		s := statusOf(p)
		if s.Counts.Total() != tt.rows || (s.Stale == "") != (tt.stale == "") || !strings.Contains(s.Stale, tt.stale) || s.Complete != (tt.stale == "") {
			t.Errorf("%d: %d rows, stale %q, complete %v; want %d, %q", i, s.Counts.Total(), s.Stale, s.Complete, tt.rows, tt.stale)
		}
	}
}

// A run of lsof that does not end is ended. What it had printed by then is not believed, the rows are stale, and it is
// said why.
func TestLsofHangs(t *testing.T) {
	g := lsof(0, map[string]int{"tcp4": 3, "udp6": 2})
	p := fake(g, nobody{}, Options{})
	p.poll(t.Context())
	g.lsof.patience = time.Millisecond
	list := g.list
	g.list = func(ctx context.Context, kind string) ([]psnet.ConnectionStat, error) {
		if kind == "udp6" {
			<-ctx.Done()
			return nil, nil // as gopsutil has it
		}
		return list(ctx, kind)
	}
	p.poll(t.Context())
	if s := statusOf(p); s.Counts.Total() != 5 || s.Complete || !strings.Contains(s.Stale, "lsof did not end within 1ms") {
		t.Errorf("%d rows, stale %q, complete %v", s.Counts.Total(), s.Stale, s.Complete)
	}
	g.lsof.patience, g.list = lsofPatience, list
	p.poll(t.Context())
	if s := statusOf(p); s.Counts.Total() != 5 || !s.Complete || s.Stale != "" {
		t.Errorf("afterwards: %d rows, stale %q, complete %v", s.Counts.Total(), s.Stale, s.Complete)
	}
}

// Where there is no lsof, the reader is told so, in words of their own.
func TestLsofNotInstalled(t *testing.T) {
	g := lsof(0, nil)
	g.list = func(context.Context, string) ([]psnet.ConnectionStat, error) {
		return nil, &exec.Error{Name: "lsof", Err: exec.ErrNotFound}
	}
	p := fake(g, nobody{}, Options{})
	p.poll(t.Context())
	if s := statusOf(p); s.Seq != 0 || s.Complete || !strings.Contains(s.Stale, "lsof, by which sockets are read here, is not installed") {
		t.Errorf("%+v", s)
	}
	g.lsof = nil
	if _, err := g.sockets(t.Context(), nil); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("elsewhere: %v", err)
	}
}

// Who is not root is told that others' sockets may be missing, and the table is not called complete.
func TestLsofWithoutRoot(t *testing.T) {
	for uid, whole := range map[int]bool{0: true, 501: false} {
		p := fake(lsof(uid, map[string]int{"tcp4": 1}), nobody{}, Options{})
		p.poll(t.Context())
		if s := statusOf(p); s.Complete != whole || s.Stale != "" || slices.Contains(s.Notes, lsofNote) == whole {
			t.Errorf("uid %d: complete %v, stale %q, notes %q", uid, s.Complete, s.Stale, s.Notes)
		}
	}
}

// Only lsof is doubted: elsewhere an empty list is one, as of a machine without sockets, and everybody sees all rows.
func TestLsofElsewhere(t *testing.T) {
	for _, system := range []string{"linux", "windows"} {
		if doubtLsof(system, 1000) != nil {
			t.Errorf("lsof is doubted on %s", system)
		}
	}
	g := lsof(501, map[string]int{})
	g.lsof = nil
	if sockets, err := g.sockets(t.Context(), nil); err != nil || len(sockets) != 0 || g.partial() {
		t.Errorf("%v, %v", sockets, err)
	}
}

// Lines of lsof that are one socket are one row: a connection that a worker inherited, a listener that its process has
// twice. A listener of two processes is one for each.
func TestLsofLines(t *testing.T) {
	end := func(ip string, port uint32) psnet.Addr { return psnet.Addr{IP: ip, Port: port} }
	line := func(pid int32, status string, local, remote psnet.Addr) psnet.ConnectionStat {
		return psnet.ConnectionStat{Family: syscall.AF_INET, Type: syscall.SOCK_STREAM, Status: status, Laddr: local, Raddr: remote, Pid: pid}
	}
	conn := [2]psnet.Addr{end("192.0.2.1", 443), end("192.0.2.2", 50000)}
	g := lsof(0, nil)
	g.list = func(_ context.Context, kind string) ([]psnet.ConnectionStat, error) {
		if kind != "tcp4" {
			return nil, nil
		}
		return []psnet.ConnectionStat{
			line(1, "ESTABLISHED", conn[0], conn[1]), line(2, "ESTABLISHED", conn[0], conn[1]), line(3, "ESTABLISHED", conn[1], conn[0]),
			line(1, "LISTEN", end("*", 443), psnet.Addr{}), line(1, "LISTEN", end("*", 443), psnet.Addr{}), line(2, "LISTEN", end("*", 443), psnet.Addr{}),
		}, nil
	}
	for range 2 { // the second look begins anew
		got, err := g.sockets(t.Context(), nil)
		check(t, err)
		var pids []int32
		for _, s := range got {
			pids = append(pids, s.PID)
		}
		if !slices.Equal(pids, []int32{1, 3, 1, 2}) {
			t.Errorf("rows of %v", pids)
		}
	}
}

// A zone that stands in the address is put behind it.
func TestZoned(t *testing.T) {
	name := func(index uint32) string { return map[uint32]string{4: "en0"}[index] }
	for text, want := range map[string]string{
		"fe80:4::1c2a:3ff:fe4b:5c6d": "fe80::1c2a:3ff:fe4b:5c6d%en0", "fe80::1": "fe80::1", "fe80:4::1%en1": "fe80:4::1%en1",
		"fe80:9::1": "fe80::1", "2001:4::1": "2001:4::1", "169.254.0.4": "169.254.0.4",
	} {
		if got := zoned(netip.MustParseAddr(text), name); got.String() != want {
			t.Errorf("%s is %v, want %s", text, got, want)
		}
	}
}
