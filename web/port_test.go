package web

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
)

// TestPortForm: what the form sends is led to the answer's own address.
func TestPortForm(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"q=https": "/ports/443", "q=443": "/ports/443", "q=%3A443": "/ports/443", "q=+443+": "/ports/443",
		"q=443/udp": "/ports/443/udp", "q=udp%2F53": "/ports/53/udp", "q=HTTPS/TCP": "/ports/443/tcp", "q=0443": "/ports/443",
	} {
		if w := ask(t, s, "/ports", rawQuery); w.Code != http.StatusSeeOther || location(w) != want {
			t.Errorf("%s: %d to %q, want %q", rawQuery, w.Code, location(w), want)
		}
	}
	for _, rawQuery := range []string{"", "q=", "q=++"} {
		if w := ask(t, s, "/ports", rawQuery); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="q"`) {
			t.Errorf("%q: %d", rawQuery, w.Code)
		}
	}
	if m.polled() != 0 {
		t.Errorf("the form alone made %d polls", m.polled())
	}
}

// TestNoPort: what is no port is answered with 400, the reason, and what was typed.
func TestNoPort(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for asked, want := range map[string]string{
		"0": "1 to 65535", "65536": "1 to 65535", "-1": "no service is known", "443/sctp": "tcp or udp", "nonsense": "no service is known",
		"99999999999999999999": "1 to 65535", `"><svg onload=alert(1)>`: "no service is known", strings.Repeat("x", 5000): "no service",
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
		"/ports/443.csv": 400, "/ports/443/sctp.json": 400, "/ports/.json": 400,
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

// TestPortAnswer: who listens, who is connected, what holds the port otherwise, and what the number is for; the page
// says the same sentence as the data.
func TestPortAnswer(t *testing.T) {
	m := office()
	held := tcp(6, poller.StateClosed, "192.0.2.7:8081", nowhere, 2)
	m.sockets[6] = held
	s := newTestSite(t, m, poller.MaxInterval)
	for _, test := range []struct {
		port, sentence             string
		listeners, through, others []string
	}{
		{"443", "Port 443 is taken: nginx (PID 1) listens on 0.0.0.0", []string{"1"}, []string{"2"}, []string{"3"}},
		{"443/udp", "UDP port 443 is free: no socket of this machine uses it.", nil, nil, nil},
		{"53", "Port 53 is taken: resolved (PID 3) listens on 127.0.0.53", []string{"5"}, nil, nil},
		{"53/tcp", "TCP port 53 is free: no socket of this machine uses it.", nil, nil, nil},
		{"80", "Nobody listens on port 80; one connection uses it.", nil, []string{"4"}, nil},
		{"8081", "Nobody listens on port 8081, but firefox (PID 2) still holds it with a socket in CLOSED.", nil, nil, []string{"6"}},
		{"6553", "Port 6553 is free: no socket of this machine uses it.", nil, nil, nil},
	} {
		p := answerOf(t, s, test.port)
		if !strings.HasPrefix(p.Sentence, test.sentence) || !p.Complete || p.Host != s.host || p.ConnectionsTotal != len(test.through) {
			t.Errorf("%s: %+v", test.port, p)
		}
		got := [][]string{ids(t, p.Listeners), ids(t, p.Connections), ids(t, p.Others)}
		if diff := cmp.Diff([][]string{test.listeners, test.through, test.others}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.port, diff)
		}
		if body := html.UnescapeString(ask(t, s, "/ports/"+test.port, "").Body.String()); !strings.Contains(body, p.Sentence) {
			t.Errorf("%s: the page does not say %q", test.port, p.Sentence)
		}
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
	for _, part := range []string{`"protocol":null`, `"class":"dynamic"`, `"services":[]`, `"listeners":[]`, `"others":[]`, `"connections":[]`, `"connections_total":0`} {
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
	s := newTestSite(t, crowd(maxThrough+50), poller.MaxInterval)
	if p := answerOf(t, s, "443"); len(p.Connections) != maxThrough || p.ConnectionsTotal != maxThrough+50 {
		t.Errorf("%d of %d", len(p.Connections), p.ConnectionsTotal)
	}
}

// TestPortIsNotCalledFree while the table is not whole.
func TestPortIsNotCalledFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		m.set(func(m *machine) { m.failure = http.ErrBodyNotAllowed })
		poll(t, s)
		if p := answerOf(t, s, "6553"); p.Complete || p.Sentence != "Nobody was seen on port 6553, but the table is not whole." {
			t.Errorf("%+v", p)
		}
	})
}
