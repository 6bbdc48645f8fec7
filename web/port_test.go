package web

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
	"sockeye/ports"
)

// TestPortForm: what the form sends is led to the answer's own address.
func TestPortForm(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"q=https": "/ports/443", "q=443": "/ports/443", "q=%3A443": "/ports/443", "q=+443+": "/ports/443",
		"q=443/udp": "/ports/443/udp", "q=udp%2F53": "/ports/53/udp", "q=HTTPS/TCP": "/ports/443/tcp", "q=0443": "/ports/443",
		"q=8000-8100": "/ports/8000-8100", "q=443,+80+,8000..8010/tcp": "/ports/80,443,8000-8010/tcp", "q=https,ssh": "/ports/22,443",
	} {
		if w := ask(t, s, "/ports", rawQuery); w.Code != http.StatusSeeOther || location(w) != want {
			t.Errorf("%s: %d to %q, want %q", rawQuery, w.Code, location(w), want)
		}
	}
	if m.polled() != 0 {
		t.Errorf("what is only led elsewhere made %d polls", m.polled())
	}
	for _, rawQuery := range []string{"", "q=", "q=++"} {
		if w := ask(t, s, "/ports", rawQuery); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="q"`) {
			t.Errorf("%q: %d", rawQuery, w.Code)
		}
	}
}

// TestNoPort: what is no port is answered with 400, the reason, and what was typed.
func TestNoPort(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for asked, want := range map[string]string{
		"0": "1 to 65535", "65536": "1 to 65535", "-1": "no service is known", "443/sctp": "tcp or udp", "nonsense": "no service is known",
		"99999999999999999999": "1 to 65535", "9-8": "lower port", "80,": "a port is needed", "80-99999": "1 to 65535", "1/tcp,2/udp": "tcp or udp", `"><svg onload=alert(1)>`: "no service is known", strings.Repeat("x", 5000): "no service",
	} {
		w := ask(t, s, "/ports", "q="+strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", " ", "+").Replace(asked))
		body := html.UnescapeString(w.Body.String())
		if w.Code != http.StatusBadRequest || !strings.Contains(body, want) || !strings.Contains(body, ` value="`+cut(asked)+`"`) {
			t.Errorf("%.40s: %d %.300s", asked, w.Code, body)
		}
		if strings.Contains(w.Body.String(), "<svg onload") {
			t.Errorf("%s: markup comes through", asked)
		}
	}
	for path, status := range map[string]int{
		"/ports/0": 400, "/ports/x": 400, "/ports/443/sctp": 400, "/ports/443/udp/9": 400, "/ports/": 400, "/ports/0.json": 400,
		"/ports/443.csv": 400, "/ports/9-8": 400, "/ports/9-8.json": 400, "/ports/80-": 400, "/ports/443/sctp.json": 400, "/ports/.json": 400,
	} {
		w := ask(t, s, path, "")
		if w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
		var problem struct{ Error string }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); strings.HasSuffix(path, ".json") != (err == nil && problem.Error != "") {
			t.Errorf("%s: %.200s", path, w.Body)
		}
	}
	if m.polled() != 0 {
		t.Errorf("%d polls", m.polled())
	}
}

// TestOneURLForAPort: an answer has one address; data is given wherever it is asked for.
func TestOneURLForAPort(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for path, want := range map[string]string{
		"/ports/443": "", "/ports/443/tcp": "", "/ports/:443": "/ports/443", "/ports/0443": "/ports/443", "/ports/https": "/ports/443",
		"/ports/443/UDP": "/ports/443/udp", "/ports/udp/443": "/ports/443/udp", "/ports/https.json": "", "/ports/443/udp.json": "",
		"/ports/80,443": "", "/ports/443,80": "/ports/80,443", "/ports/443-443": "/ports/443", "/ports/80-81,82.json": "", "/ports/443-443.json": "",
		"/ports/1-9/UDP": "/ports/1-9/udp", "/ports/conflicts": "",
	} {
		w := ask(t, s, path, "")
		if location(w) != want || want == "" && w.Code != http.StatusOK || want != "" && w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d to %q, want %q", path, w.Code, location(w), want)
		}
		if want != "" {
			if again := ask(t, s, want, ""); again.Code != http.StatusOK {
				t.Errorf("%s leads to %s, which is %d", path, want, again.Code)
			}
		}
	}
}

// answerOf asks for a port's answer as data.
func answerOf(t *testing.T, s *Site, port string) (p portJSON) {
	t.Helper()
	w := ask(t, s, "/ports/"+port+".json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusOK {
		t.Fatalf("port %s: %d %s: %v", port, w.Code, w.Body, err)
	}
	return p
}

// ids returns the ids of rows as data.
func ids(t *testing.T, rows []json.RawMessage) (list []string) {
	t.Helper()
	for _, raw := range rows {
		var row struct{ ID string }
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		list = append(list, row.ID)
	}
	return list
}

// plainRules are those of a Linux that nobody changed, for a program without rights.
var plainRules = ports.Rules{Ephemeral: ports.Span{First: 32768, Last: 60999}, PrivilegedBelow: 1024}

// newPortSite returns a site with plain rules that binds nothing: bind says what comes of trying.
func newPortSite(t fataler, m *machine, interval time.Duration, bind func(port uint16, protocol string) []ports.Outcome) *Site {
	t.Helper()
	s := newTestSite(t, m, interval)
	s.portRules.system = func() ports.Rules { return plainRules }
	s.tries.bind = func(_ context.Context, port uint16, protocol string, _ bool) []ports.Outcome {
		if bind == nil {
			t.Errorf("port %d/%s was bound though nobody asked for it", port, protocol)
		}
		return bind(port, protocol)
	}
	return s
}

// TestPortAnswer: who listens, who is connected, what holds the port otherwise, and what the number is for; the page
// says the same sentence as the data. Nothing is bound.
func TestPortAnswer(t *testing.T) {
	m := office()
	m.sockets[6] = tcp(6, poller.StateClosed, "192.0.2.7:8081", nowhere, 2)
	s := newPortSite(t, m, poller.MaxInterval, nil)
	s.resting = func(context.Context, uint16) (map[poller.ID]time.Duration, error) {
		return map[poller.ID]time.Duration{3: 12_500 * time.Millisecond}, nil
	}
	for _, test := range []struct {
		port, sentence             string
		can                        []string
		listeners, through, others []string
	}{
		{"443", "443/tcp is held by nginx (PID 1) on all IPv4 addresses, 1 client; 443/udp is free, but not for this program: ports below 1024 need root or " +
			"CAP_NET_BIND_SERVICE, which this program does not have.", []string{"no", "no"}, []string{"1"}, []string{"2"}, []string{"3"}},
		{"53/udp", "53/udp is held by resolved (PID 3) on loopback only.", []string{"no"}, []string{"5"}, nil, nil},
		{"8081", "8081/tcp is bound by firefox (PID 2) on 192.0.2.7, but nobody listens there: clients are refused; 8081/udp seems free: no socket of this machine holds it.",
			[]string{"partly", "yes"}, nil, nil, []string{"6"}},
		{"6553", "Port 6553 seems free for TCP and UDP: no socket of this machine holds it.", []string{"yes", "yes"}, nil, nil, nil},
		{"40001/tcp", "40001/tcp is taken by an outgoing connection of firefox (PID 2) to 203.0.113.5:80; it is one of the ports that the system hands out by itself (32768 to 60999).",
			[]string{"partly"}, nil, nil, []string{"4"}},
	} {
		p := answerOf(t, s, test.port)
		if p.Sentence != test.sentence || !p.Complete || p.Host != s.host || p.ConnectionsTotal != len(test.through) || p.OthersTotal != len(test.others) {
			t.Errorf("%s: got  %s\nwant %s\n%+v", test.port, p.Sentence, test.sentence, p)
		}
		var can []string
		for _, one := range p.Protocols {
			can = append(can, one.CanBind)
			if one.CanBindBy != "prediction" || one.TriedAt != nil || !strings.Contains(one.CanBindNote, "prediction") || len(one.Ways) != 10 {
				t.Errorf("%s: %+v", test.port, one)
			}
		}
		got := [][]string{can, ids(t, p.Listeners), ids(t, p.Connections), ids(t, p.Others)}
		if diff := cmp.Diff([][]string{test.can, test.listeners, test.through, test.others}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.port, diff)
		}
		if body := html.UnescapeString(ask(t, s, "/ports/"+test.port, "").Body.String()); !strings.Contains(body, p.Sentence) {
			t.Errorf("%s: the page does not say %q", test.port, p.Sentence)
		}
	}
	if p := answerOf(t, s, "443/tcp"); !strings.Contains(string(p.Others[0]), `"holds":"time_wait","seconds_left":12.5}`) ||
		!strings.Contains(string(p.Listeners[0]), `"exposure":"all-ipv4","stack":"v4","backlog":null`) {
		t.Errorf("%s %s", p.Others, p.Listeners)
	}
	if p := answerOf(t, s, "80/tcp"); p.Protocols[0].Elsewhere != 1 || p.ConnectionsTotal != 0 {
		t.Errorf("port 80 elsewhere: %+v", p.Protocols[0])
	}
}

// TestPortFacts: class and services of a number, and null where no protocol was asked for.
func TestPortFacts(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	p := answerOf(t, s, "443")
	if p.Class != "system" || p.Protocol != nil || p.Port != 443 || len(p.Services) != 2 || p.Services[0].Name != "https" || !p.Services[0].Registered {
		t.Errorf("%+v", p)
	}
	if p := answerOf(t, s, "https/udp"); p.Protocol == nil || *p.Protocol != "udp" || len(p.Services) != 1 || p.Services[0].Protocol != "udp" {
		t.Errorf("%+v", p)
	}
	body := ask(t, s, "/ports/65535.json", "").Body.String()
	for _, part := range []string{`"protocol":null`, `"class":"dynamic"`, `"services":[]`, `"listeners":[]`, `"others":[]`, `"connections":[]`,
		`"connections_total":0`, `"before":[]`, `"clients":[]`, `"remarks":[]`} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if _, err := time.Parse(time.RFC3339, p.At.Format(time.RFC3339)); err != nil || p.At.IsZero() {
		t.Errorf("at %v", p.At)
	}
}

// TestBusyPort: of many connections the first are listed and all are counted.
func TestBusyPort(t *testing.T) {
	m := crowd(250)
	m.sockets[1000] = tcp(1000, poller.StateListen, "0.0.0.0:443", nowhere, 0)
	s := newPortSite(t, m, poller.MaxInterval, nil)
	p := answerOf(t, s, "443/tcp")
	if len(p.Connections) != 200 || p.ConnectionsTotal != 250 || p.Protocols[0].ClientTotal != 250 {
		t.Errorf("%d of %d", len(p.Connections), p.ConnectionsTotal)
	}
	sum := 0
	for _, c := range p.Protocols[0].Clients {
		sum += c.Connections
	}
	if sum != 50 || len(p.Protocols[0].Clients) != 50 || p.Protocols[0].ClientAddresses != 250 || p.Protocols[0].ClientAddresses < len(p.Protocols[0].Clients) {
		t.Errorf("clients: %+v", p.Protocols[0])
	}
}

// TestPortIsNotCalledFree while the table is not whole.
func TestPortIsNotCalledFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newPortSite(t, m, time.Second, nil)
		poll(t, s)
		m.set(func(m *machine) { m.failure = http.ErrBodyNotAllowed })
		poll(t, s)
		p := answerOf(t, s, "6553/tcp")
		if p.Complete || p.Sentence != "Nobody was seen on 6553/tcp, but the table of sockets is not whole." || p.Protocols[0].CanBind != "unknown" {
			t.Errorf("%+v", p)
		}
	})
}
