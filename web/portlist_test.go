package web

import (
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller"
)

// dataOf asks for data.
func dataOf[T any](t *testing.T, s *Site, path, rawQuery string) (v T) {
	t.Helper()
	w := ask(t, s, path, rawQuery)
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s: %v", path, w.Code, w.Body, err)
	}
	return v
}

// TestDoors: every port on which somebody waits, in order, new ones marked; as data, as a page, and as the part that
// the script asks for again.
func TestDoors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newPortSite(t, m, time.Second, nil)
		defer s.poller.Watch()()
		poll(t, s)
		type doors struct{ Doors []doorJSON }
		first := dataOf[doors](t, s, "/ports.json", "").Doors
		if len(first) != 2 || first[0].Port != 53 || first[0].Clients != nil || first[0].Exposure != "loopback" ||
			first[1].Port != 443 || *first[1].Clients != 1 || first[1].Exposure != "all-ipv4" || *first[1].Process != "nginx" {
			t.Fatalf("%+v", first)
		}
		if first[0].New || first[1].New || first[0].AgeSeconds != nil {
			t.Errorf("what was there first is called new: %+v", first)
		}
		m.set(func(m *machine) { m.sockets[9] = tcp(9, poller.StateListen, "[::1]:80", nowhere, 2) })
		poll(t, s)
		got := dataOf[doors](t, s, "/ports.json", "").Doors
		if len(got) != 3 || got[1].Port != 80 || !got[1].New || got[2].New {
			t.Errorf("%+v", got)
		}
		var opened time.Time
		s.poller.Read(func(t *poller.Table) { row, _ := t.Get(9); opened = row.FirstSeen })
		time.Sleep(6 * time.Minute)
		poll(t, s)
		for since, want := range map[time.Time]bool{{}: false, opened.Add(-time.Second): true, opened.Add(time.Second): false} {
			query := ""
			if !since.IsZero() {
				query = "since=" + strconv.FormatInt(since.UnixMilli(), 10)
			}
			if got := dataOf[doors](t, s, "/ports.json", query).Doors; got[1].New != want {
				t.Errorf("since %v: new %v", since, got[1].New)
			}
		}
		for _, query := range []string{"since=x", "since=-1", "since=99999999999999999999", ""} {
			page, part := ask(t, s, "/ports", query).Body.String(), ask(t, s, "/ports", query+"&part=1").Body.String()
			for _, body := range []string{page, part} {
				if !strings.Contains(body, "443/tcp") || !strings.Contains(body, `id="live"`) {
					t.Errorf("%s: %s", query, body)
				}
			}
			if strings.Contains(part, "<form") || strings.Contains(part, "<html") || !strings.Contains(page, `value="443/tcp"`) {
				t.Errorf("%s: the part has what is around it, or the form suggests nothing", query)
			}
		}
	})
}

// TestSpans: several ports are a table in which free ones next to each other are one row.
func TestSpans(t *testing.T) {
	s := newPortSite(t, office(), poller.MaxInterval, nil)
	type spans struct {
		Asked     string
		Truncated bool
		Ports     []stretchJSON
	}
	got := dataOf[spans](t, s, "/ports/400-1100,8081.json", "")
	var rows []string
	for _, p := range got.Ports {
		row := strconv.Itoa(int(p.First)) + "-" + strconv.Itoa(int(p.Last))
		for _, a := range p.Protocols {
			row += " " + a.Situation + " " + a.CanBind
		}
		rows = append(rows, row)
	}
	want := "400-442 free no free no, 443-443 held no free no, 444-1023 free no free no, 1024-1100 free yes free yes, 8081-8081 free yes free yes"
	if strings.Join(rows, ", ") != want || got.Asked != "400-1100,8081" || got.Truncated {
		t.Errorf("%+v\nwant %s", rows, want)
	}
	if all := dataOf[spans](t, s, "/ports/1-65535/tcp.json", ""); len(all.Ports) > 20 || all.Ports[len(all.Ports)-1].Last != 65535 {
		t.Errorf("all ports: %+v", all.Ports)
	}
	body := html.UnescapeString(ask(t, s, "/ports/400-1100,8081", "").Body.String())
	for _, part := range []string{"1 of 702 ports is in use.", "444-1023", "580 ports", "is held by nginx (PID 1)", "free, but not for this program"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

// TestConflicts: ports with more than one holder, and why that works.
func TestConflicts(t *testing.T) {
	m := office()
	m.sockets[9] = tcp(9, poller.StateListen, "0.0.0.0:443", nowhere, 2)
	udp := tcp(10, poller.StateNone, "0.0.0.0:443", nowhere, 3)
	udp.Protocol = poller.UDP
	m.sockets[10] = udp
	s := newPortSite(t, m, poller.MaxInterval, nil)
	type conflicts struct{ Conflicts []conflictJSON }
	got := dataOf[conflicts](t, s, "/ports/conflicts.json", "").Conflicts
	if len(got) != 2 || got[0].Relation != "split" || got[0].Protocol != nil || len(got[0].Holders) != 3 ||
		got[1].Relation != "twins" || !strings.Contains(got[1].Why, "SO_REUSEPORT") || strings.Join(ids(t, got[1].Holders), " ") != "1 9" {
		t.Errorf("%+v", got)
	}
	for _, query := range []string{"", "part=1"} {
		body := html.UnescapeString(ask(t, s, "/ports/conflicts", query).Body.String())
		if !strings.Contains(body, got[1].Why) || !strings.Contains(body, "One port has more than one holder.") {
			t.Errorf("%q: %s", query, body)
		}
	}
}

// TestFormer: who had a port before is told when it is gone, and not for ever.
func TestFormer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newPortSite(t, m, time.Second, nil)
		defer s.poller.Watch()()
		poll(t, s)
		m.set(func(m *machine) { delete(m.sockets, 1); delete(m.sockets, 4) })
		poll(t, s)
		time.Sleep(30 * time.Second)
		p := answerOf(t, s, "443/tcp")
		if len(p.Before) != 1 || *p.Before[0].Process != "nginx" || !p.Before[0].Listening || p.Before[0].AgoSeconds < 30 || p.Before[0].AgoSeconds > 33 {
			t.Errorf("%+v", p.Before)
		}
		if got := answerOf(t, s, "443/udp").Before; len(got) != 0 {
			t.Errorf("the other protocol: %+v", got)
		}
		if got := answerOf(t, s, "40001/tcp").Before; len(got) != 0 {
			t.Errorf("a connection held no port: %+v", got)
		}
		body := html.UnescapeString(ask(t, s, "/ports/443", "").Body.String())
		if !strings.Contains(body, "nginx (PID 1) listened on all IPv4 addresses until") {
			t.Errorf("the page does not say it: %s", body)
		}
	})
}
