package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// pastJSON is /history.json as a reader has it.
type pastJSON struct {
	At     time.Time
	Host   string
	States []string
	Flows  []string
	Points [][]*float64
}

// history starts a site that is watched for some seconds, in which a connection sends and goes.
func history(t *testing.T, test func(t *testing.T, s *Site, start time.Time)) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		defer s.poller.Watch()()
		start := time.Now()
		time.Sleep(1500 * time.Millisecond)
		m.set(func(m *machine) {
			for id, socket := range m.sockets {
				if socket.State == poller.StateEstablished {
					socket.Known |= poller.KnownBytes
					m.sockets[id] = socket
				}
			}
		})
		time.Sleep(time.Second)
		m.set(func(m *machine) {
			for id, socket := range m.sockets {
				if socket.Known&poller.KnownBytes != 0 {
					socket.BytesSent += 1000
					m.sockets[id] = socket
				} else if socket.State == poller.StateListen {
					delete(m.sockets, id)
				}
			}
		})
		time.Sleep(2 * time.Second)
		test(t, s, start)
	})
}

// TestHistoryJSON: the points have what was and what moved, and null where nothing is known.
func TestHistoryJSON(t *testing.T) {
	history(t, func(t *testing.T, s *Site, start time.Time) {
		w := ask(t, s, "/history.json", "")
		var h pastJSON
		if err := json.Unmarshal(w.Body.Bytes(), &h); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if h.Host != s.host || h.At.IsZero() || h.States[0] != "LISTEN" || strings.Join(h.Flows, " ") != "received sent opened closed" {
			t.Errorf("%+v", h)
		}
		sums := map[string]float64{}
		for i, point := range h.Points {
			if len(point) != 1+len(h.States)+len(h.Flows) {
				t.Fatalf("point %d has %d numbers", i, len(point))
			}
			for j, name := range h.Flows {
				n := point[1+len(h.States)+j]
				if (n == nil) != (i == 0) {
					t.Errorf("%s of point %d: %v", name, i, n)
				} else if n != nil {
					sums[name] += *n
				}
			}
		}
		if diff := cmp.Diff(map[string]float64{"received": 0, "sent": 2000, "opened": 0, "closed": 1}, sums); diff != "" {
			t.Error(diff)
		}
	})
}

// TestHistoryCSV has the same with names, a line for each point, and nothing where nothing is known.
func TestHistoryCSV(t *testing.T) {
	history(t, func(t *testing.T, s *Site, start time.Time) {
		w := ask(t, s, "/history.csv", "")
		lines := strings.Split(strings.TrimSuffix(w.Body.String(), "\r\n"), "\r\n")
		if !strings.HasPrefix(lines[0], "at,LISTEN,SYN_SENT,") || !strings.HasSuffix(lines[0], ",NONE,seconds,bytes_received,bytes_sent,opened,closed") {
			t.Errorf("head %s", lines[0])
		}
		var sent, unknown int
		for _, line := range lines[1:] {
			if strings.HasSuffix(line, ",1.000,0,2000,0,1") {
				sent++
			}
			if strings.HasSuffix(line, ",,,,,") {
				unknown++
			}
		}
		if sent != 1 || unknown != 1 {
			t.Errorf("%d lines of what was sent, %d that know nothing:\n%s", sent, unknown, w.Body)
		}
	})
}

// TestHistoryPeriod: from and to cut the history, with one point on either side, in data and on the page.
func TestHistoryPeriod(t *testing.T) {
	history(t, func(t *testing.T, s *Site, start time.Time) {
		all := strings.Count(ask(t, s, "/history.csv", "").Body.String(), "\r\n")
		period := url.Values{"from": {start.Add(900 * time.Millisecond).UTC().Format(time.RFC3339Nano)}, "to": {start.Add(1100 * time.Millisecond).UTC().Format(time.RFC3339Nano)}}
		w := ask(t, s, "/history.csv", period.Encode())
		if got := strings.Count(w.Body.String(), "\r\n"); got != 1+3 || got >= all {
			t.Errorf("%d lines of %d:\n%s", got, all, w.Body)
		}
		page := ask(t, s, "/", period.Encode())
		if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "the table is live") {
			t.Errorf("the page: %d", page.Code)
		}
	})
}

// TestPeriodRefused: what is no time is said to be none, on the page and in the data.
func TestPeriodRefused(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for raw, want := range map[string]string{
		"from=2026-11-22T14:00:00Z":                         "from and to belong together",
		"to=2026-11-22T14:00:00Z":                           "from and to belong together",
		"from=yesterday&to=2026-11-22T14:00:00Z":            `from must be a moment like 2026-11-22T14:02:11Z, not "yesterday"`,
		"from=2026-11-22T14:00:00Z&to=14:05":                `to must be a moment like`,
		"from=2026-11-22T14:00:00Z&to=2026-11-22T14:00:00Z": "from must be before to",
		"from=0001-01-01T00:00:00Z&to=2026-11-22T14:00:00Z": "from must be a moment",
	} {
		for path, decode := range map[string]func(string) string{
			"/history.json": func(s string) string { return strings.ReplaceAll(s, `\"`, `"`) },
			"/history.csv":  func(s string) string { return s },
			"/":             func(s string) string { return strings.ReplaceAll(s, "&#34;", `"`) },
		} {
			w := ask(t, s, path, raw)
			if w.Code != http.StatusBadRequest || !strings.Contains(decode(w.Body.String()), want) {
				t.Errorf("%s?%s: %d, without %q", path, raw, w.Code, want)
			}
		}
	}
	for _, raw := range []string{"port=443", "limit=5", "q=nginx"} {
		if w := ask(t, s, "/history.json", raw); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "is not possible here") {
			t.Errorf("%s: %d %s", raw, w.Code, w.Body)
		}
	}
}

// TestPeriodOf: the points within, one before and one after, and never another.
func TestPeriodOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(1_000_000, 0)
		samples := make([]poller.Sample, rapid.IntRange(0, 20).Draw(t, "samples"))
		for i := range samples {
			at = at.Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "step")) * time.Second)
			samples[i].At = at
		}
		from := time.Unix(1_000_000+rapid.Int64Range(-10, 100).Draw(t, "from"), 0)
		p := period{from, from.Add(time.Duration(rapid.IntRange(1, 50).Draw(t, "span")) * time.Second)}
		outside := 0
		kept := p.of(samples)
		for _, s := range kept {
			if s.At.Before(p.from) || s.At.After(p.to) {
				outside++
			}
		}
		within := 0
		for _, s := range samples {
			if !s.At.Before(p.from) && !s.At.After(p.to) {
				within++
			}
		}
		if outside > 2 || len(kept)-outside != within {
			t.Fatalf("%d points are kept, %d of them outside; %d are within", len(kept), outside, within)
		}
	})
}

// TestDeltaTellsFlow: each frame says what moved, and nothing where nothing is known.
func TestDeltaTellsFlow(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v := sit(t, s, "")
		if first := v.take(); !strings.Contains(string(first[0]), `"flows":["received","sent","opened","closed"]`) ||
			!strings.Contains(string(first[1]), ",null,null,null,null]]") {
			t.Errorf("hello and snap: %s", first)
		}
		m.set(func(m *machine) {
			for id := range m.sockets {
				delete(m.sockets, id)
				break
			}
		})
		time.Sleep(1500 * time.Millisecond)
		if delta := string(v.take()[0]); !strings.Contains(delta, `"flow":[0,0,0,1]`) {
			t.Errorf("delta: %s", delta)
		}
		m.set(func(m *machine) { m.failure = http.ErrServerClosed })
		time.Sleep(time.Second)
		if delta := string(v.take()[0]); strings.Contains(delta, `"flow"`) {
			t.Errorf("of a failed poll: %s", delta)
		}
		synctest.Wait()
	})
}
