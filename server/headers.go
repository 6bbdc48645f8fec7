package server

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// contentPolicy is the Content-Security-Policy of every answer: everything comes from this server, no script or style
// stands in the page itself, nobody frames it. The last two directives (Trusted Types) forbid the script every way of
// making markup out of text, such as innerHTML and DOMParser.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// fixedHeaders are on every answer, and no handler changes them.
var fixedHeaders = [][2]string{
	{"Content-Security-Policy", contentPolicy},
	// A type is what we say it is: a process name cannot turn an export into a page.
	{"X-Content-Type-Options", "nosniff"},
	// The URL is the view, and says what its reader looks at.
	{"Referrer-Policy", "no-referrer"},
	// For browsers that do not know frame-ancestors.
	{"X-Frame-Options", "DENY"},
	// A page that opened ours in a tab has no hold on it.
	{"Cross-Origin-Opener-Policy", "same-origin"},
	// Data is not loaded as script or image by other origins, other ports of this host included.
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
}

// secureHeaders sets the fixed headers, and "Cache-Control: no-store" where the handler says nothing else. It does so
// once more when the header is written, because http.Error and the like take some of them away.
func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		setHeaders(c.Response().Header())
		c.Response().Before(func() { setHeaders(c.Response().Header()) })
		return next(c)
	}
}

// setHeaders writes the headers into h, and takes out all that would open the answer to other origins.
func setHeaders(h http.Header) {
	for _, f := range fixedHeaders {
		h.Set(f[0], f[1])
	}
	if h.Get(echo.HeaderCacheControl) == "" {
		h.Set(echo.HeaderCacheControl, "no-store")
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			h.Del(name)
		}
	}
}
