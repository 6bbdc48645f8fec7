package poller

import (
	"strings"
	"testing"
	"time"
)

// Sources are chosen by their names, in one spelling.
func TestParseSource(t *testing.T) {
	for _, s := range []string{"auto", "netlink", "iphlpapi", "gopsutil"} {
		if kind, err := ParseSource(s); err != nil || string(kind) != s {
			t.Errorf("%q: %q, %v", s, kind, err)
		}
	}
	for _, s := range []string{"", "Auto", "netlink ", "fake", "procfs"} {
		if kind, err := ParseSource(s); err == nil || !strings.Contains(err.Error(), "auto, netlink, iphlpapi or gopsutil") {
			t.Errorf("%q: %q, %v", s, kind, err)
		}
	}
}

// gopsutil is there for the asking on every system, without a word about netlink.
func TestOpenGopsutil(t *testing.T) {
	s, err := openSource(t.Context(), SourceGopsutil, quiet())
	check(t, err)
	if s.name() != SourceGopsutil || len(s.notes()) != 1 {
		t.Errorf("%v says %v", s.name(), s.notes())
	}
	check(t, s.Close())
}

// A Poller is made with an interval within the bounds, or the default one; it polls nothing by itself.
func TestNew(t *testing.T) {
	for _, tt := range []struct{ interval, want time.Duration }{
		{0, DefaultInterval}, {MinInterval, MinInterval}, {MaxInterval, MaxInterval},
		{MinInterval - 1, 0}, {MaxInterval + 1, 0}, {-time.Second, 0},
	} {
		p, err := New(t.Context(), Options{Source: SourceGopsutil, Interval: tt.interval})
		if tt.want == 0 {
			if err == nil || !strings.Contains(err.Error(), "100ms to 1m0s") {
				t.Errorf("%v: %v", tt.interval, err)
			}
			continue
		}
		check(t, err)
		if s := statusOf(p); s.Interval != tt.want || s.Seq != 0 || s.Source != "gopsutil" {
			t.Errorf("%v: %+v", tt.interval, s)
		}
		check(t, p.source.Close())
	}
}
