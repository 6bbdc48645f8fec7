package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
	"sockeye/views"
)

// location returns where an answer sends the reader on to, "" where it does not.
func location(w *httptest.ResponseRecorder) string {
	if w.Code < 300 || w.Code > 399 {
		return ""
	}
	return w.Header().Get("Location")
}

// TestOneURLForAView: forms and people spell a view in many ways; the page has one address.
func TestOneURLForAView(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"":                               "",
		"q=":                             "/",
		"q=&sort=":                       "/",
		"q=state%3Aestablished+port:443": "/?state=ESTABLISHED&port=443",
		"q=nginx&sort=-rx":               "",
		"state=established":              "/?state=ESTABLISHED",
		"state=ESTABLISHED":              "",
		"port=443&state=ESTABLISHED":     "",
		"-proc=chrome&offset=60":         "",
		"offset=60&-proc=chrome":         "/?-proc=chrome&offset=60",
		"q=nginx&&":                      "/?q=nginx",
		"q=%6Eginx":                      "", // a proxy may write escapes as it likes
		"sort=receive_rate":              "/?sort=rxrate",
		"limit=5&offset=1":               "",
		"offset=1&limit=5":               "/?limit=5&offset=1",
	} {
		w := ask(t, s, "/", rawQuery)
		status := http.StatusOK
		if want != "" {
			status = http.StatusSeeOther
		}
		if w.Code != status || location(w) != want {
			t.Errorf("%q: %d to %q, want %d to %q", rawQuery, w.Code, location(w), status, want)
		}
	}
}

// drawURL draws the query of a URL: mostly of parameters there are, with good and bad values in all spellings.
func drawURL(t *rapid.T) string {
	name := rapid.SampledFrom([]string{"state", "proto", "fam", "ip", "lip", "rip", "port", "lport", "rport", "pid", "proc",
		"user", "dir", "q", "sort", "offset", "limit", "PORT", "-state", "-proc", "-port", "nokey", ""})
	text := rapid.OneOf(rapid.SampledFrom([]string{"established", "FIN-WAIT-1,listen", "connected", "443", "0443", "80,443", "1..9",
		"10.0.0.0/8", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "in", "udp", "nginx", `"my server"`, `"a,b"`, "-rx,proc", "local",
		"state:established port:443", "-proc:chrome x", "", " ", "99999", "1e3", "a;b", "(a)", "or", "+5", "007"}), rapid.StringN(0, 8, -1))
	escape := rapid.SampledFrom([]func(string) string{url.QueryEscape, func(s string) string { return s }})
	var raw []string
	for range rapid.IntRange(0, 5).Draw(t, "pairs") {
		raw = append(raw, name.Draw(t, "name")+"="+escape.Draw(t, "escape")(text.Draw(t, "value")))
	}
	return strings.Join(raw, rapid.SampledFrom([]string{"&", "&", "&&"}).Draw(t, "between"))
}

// TestNoRedirectLoop: whatever the URL, the reader is sent on once at the most, to a page that stands, on this site.
func TestNoRedirectLoop(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	long := strings.Repeat("q=%22,%22&", 400)
	rapid.Check(t, func(t *rapid.T) {
		raw := drawURL(t) + long[:rapid.SampledFrom([]int{0, 0, 0, 1000, 3500, 4000}).Draw(t, "more")]
		first := ask(t, s, "/", raw)
		switch first.Code {
		case http.StatusOK, http.StatusBadRequest:
			return
		case http.StatusSeeOther:
		default:
			t.Fatalf("%q: status %d", raw, first.Code)
		}
		to, err := url.Parse(location(first))
		if err != nil || to.Path != "/" || to.Host != "" || to.Scheme != "" {
			t.Fatalf("%q: sent to %q, %v", raw, location(first), err)
		}
		if second := ask(t, s, "/", to.RawQuery); second.Code != http.StatusOK {
			t.Fatalf("%q: sent to %q, which is %d to %q", raw, to, second.Code, location(second))
		}
		before, _, err := query.FromURL(raw)
		if err != nil {
			t.Fatal(err)
		}
		if after, _, err := query.FromURL(to.RawQuery); err != nil || after.Encode() != before.Encode() {
			t.Fatalf("%q: sent to another view, %q", raw, to)
		}
	})
}

// dataID finds the rows of a page.
var dataID = regexp.MustCompile(`data-id="([0-9a-f]+)"`)

// rowsOf returns the ids of the rows in a page, the template's empty one left out.
func rowsOf(w *httptest.ResponseRecorder) (ids []string) {
	for _, m := range dataID.FindAllStringSubmatch(w.Body.String(), -1) {
		if m[1] != "0" {
			ids = append(ids, m[1])
		}
	}
	return ids
}

// TestPageWithoutScript: the rows of the view stand in the page, in its order, with as many as a window can have.
func TestPageWithoutScript(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"": "4 1 2 5 3", "sort=-pid": "5 4 1 2 3", "state=ESTABLISHED": "4 2", "port=1": "",
		"limit=2&offset=1": "1 2", "offset=4": "3", "offset=900": "",
	} {
		w := ask(t, s, "/", rawQuery)
		if got := strings.Join(rowsOf(w), " "); got != want || w.Code != http.StatusOK {
			t.Errorf("%q: %d with the rows %q, want %q", rawQuery, w.Code, got, want)
		}
		if kind := w.Header().Get("Content-Type"); kind != "text/html; charset=UTF-8" {
			t.Errorf("%q: %s", rawQuery, kind)
		}
	}
	body := ask(t, s, "/", "state=ESTABLISHED").Body.String()
	for _, part := range []string{"198.51.100.9", ":50001", "nginx", "98.0 kB", ` data-seq="1"`, ` data-matched="2"`} {
		if !strings.Contains(body, part) {
			t.Errorf("the page has no %q", part)
		}
	}
	full := ask(t, newTestSite(t, crowd(500), poller.MaxInterval), "/", "")
	if n := len(rowsOf(full)); n != pageRows {
		t.Errorf("%d rows of 500", n)
	}
	if sent := compressed(t, full.Body.Bytes()); sent > 20<<10 {
		t.Errorf("a page of %d rows is %d bytes, compressed", pageRows, sent)
	}
}

// compressed returns how many bytes a text has as gzip sends it.
func compressed(t *testing.T, text []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// TestPageOfABadView keeps what was typed, says why it could not be read, and shows no rows. It asks for no poll.
func TestPageOfABadView(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for _, test := range []struct{ rawQuery, box, problem string }{
		{"q=state%3Afoo+nginx", "state:foo nginx", `unknown state "foo"`},
		{"state=FOO", "state:FOO", `unknown state "FOO"`},
		{"port=443&state=FOO&-proc=sshd", "port:443 state:FOO -proc:sshd", `unknown state "FOO"`},
		{"port=80,99999", "port:80,99999", "port must be 0 to 65535"},
		{"proc=my+server,x&state=a%22b", `proc:"my server",x state:a"b`, ""},
		{"q=%22open", `"open`, ""},
		{"q=" + url.QueryEscape(hostile[1]), hostile[1], ""},
		{"offset=x", "", "offset must be a number"},
		{"limit=0&port=443", "port:443", "limit must be a number"},
		{"q=%", "q=%", "escape"},
		{"q=a;b", "q=a;b", "%3B"},
	} {
		w := ask(t, s, "/", test.rawQuery)
		if w.Code != http.StatusBadRequest || len(rowsOf(w)) != 0 {
			t.Errorf("%q: %d with %d rows", test.rawQuery, w.Code, len(rowsOf(w)))
		}
		if box := found(w, `<input[^>]*name="q"[^>]* value="([^"]*)"`); box != test.box {
			t.Errorf("%q: the box has %q, want %q", test.rawQuery, box, test.box)
		}
		if problem := found(w, `<p id="problem"[^>]*role="alert">([^<]+)</p>`); problem == "" || !strings.Contains(problem, test.problem) {
			t.Errorf("%q: the problem is %q, want %q", test.rawQuery, problem, test.problem)
		}
	}
	if m.polled() != 0 {
		t.Errorf("%d polls", m.polled())
	}
}

// found returns the text that the first group of a pattern finds in a page, "" where it finds nothing.
func found(w *httptest.ResponseRecorder, pattern string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(w.Body.String())
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// tag finds the tags of a page.
var tag = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)

// TestHostileNamesInPages: a name is text, on the dashboard and on the page of a port, and adds no markup.
func TestHostileNamesInPages(t *testing.T) {
	s := newTestSite(t, hostileMachine(), poller.MaxInterval)
	m := hostileMachine()
	for pid, name := range m.processes {
		if name != "" { // the page counts the different names that there are
			m.processes[pid] = fmt.Sprintf("plain-%02d", pid)
		}
	}
	plain := newTestSite(t, m, poller.MaxInterval)
	for _, path := range []string{"/", "/ports/443"} {
		body := ask(t, s, path, "").Body.String()
		if got, want := len(tag.FindAllString(body, -1)), len(tag.FindAllString(ask(t, plain, path, "").Body.String(), -1)); got != want {
			t.Errorf("%s: %d tags, %d with plain names", path, got, want)
		}
		if at := strings.IndexAny(body, "\x00\x1b\r\u202e\u2028\u2029"); at >= 0 {
			t.Errorf("%s: %q stands in the page as it is", path, body[at:at+1])
		}
		for _, name := range hostile[:6] {
			if !strings.Contains(html.UnescapeString(body), views.Visible(name)) || strings.ContainsAny(name, "<>") && strings.Contains(body, name) {
				t.Errorf("%s: the name %q is not shown as text", path, name)
			}
		}
	}
}

// TestViewInfo: the script is told how a view is spelled, what its chips are, and what its headers lead to.
func TestViewInfo(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	var got viewInfo
	if err := json.Unmarshal(ask(t, s, "/view", "q=state:estab+-proc:chrome&sort=-rx,pid&n=1").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	headers, then := got.Headers, got.Then
	got.Headers, got.Then = nil, nil
	want := viewInfo{
		Encode: "state=ESTABLISHED&-proc=chrome&sort=-rx,pid&n=1", Rows: "state=ESTABLISHED&-proc=chrome&sort=-rx,pid", Box: "state:ESTABLISHED -proc:chrome",
		Chips: []chip{
			{"state:ESTABLISHED", "-proc=chrome&sort=-rx,pid&n=1"}, {"-proc:chrome", "state=ESTABLISHED&sort=-rx,pid&n=1"},
		},
		Sort: []sortedBy{{"rx", true}, {"pid", false}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(headers) != len(query.Columns()) || headers["rx"] != "state=ESTABLISHED&-proc=chrome&sort=rx&n=1" ||
		headers["tx"] != "state=ESTABLISHED&-proc=chrome&sort=-tx&n=1" {
		t.Errorf("headers %v", headers)
	}
	if len(then) != len(headers) || then["tx"] != "state=ESTABLISHED&-proc=chrome&sort=-rx,-tx&n=1" {
		t.Errorf("headers with Shift %v", then)
	}
	if body := strings.TrimSpace(ask(t, s, "/view", "").Body.String()); !strings.HasPrefix(body, `{"encode":"","rows":"","box":"","chips":[],"sort":[],"headers":{`) {
		t.Errorf("of everything: %s", body)
	}
	if w := ask(t, s, "/view", "state=FOO"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `{"error":"unknown state \"FOO\"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if m.polled() != 0 {
		t.Errorf("%d polls", m.polled())
	}
}

// TestHealth answers without a poll, before the first and after.
func TestHealth(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for _, want := range []string{`{"status":"ok","polls":0,"source":"fake","stale":false}`, `{"status":"ok","polls":1,"source":"fake","stale":false}`} {
		before := m.polled()
		w := ask(t, s, "/healthz", "")
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want || m.polled() != before {
			t.Errorf("%d %s after %d polls, want %s", w.Code, got, m.polled(), want)
		}
		ask(t, s, "/", "")
	}
}

// TestConnection: one connection by its id, as in the list.
func TestConnection(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	var one map[string]any
	w := ask(t, s, "/connections/2.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &one); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	for _, c := range exportOf(t, s, "").Connections {
		if c["id"] != "2" {
			continue
		}
		for name, want := range c {
			if diff := cmp.Diff(want, one[name]); diff != "" {
				t.Errorf("%s (-in the list +alone):\n%s", name, diff)
			}
		}
	}
	for path, test := range map[string]struct {
		status int
		text   string
	}{
		"ff.json":                     {404, "no connection with the id ff"},
		"ff":                          {404, "no connection with the id ff"},
		"0.json":                      {400, "hexadecimal"},
		"02.json":                     {400, "hexadecimal"},
		"FF.json":                     {400, "hexadecimal"},
		"10000000000000000.json":      {400, "hexadecimal"},
		"zz":                          {400, "hexadecimal"},
		"<script>.json":               {400, "hexadecimal"},
		strings.Repeat("f", 9) + "é.": {400, "hexadecimal"},
		strings.Repeat("é", 5000):     {400, "…"},
	} {
		w := ask(t, s, "/connections/"+path, "")
		if body := w.Body.String(); w.Code != test.status || !strings.Contains(html.UnescapeString(body), test.text) || strings.Contains(body, "<script>.") {
			t.Errorf("%.40s: %d %.200s", path, w.Code, body)
		}
		if isJSON := strings.HasPrefix(w.Header().Get("Content-Type"), "application/json"); isJSON != strings.HasSuffix(path, ".json") {
			t.Errorf("%.40s: %s", path, w.Header().Get("Content-Type"))
		}
	}
}

// TestFailureFormats: an error comes in the format that was asked for.
func TestFailureFormats(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for path, want := range map[string]string{
		"/connections.json": "application/json", "/ports/x.json": "application/json", "/view": "application/json",
		"/live": "application/json", "/healthz": "application/json",
		"/connections.csv": "text/plain; charset=UTF-8", "/connections.ndjson": "application/json",
		"/static/x": "text/plain; charset=UTF-8", "/nowhere": "text/html; charset=UTF-8", "/": "text/html; charset=UTF-8",
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		w := httptest.NewRecorder()
		c := handler(s).NewContext(r, w)
		if err := s.Failure(c, http.StatusTeapot, `No <b>tea</b> "here".`); err != nil {
			t.Fatal(err)
		}
		text := html.UnescapeString(w.Body.String())
		if strings.HasPrefix(want, "application/json") {
			var problem struct{ Error string }
			if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
				t.Fatal(err)
			}
			text = problem.Error
		}
		if w.Code != http.StatusTeapot || w.Header().Get("Content-Type") != want || !strings.Contains(text, `No <b>tea</b> "here".`) {
			t.Errorf("%s: %d %s %s", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if want == "text/html; charset=UTF-8" && strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("%s: markup comes through", path)
		}
	}
}

// TestFailureAdvice: a page says what can be done, where something can.
func TestFailureAdvice(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	if w := ask(t, s, "/nowhere", ""); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "The table of all connections is on the first page.") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for status, want := range map[int]bool{404: true, 503: true, 500: true, 400: false} {
		if advice(status) != "" != want {
			t.Errorf("%d: %q", status, advice(status))
		}
	}
}

// TestTheme: the reader's choice is in the page, and nothing else that a cookie may hold.
func TestTheme(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for value, want := range map[string]bool{"dark": true, "light": true, "": false, "mauve": false, `"><script>`: false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "theme="+value)
		w := httptest.NewRecorder()
		handler(s).ServeHTTP(w, r)
		head, _, _ := strings.Cut(w.Body.String(), "<head>")
		if got := strings.Contains(head, `"`+value+`"`) && value != ""; got != want {
			t.Errorf("theme %q: %s", value, head)
		}
	}
}
