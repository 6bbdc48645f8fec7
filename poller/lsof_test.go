package poller

import (
	"context"
	"slices"
	"strings"
	"testing"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// lsof is a source that lists so many sockets of each kind.
func lsof(uid int, counts map[string]int) *gopsutilSource {
	return &gopsutilSource{lsof: doubtLsof("darwin", uid), list: func(_ context.Context, kind string) ([]psnet.ConnectionStat, error) {
		all := make([]psnet.ConnectionStat, counts[kind])
		for i := range all {
			all[i] = psnet.ConnectionStat{Laddr: psnet.Addr{Port: uint32(i + 1)}}
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
