package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sockeye/poller"
	"sockeye/query"
)

// completed asks for completions.
func completed(t *testing.T, s *Site, text, rest string) completion {
	t.Helper()
	w := ask(t, s, "/complete", url.Values{"q": {text}, "rest": {rest}}.Encode())
	var c completion
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%q: %d %s: %v", text, w.Code, w.Body, err)
	}
	return c
}

// texts returns the options with their counts.
func (c completion) texts() string {
	var all []string
	for _, o := range c.Options {
		text := o.Text
		if o.Count != nil {
			text += " " + decimalText(int32(*o.Count))
		}
		all = append(all, text)
	}
	return strings.Join(all, " | ")
}

// TestComplete: keys first, then values with their counts among what the other terms keep.
func TestComplete(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	if err := s.poller.Fresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text, rest string
		from       int
		want       string
	}{
		{"sta", "", 0, "state:"},
		{"-pro", "", 1, "proto: | proc:"},
		{"port:443 (rem", "", 10, "rip: | rport:"},
		{"zzz", "", 0, ""},
		{"proc:", "", 5, "nginx 2 | firefox 1 | resolved 1"},
		{"proc:fire", "", 5, "firefox 1"},
		{"proc:a,n", "", 7, "nginx 2"},
		{`proc:"fi`, "", 5, "firefox 1"},
		{"port:443 proc:", "", 14, "nginx 2"},
		{"proc:", " port:443", 5, "nginx 2"},
		{"port:( proc:", "", 12, "nginx 2 | firefox 1 | resolved 1"},
		{"state:est", "", 6, "ESTABLISHED 2"},
		{"-state:l", "", 7, "LISTEN 1 | LAST_ACK 0 | CLOSED 0 | CLOSE_WAIT 0 | ESTABLISHED 2"},
		{"is:lo", "", 3, "loopback 1 | closed 1"},
		{"rip:", "", 4, "198.51.100.9 2 | 203.0.113.5 1"},
		{"rport:8", "", 6, "80 1"},
		{"port:http", "", 5, ""},
		{"svc:", "", 4, "https 3 | db2 1 | domain 1 | http 1"},
		{"pid:", "", 4, "1 2 | 2 1 | 3 1"},
		{"rx:", "", 3, ">1M"},
		{"ü😀 sta", "", 4, "state:"},
		{"user:", "", 5, ""},
	} {
		c := completed(t, s, test.text, test.rest)
		got := c.texts()
		if test.text == "port:http" {
			if !strings.Contains(got, "https") || !strings.HasPrefix(got, "http") {
				t.Errorf("%q offers %q", test.text, got)
			}
			continue
		}
		if test.text == "-state:l" {
			got, test.want = strings.Split(got, " | ")[0], "LISTEN 1"
		}
		if got != test.want || c.From != test.from || c.To != utf16Length(test.text) {
			t.Errorf("%q: %d..%d %q, want %d and %q", test.text, c.From, c.To, got, test.from, test.want)
		}
	}
	if n := len(completed(t, s, "", "").Options); n != len(query.Keys()) {
		t.Errorf("an empty box is offered %d keys", n)
	}
	if w := ask(t, s, "/complete", "q="+strings.Repeat("a", query.MaxLength+1)); w.Code != http.StatusBadRequest {
		t.Errorf("a text that is too long: %d", w.Code)
	}
}

// TestCompleteIsHarmless: any name is offered so that it can be read back.
func TestCompleteIsHarmless(t *testing.T) {
	s := newTestSite(t, hostileMachine(), poller.MaxInterval)
	if err := s.poller.Fresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, o := range completed(t, s, "proc:", "").Options {
		if _, err := query.Parse("proc:" + o.Text); err != nil {
			t.Errorf("%q: %v", o.Text, err)
		}
	}
}

// TestHints: what may be meant is offered with the view and with its problem, in the order of the view.
func TestHints(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for raw, want := range map[string]string{
		"q=tcp.port+%3D%3D+443&sort=-rx":               "proto=tcp&port=443&sort=-rx",
		"q=(+dport+%3D+:443+or+sport+%3D+:443+)":       "port=443",
		"q=prot:tcp":                                   "proto=tcp",
		"q=findstr&q=ESTABLISHED":                      "state=ESTABLISHED",
		`q=netstat&q=-ano&q=%22%7C%22&q=find&q=%3A443`: "port=443",
		"port=443": "", "q=nginx": "", "q=(": "",
	} {
		var info struct {
			Hint *hint `json:"hint"`
		}
		if err := json.Unmarshal(ask(t, s, "/view", raw).Body.Bytes(), &info); err != nil {
			t.Fatal(err)
		}
		got := ""
		if info.Hint != nil {
			got = info.Hint.Encode
		}
		if got != want {
			t.Errorf("%s: %q is offered, want %q", raw, got, want)
		}
		page := ask(t, s, "/", raw)
		if to := page.Header().Get("Location"); to != "" {
			page = ask(t, s, "/", strings.TrimPrefix(to, "/?"))
		}
		link := `<a href="/?` + strings.ReplaceAll(want, "&", "&amp;") + `" data-view>`
		if offered := strings.Contains(page.Body.String(), "Did you mean "+link); offered != (want != "") {
			t.Errorf("%s: the page offers it: %v", raw, offered)
		}
	}
}

// TestTimedViews: rows enter and leave a view by their age alone.
func TestTimedViews(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		m.set(func(m *machine) { m.sockets[9] = tcp(9, poller.StateListen, "0.0.0.0:9", nowhere, 1) })
		poll(t, s)
		fresh := newWatcher(t, s, box(t, "is:new"), span{offset: 0, limit: 60})
		old := newWatcher(t, s, box(t, "age:>5s"), span{offset: 0, limit: 60})
		grouped, _, err := query.FromURL("age=%3E5s&group=state&open=LISTEN")
		if err != nil {
			t.Fatal(err)
		}
		byState := newWatcher(t, s, grouped, span{offset: 0, limit: 60})
		for range 8 {
			poll(t, s)
			for _, w := range []*watcher{fresh, old, byState} {
				w.serve(t, true)
				w.client.same(t, truth(t, s, w.query, w.span))
			}
		}
		if fresh.client.Size.Matched != 0 || old.client.Size.Matched != 6 {
			t.Errorf("%d new, %d old", fresh.client.Size.Matched, old.client.Size.Matched)
		}
	})
}
