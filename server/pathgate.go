package server

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// pathGate lets only plain paths through to the router and to the files behind it. Nothing is ever redirected to a
// tidier path, since that is how a path such as "//evil.example" becomes another site.
func pathGate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isPlainPath(c.Request().URL.Path, c.Request().URL.RawPath) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// isPlainPath reports whether a path is "/" or non-empty segments after slashes, none of them "." or "..", of visible
// ASCII without "\" and "%". path is decoded; raw is what came, or "" where that is path in its usual form. A slash
// that was encoded is seen by raw having fewer than path.
func isPlainPath(path, raw string) bool {
	if path == "/" {
		return true
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok || raw != "" && strings.Count(raw, "/") != strings.Count(path, "/") {
		return false
	}
	for segment := range strings.SplitSeq(rest, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' || r == '%' })
}

// getForHead hands HEAD to the router as GET, for which all pages are routed; net/http leaves the body out of the
// answer. An upgrade by HEAD stays what it is, and finds no route: GET alone opens a WebSocket (RFC 6455 section 4.1).
func getForHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && !isUpgrade(r) {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}
