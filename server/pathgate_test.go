package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
)

// Attack N4: odd paths are not found, and lead nowhere else.
//
//attack:n4
func TestOddPaths(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	odd := []string{
		"/debug/pprof", "/debug/pprof/", "/debug/vars", "/metrics", "//", "//evil.example", "//evil.example/%2e%2e",
		"/connections.json/", "/connections.json.", "/static", "/static/", "/ports/", "/ports/443/", "/ports//443",
		"/./connections.json", "/static/../connections.json", "/static/..", "/static/%2e%2e/x", "/static/%2e%2e%2fx",
		"/static/..%5cx", "/static/%2e", "/static/a%2fb", "/static/a%2Fb", "/static/a%252fb", "/static/a%5cb", "/ports/%2f",
		"/ports/4%00", "/ports/4%0a", "/ports/a%20b", "/ports/%c3%a4", "/ports/%ff", "/%2f", "/%5c", "/%2e%2e/%2e%2e/etc/passwd",
		"/conn%65ctions.json", "/\\evil.example", "/;/evil.example", "/index.html",
	}
	for _, p := range odd {
		r := request("GET", "/")
		u, err := url.ParseRequestURI(p)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		r.URL, r.RequestURI = u, p
		w := ask(s, r)
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Location") != "" {
			t.Errorf("%s: status %d, location %q, body %q", p, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	for _, p := range []string{"/", "/connections.json", "/static/app.js", "/static/vendor/a-1.2_x~.js", "/ports/443", "/ports/..443"} {
		if w := ask(s, request("GET", p)); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", p, w.Code)
		}
	}
}

// A target that is no path at all is refused as well.
func TestTargetsWithoutPath(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	serve(t, s)
	for target, want := range map[string]int{
		"GET http://localhost": 404, "GET *": 404, "GET localhost": 400, "GET ../x": 400, "GET /%zz": 400, "GET /a b": 400,
	} {
		res, body := raw(t, s.Addrs()[0], target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if res.StatusCode != want || strings.Contains(body, "secret") {
			t.Errorf("%s: status %d, want %d, body %q", target, res.StatusCode, want, body)
		}
	}
}

// What passes is the same after cleaning, decoded once or twice.
//
//attack:n4
func FuzzPlainPath(f *testing.F) {
	for _, p := range []string{"/", "/a/b", "/a//b", "/%2e%2e/x", "/a%2fb", "/a%252fb", "/a/", "/\\", "/static/app.js"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !isPlainPath(u.Path, u.RawPath) {
			return
		}
		again, err := url.PathUnescape(u.Path)
		if err != nil || again != u.Path || path.Clean(u.Path) != u.Path || !strings.HasPrefix(u.Path, "/") {
			t.Fatalf("%q passes: path %q, decoded again %q", target, u.Path, again)
		}
		if strings.HasPrefix(u.Path, "//") || strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") {
			t.Fatalf("%q passes with a second slash", target)
		}
	})
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	serve(t, s)
	res, err := http.Head(s.URL() + "/connections.json")
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("status %d, type %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	w := httptest.NewRecorder()
	getForHead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Method", r.Method) })).
		ServeHTTP(w, request("POST", "/"))
	if got := w.Header().Get("Method"); got != "POST" {
		t.Errorf("POST became %s", got)
	}
}
