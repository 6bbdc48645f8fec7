package static

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// get asks the handler for a path as it stands, with its dots and escapes.
func get(method, path, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost/", nil)
	u, err := url.Parse("http://localhost" + path)
	if err != nil {
		panic(err)
	}
	r.URL = u
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestServes(t *testing.T) {
	for name, kind := range map[string]string{
		"js/main.js":               "text/javascript; charset=utf-8",
		"js/format.js":             "text/javascript; charset=utf-8",
		"css/app.css":              "text/css; charset=utf-8",
		"css/pages.css":            "text/css; charset=utf-8",
		"favicon.svg":              "image/svg+xml",
		"vendor/uPlot.iife.min.js": "text/javascript; charset=utf-8",
	} {
		w := get(http.MethodGet, URL(name), "")
		if w.Code != http.StatusOK || w.Body.String() != string(load().assets[name].plain) || w.Body.Len() == 0 {
			t.Errorf("%s: %d, %d bytes", name, w.Code, w.Body.Len())
		}
		for header, want := range map[string]string{
			"Content-Type": kind, "Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding",
			"X-Content-Type-Options": "nosniff", "Content-Encoding": "",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

// TestNotFound: nothing is served but the files of this build at exactly their addresses.
func TestNotFound(t *testing.T) {
	build := Prefix + Build()
	for _, path := range []string{
		"/", "/static", Prefix, build, build + "/", build + "/js", build + "/js/", build + "//js/main.js",
		build + "/./js/main.js", build + "/css/../js/main.js", build + "/js/main.js/", build + "/js/main.js%00",
		build + "/js%2fmain.js", build + "/%2e%2e/static.go", build + "/../static.go", build + "/static.go",
		build + "/vendor/README.md", build + "/vendor/LICENSE", build + "/css/base.css", build + `/js\main.js`,
		build + "/JS/MAIN.JS", "/static/0000000000000000/js/main.js", "/static/js/main.js",
		"/static/" + strings.ToUpper(Build()) + "x/js/main.js",
	} {
		w := get(http.MethodGet, path, "gzip")
		if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestMethods(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"} {
		w := get(method, URL("js/main.js"), "")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	head, full := get(http.MethodHead, URL("js/main.js"), "gzip"), get(http.MethodGet, URL("js/main.js"), "gzip")
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != full.Header().Get("Content-Length") {
		t.Errorf("HEAD: %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
}

func TestAcceptEncoding(t *testing.T) {
	for accept, want := range map[string]string{
		"":                             "",
		"gzip":                         "gzip",
		"GZIP":                         "gzip",
		"gzip, deflate, br, zstd":      "gzip",
		"deflate, gzip;q=1.0, *;q=0.5": "gzip",
		"gzip;q=0":                     "",
		"gzip; q=0.0, *":               "",
		"br":                           "",
		"*":                            "gzip",
		"*;q=0":                        "",
		"identity":                     "",
		"gzip;q=x":                     "",
		"x-gzip":                       "gzip",
		"gzipped":                      "",
	} {
		w := get(http.MethodGet, URL("js/main.js"), accept)
		if got := w.Header().Get("Content-Encoding"); got != want || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
		body := load().assets["js/main.js"].plain
		if want == "gzip" {
			body = load().assets["js/main.js"].gzip
		}
		if w.Body.String() != string(body) {
			t.Errorf("%q: the body does not fit the headers", accept)
		}
	}
}

// FuzzFind: whatever the path, what is found is a file of the bundle, and only at the address that URL gives.
func FuzzFind(f *testing.F) {
	for name := range load().assets {
		f.Add(URL(name))
	}
	f.Add(Prefix + Build() + "/../static.go")
	f.Add("//")
	f.Fuzz(func(t *testing.T, path string) {
		_, ok := load().find(path)
		name, _ := strings.CutPrefix(path, URL(""))
		_, there := load().assets[name]
		if ok != (there && path == URL(name)) {
			t.Errorf("find(%q) = %v", path, ok)
		}
	})
}
