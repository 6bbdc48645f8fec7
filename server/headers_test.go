package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// checkHeaders demands the fixed headers, and none that opens the answer to others.
func checkHeaders(t *testing.T, what string, h http.Header) {
	t.Helper()
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=()",
	}
	for name, value := range want {
		if got := h.Values(name); len(got) != 1 || got[0] != value {
			t.Errorf("%s: %s is %q", what, name, got)
		}
	}
	if h.Get("Cache-Control") == "" {
		t.Errorf("%s: no Cache-Control", what)
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s is set", what, name)
		}
	}
}

func TestHeadersOnEveryPath(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	status := map[string]int{
		"page": 200, "head": 200, "data": 200, "static": 200, "404": 404, "405": 405, "panic": 500, "fail": 500,
		"odd path": 404, "options": 405, "options *": 405, "post": 200, "upgrade": 403, "foreign origin": 403, "414": 414,
		"413": 413, "bad upgrade": 426,
	}
	for name, r := range everyPath() {
		w := ask(s, r)
		if w.Code != status[name] {
			t.Errorf("%s: status %d, want %d", name, w.Code, status[name])
		}
		checkHeaders(t, name, w.Result().Header)
		cache := "no-store"
		if name == "static" {
			cache = "max-age=31536000, immutable"
		}
		if got := w.Result().Header.Get("Cache-Control"); got != cache {
			t.Errorf("%s: Cache-Control is %q, want %q", name, got, cache)
		}
	}
}

// No handler can open an answer to other origins, nor loosen the policy.
//
//attack:c8
func TestHeadersCannotBeLoosened(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/open", func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Content-Security-Policy", "default-src *")
			h.Del("X-Frame-Options")
			http.Error(c.Response(), "gone", http.StatusGone) // takes Cache-Control away
			return nil
		})
	}}, defaultLimits)
	w := ask(s, request("GET", "/open"))
	if w.Code != http.StatusGone {
		t.Errorf("status %d", w.Code)
	}
	checkHeaders(t, "open", w.Result().Header)
}
