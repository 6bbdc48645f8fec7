package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"sockeye/poller"
)

// scrape returns the lines of GET /metrics that are of sockeye itself, without help and types.
func scrape(t fataler, s *Site) (lines []string) {
	t.Helper()
	w := ask(t, s, "/metrics", "")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("answered %d, %v", w.Code, w.Header())
	}
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "sockeye_") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// expectMetrics fails the test where a line is missing.
func expectMetrics(t fataler, lines []string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(lines, line) {
			t.Errorf("no line %q in\n%s", line, strings.Join(lines, "\n"))
		}
	}
}

// metricNames are all that docs/metrics.md promises, beside those of the Go runtime and of the process.
var metricNames = []string{
	"sockeye_sockets", "sockeye_owners_unknown", "sockeye_last_whole_poll_timestamp_seconds", "sockeye_poll_interval_seconds",
	"sockeye_polls_total", "sockeye_poll_duration_seconds_bucket", "sockeye_poll_duration_seconds_sum",
	"sockeye_poll_duration_seconds_count", "sockeye_connections_ended_total", "sockeye_endings_lost_total", "sockeye_viewers",
	"sockeye_endings_interruptions_total",
	"sockeye_frames_sent_total", "sockeye_frames_replaced_total", "sockeye_pushed_bytes_total", "sockeye_build_info",
}

// TestMetricsOfTheTable: the office's sockets, and one whose owner cannot be named.
func TestMetricsOfTheTable(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		m.set(func(m *machine) {
			m.sockets[6] = tcp(6, poller.StateCloseWait, "192.0.2.7:40002", "203.0.113.5:80", 99)
		})
		poll(t, s)
		lines := scrape(t, s)
		unknown := map[string]int{}
		s.poller.Read(func(table *poller.Table) {
			for c := range table.All() {
				if c.Owner == nil {
					unknown[reasons[c.OwnerNote]]++
				}
			}
		})
		if unknown["none"] == 0 || len(unknown) < 2 {
			t.Fatalf("the fake has no owners of two sorts: %v", unknown)
		}
		for _, reason := range reasons[1:] {
			expectMetrics(t, lines, fmt.Sprintf("sockeye_owners_unknown{reason=%q} %d", reason, unknown[reason]))
		}
		expectMetrics(t, lines,
			`sockeye_sockets{protocol="tcp",state="LISTEN"} 1`, `sockeye_sockets{protocol="tcp",state="ESTABLISHED"} 2`,
			`sockeye_sockets{protocol="tcp",state="TIME_WAIT"} 1`, `sockeye_sockets{protocol="tcp",state="CLOSE_WAIT"} 1`,
			`sockeye_sockets{protocol="tcp",state="SYN_SENT"} 0`, `sockeye_sockets{protocol="udp",state="NONE"} 1`,
			`sockeye_polls_total{result="whole"} 2`, `sockeye_polls_total{result="failed"} 0`,
			`sockeye_poll_duration_seconds_count 2`, `sockeye_poll_interval_seconds 1`, `sockeye_viewers 0`,
			`sockeye_connections_ended_total 0`, `sockeye_endings_lost_total 0`, `sockeye_endings_interruptions_total 0`)
		for _, name := range metricNames {
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+"{") || strings.HasPrefix(l, name+" ") }) {
				t.Errorf("no %s", name)
			}
		}
		for _, line := range lines {
			if name, _, _ := strings.Cut(strings.Fields(line)[0], "{"); !slices.Contains(metricNames, name) {
				t.Errorf("%s is not promised", name)
			}
		}
	})
}

// TestMetricsOfPolls: whole polls are timed, failed ones counted beside them.
func TestMetricsOfPolls(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		s.Observe(&poller.Delta{Status: poller.Status{Seq: 1, Complete: true, Took: 2 * time.Second}})
		m.set(func(m *machine) { m.failure = errors.New("dump refused") })
		poll(t, s)
		lines := scrape(t, s)
		expectMetrics(t, lines, `sockeye_polls_total{result="whole"} 2`, `sockeye_polls_total{result="failed"} 1`,
			`sockeye_poll_duration_seconds_count 2`, `sockeye_poll_duration_seconds_bucket{le="1"} 1`,
			`sockeye_poll_duration_seconds_bucket{le="2.5"} 2`, `sockeye_sockets{protocol="tcp",state="LISTEN"} 1`)
	})
}

// TestMetricsWithoutTable: what nobody has counted is left out, and the rest is told.
func TestMetricsWithoutTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		m.failure = errors.New("dump refused")
		lines := scrape(t, newTestSite(t, m, time.Second))
		expectMetrics(t, lines, `sockeye_polls_total{result="failed"} 1`, `sockeye_poll_duration_seconds_count 0`)
		for _, line := range lines {
			if strings.HasPrefix(line, "sockeye_sockets") || strings.HasPrefix(line, "sockeye_owners") || strings.HasPrefix(line, "sockeye_last") {
				t.Errorf("told without a table: %s", line)
			}
		}
	})
}

// TestMetricsPollOnce: a scrape polls where the table is older than the interval, and not before.
func TestMetricsPollOnce(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		for i, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {time.Second - 1, 1}, {1, 2}, {0, 2}, {time.Hour, 3}} {
			time.Sleep(step.wait)
			scrape(t, s)
			if m.polled() != step.want {
				t.Errorf("after scrape %d: %d polls, want %d", i+1, m.polled(), step.want)
			}
		}
	})
}

// TestMetricsOfViewers: frames, bytes and replaced frames are those that the viewers had.
func TestMetricsOfViewers(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		quick, slow := sit(t, s, ""), sit(t, s, "")
		frames := append(quick.take(), slow.take()...)
		release := slow.stall()
		time.Sleep(4500 * time.Millisecond) // four polls: one is being written, three are replaced by a snap
		release()
		synctest.Wait()
		frames = append(frames, append(quick.take(), slow.take()...)...)
		bytes := 0
		for _, f := range frames {
			bytes += len(f)
		}
		expectMetrics(t, scrape(t, s), `sockeye_frames_sent_total 10`, `sockeye_frames_replaced_total 3`,
			fmt.Sprintf("sockeye_pushed_bytes_total %d", bytes))
		if len(frames) != 10 {
			t.Errorf("%d frames", len(frames))
		}
		quick.incoming <- []byte(`{"t":"resync"}`)
		quick.expect(t, "snap 5")
		expectMetrics(t, scrape(t, s), `sockeye_frames_sent_total 11`, `sockeye_frames_replaced_total 3`)
	})
}

// TestReplacedFrames: each delta that was offered is sent or counted as replaced.
func TestReplacedFrames(t *testing.T) {
	v := newViewer(true)
	steps := []struct {
		do   func() uint64
		want uint64
	}{
		{func() uint64 { return v.offer(&message{}) }, 0}, {func() uint64 { return v.offer(&message{}) }, 2},
		{func() uint64 { return v.offer(&message{}) }, 1}, {v.demand, 0}, {func() uint64 { v.take(); return 0 }, 0},
		{func() uint64 { return v.offer(&message{}) }, 0}, {v.demand, 1},
	}
	for i, step := range steps {
		if got := step.do(); got != step.want {
			t.Errorf("step %d: %d replaced, want %d", i+1, got, step.want)
		}
	}
}

// TestMetricsOverTheServer: viewers are counted while they are there, and the gates stand before the metrics.
func TestMetricsOverTheServer(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	h.visit(t, "").CloseNow()
	wait(t, func() bool { return h.counted() == 0 })
	h.visit(t, "")
	h.visit(t, "port=443")
	res, body := h.get(t, "/metrics")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "\nsockeye_viewers 2\n") {
		t.Errorf("answered %d:\n%s", res.StatusCode, body)
	}
	for _, test := range []struct {
		header, value string
		status        int
	}{{"Host", "evil.example", http.StatusMisdirectedRequest}, {"Sec-Fetch-Site", "cross-site", http.StatusForbidden}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Header.Set(test.header, test.value); test.header == "Host" {
			r.Host = test.value
		}
		res, err := h.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != test.status {
			t.Errorf("%s %s: answered %d, %v", test.header, test.value, res.StatusCode, err)
		}
	}
}

// TestMetricsConventions: names, help and units are as Prometheus asks for, those of libraries included.
func TestMetricsConventions(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		problems, err := testutil.GatherAndLint(s.metrics.registry)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v, %v", problems, err)
		}
		for _, name := range []string{"process_resident_memory_bytes", "process_cpu_seconds_total", "go_goroutines", "go_info"} {
			if n, err := testutil.GatherAndCount(s.metrics.registry, name); err != nil || n != 1 {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
	})
}

// TestEveryNoteHasAReason: each owner note but OwnerKnown is a label, and no two are the same.
func TestEveryNoteHasAReason(t *testing.T) {
	seen := map[string]bool{}
	for note, reason := range reasons {
		if (reason == "") != (poller.OwnerNote(note) == poller.OwnerKnown) || seen[reason] {
			t.Errorf("note %d has the label %q", note, reason)
		}
		seen[reason] = true
	}
}
