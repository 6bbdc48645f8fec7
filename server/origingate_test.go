package server

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"nhooyr.io/websocket"
)

// originTable is attack C4: what stands as Origin, and whether it is our own on http://localhost:8080.
var originTable = []struct {
	name    string
	origins []string
	ok      bool
}{
	{"same", []string{"http://localhost:8080"}, true},
	{"missing", nil, false},
	{"empty", []string{""}, false},
	{"null", []string{"null"}, false},
	{"cross-site", []string{"http://evil.example"}, false},
	{"cross-site on our port", []string{"http://evil.example:8080"}, false},
	{"other port", []string{"http://localhost:3000"}, false},
	{"no port", []string{"http://localhost"}, false},
	{"other scheme", []string{"https://localhost:8080"}, false},
	{"extension", []string{"chrome-extension://localhost:8080"}, false},
	{"no scheme", []string{"localhost:8080"}, false},
	{"websocket scheme", []string{"ws://localhost:8080"}, false},
	{"other loopback name", []string{"http://127.0.0.1:8080"}, false},
	{"final dot", []string{"http://localhost.:8080"}, false},
	{"ours as prefix", []string{"http://localhost:8080.evil.example"}, false},
	{"ours as user", []string{"http://localhost:8080@evil.example"}, false},
	{"ours with path", []string{"http://localhost:8080/"}, false},
	{"list", []string{"http://localhost:8080 http://evil.example"}, false},
	{"two, ours first", []string{"http://localhost:8080", "http://evil.example"}, false},
	{"two, ours last", []string{"http://evil.example", "http://localhost:8080"}, false},
	{"two of ours", []string{"http://localhost:8080", "http://localhost:8080"}, false},
}

// refusedByOrigin demands the one refusal of the origin gate.
func refusedByOrigin(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "secret") || w.Body.Len() > 200 {
		t.Errorf("%s: status %d, body %q", what, w.Code, w.Body)
	}
	checkHeaders(t, what, w.Result().Header)
}

//attack:c4
func TestOriginGateOnUpgrade(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	for _, tt := range originTable {
		r := upgrade()
		r.Header["Origin"] = tt.origins
		w := ask(s, r)
		if !tt.ok {
			refusedByOrigin(t, tt.name, w)
		} else if w.Code == http.StatusForbidden {
			t.Errorf("%s: refused", tt.name)
		}
	}
	// However the upgrade is spelled, some library may understand it.
	for _, spelled := range []string{"WebSocket", "web\u017focket", "h2c, websocket", "websocket/13", ""} {
		r := upgrade()
		r.Header["Upgrade"] = []string{spelled}
		refusedByOrigin(t, spelled, ask(s, r))
		r.Header["Upgrade"] = []string{"h2c", spelled}
		refusedByOrigin(t, "h2c and "+spelled, ask(s, r))
	}
}

func TestOriginGateComparesAsTheClientSeesIt(t *testing.T) {
	table := []struct {
		host, origin string
		tls, ok      bool
	}{
		{"localhost:9999", "http://localhost:9999", false, true}, // an SSH tunnel
		{"localhost:80", "http://localhost", false, true},
		{"localhost", "http://localhost:80", false, true},
		{"localhost", "https://localhost", true, true},
		{"localhost:443", "https://localhost", true, true},
		{"localhost:8080", "http://localhost:8080", true, false},
		{"localhost", "https://localhost:8443", true, false},
		{"LOCALHOST:8080", "http://localhost:8080", false, true},
		{"[::1]:8080", "http://[::1]:8080", false, true},
	}
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	for _, tt := range table {
		r := upgrade("Origin", tt.origin)
		r.Host = tt.host
		if tt.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if got := ask(s, r).Code != http.StatusForbidden; got != tt.ok {
			t.Errorf("%+v: passed %v", tt, got)
		}
	}
}

// The upgrade over real connections: before the handshake, and by a client that does it right.
//
//attack:c4
func TestOriginGateOnTheWire(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	serve(t, s)
	for _, origin := range []string{"", "null", "http://evil.example"} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		_, res, err := websocket.Dial(t.Context(), s.URL()+"/live", &websocket.DialOptions{HTTPHeader: header})
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
	ws, res, err := websocket.Dial(t.Context(), s.URL()+"/live", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {s.URL()}, "Accept-Encoding": {"gzip"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	checkHeaders(t, "upgrade", res.Header)
	if _, msg, err := ws.Read(t.Context()); err != nil || string(msg) != "hello" {
		t.Errorf("read %q, %v", msg, err)
	}
}

// Attack C5: whatever is not GET or HEAD needs our own Origin.
//
//attack:c5
//attack:c7 without a word of the browser on the site
func TestOriginGateOnMethods(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "X"} {
		for _, tt := range originTable {
			r := request(method, "http://localhost:8080/act")
			r.Header["Origin"] = tt.origins
			w := ask(s, r)
			if !tt.ok {
				refusedByOrigin(t, method+" "+tt.name, w)
			} else if w.Code == http.StatusForbidden {
				t.Errorf("%s %s: refused", method, tt.name)
			}
		}
		for _, site := range []string{"cross-site", "same-site", "none", "Same-Origin", ""} {
			r := request(method, "http://localhost:8080/act", "Origin", "http://localhost:8080", "Sec-Fetch-Site", site)
			refusedByOrigin(t, method+" from "+site, ask(s, r))
		}
	}
	form := httptest.NewRequest("POST", "http://localhost:8080/act", strings.NewReader(url.Values{"pid": {"1"}}.Encode()))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	form.Header.Set("Origin", "http://evil.example")
	refusedByOrigin(t, "form", ask(s, form))

	w := ask(s, request("POST", "/act", "Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"))
	if w.Code != http.StatusOK {
		t.Errorf("our own page: status %d", w.Code)
	}
}

// Attack C6: data is for our pages and for tabs, not for scripts, images and frames of others.
//
//attack:c6
func TestOriginGateOnReading(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	table := []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"no browser", nil, true},
		{"address bar", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, true},
		{"our fetch", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, true},
		{"our fetch with origin", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8080"}, true},
		{"link in a chat page", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, true},
		{"link, older browser", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, true},
		{"script", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}, false},
		{"image from another port", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, false},
		{"foreign fetch", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", "http://evil.example"}, false},
		{"foreign fetch, no metadata", []string{"Origin", "http://evil.example"}, false},
		{"sandboxed fetch", []string{"Origin", "null"}, false},
		{"frame", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, false},
		{"object", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "object"}, false},
		{"no mode", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"two sites", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}, false},
	}
	for _, tt := range table {
		for _, path := range []string{"/", "/connections.json", "/static/app.js"} {
			w := ask(s, request("GET", path, tt.headers...))
			if !tt.ok {
				refusedByOrigin(t, tt.name+" "+path, w)
			} else if w.Code != http.StatusOK {
				t.Errorf("%s %s: status %d", tt.name, path, w.Code)
			}
		}
	}
}

// Attack C8: a preflight is never answered, on whatever path and from wherever.
//
//attack:c8
func TestPreflightIsNotAnswered(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	for _, path := range []string{"/", "/act", "/connections.json", "/static/app.js", "/nothing"} {
		for _, origin := range []string{"http://localhost:8080", "http://evil.example", "null"} {
			w := ask(s, request("OPTIONS", path, "Origin", origin,
				"Access-Control-Request-Method", "DELETE", "Access-Control-Request-Private-Network", "true"))
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
				t.Errorf("%s from %s: status %d, Allow %q", path, origin, w.Code, w.Header().Get("Allow"))
			}
			checkHeaders(t, "OPTIONS "+path, w.Header())
		}
	}
}
