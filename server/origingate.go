package server

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// refusedOrigin is the body of a refusal by the origin gate.
const refusedOrigin = "This request did not come from a page of this sockeye, so it is not answered.\n" +
	"Open the address itself in the browser; a program that opens /live sends the page's address as Origin.\n"

// originGate refuses what a page of another origin asks in the name of its reader.
//
//   - An upgrade needs an Origin header that is our own origin as the client sees it: scheme, host and port. Browsers
//     do not keep other pages from opening a WebSocket, but always say which page does.
//   - Every method but GET and HEAD needs it as well, and what the browser says of the site must agree. The Origin of
//     a form is "null" under our Referrer-Policy (Fetch, "append a request Origin header"), so pages use fetch for what
//     is not GET, or loosen the policy towards their own origin in a meta element.
//   - A GET needs no Origin, but is refused where the browser says that another site makes it for something else than
//     to show it in a tab.
//   - OPTIONS is never answered, so no preflight is.
//
// The Host was judged before: an Origin that equals it is one of ours, not merely equal.
func originGate(gate *hostGate, log *rareLog) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			switch {
			case r.Method == http.MethodOptions:
				c.Response().Header().Set(echo.HeaderAllow, "GET, HEAD")
				return echo.ErrMethodNotAllowed
			case isUpgrade(r) && sameOrigin(r, gate.isSecure(r)):
				return next(c)
			case isUpgrade(r):
			case isSafe(r.Method) && mayRead(r, gate.isSecure(r)):
				return next(c)
			case !isSafe(r.Method) && sameOrigin(r, gate.isSecure(r)) && saysSameOrigin(r):
				return next(c)
			}
			log.warn("origin refused", "origin", cut(strings.Join(r.Header["Origin"], " "), 100),
				"site", cut(r.Header.Get("Sec-Fetch-Site"), 20), "method", cut(r.Method, 20),
				"peer", r.RemoteAddr, "path", cut(r.URL.Path, 100))
			return refuse(c, http.StatusForbidden, refusedOrigin)
		}
	}
}

// isSafe reports whether the method only reads.
func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// isUpgrade reports whether r asks for another protocol. The offer of HTTP/2 that curl makes on plain requests is
// passed over, as net/http does; everything else counts, so that no spelling of "websocket" is missed that some
// library understands.
func isUpgrade(r *http.Request) bool {
	values := r.Header["Upgrade"]
	return len(values) > 1 || len(values) == 1 && values[0] != "h2c"
}

// sameOrigin reports whether r has exactly one Origin and it is ours, as the client sees it: https where it is secure.
func sameOrigin(r *http.Request, secure bool) bool {
	origins := r.Header["Origin"]
	if len(origins) != 1 {
		return false
	}
	scheme, defaultPort := "http", 80
	if secure {
		scheme, defaultPort = "https", 443
	}
	rest, ok := strings.CutPrefix(origins[0], scheme+"://")
	if !ok {
		return false
	}
	origin, ok := parseAuthority(rest)
	host, hostOK := parseAuthority(r.Host)
	if !ok || !hostOK {
		return false
	}
	for _, a := range []*authority{&origin, &host} {
		if a.port == 0 {
			a.port = defaultPort
		}
	}
	return origin == host
}

// saysSameOrigin reports whether the browser, if it says anything (it does only on trustworthy origins), says that the
// request comes from our own page.
func saysSameOrigin(r *http.Request) bool {
	site := r.Header["Sec-Fetch-Site"]
	return len(site) == 0 || len(site) == 1 && site[0] == "same-origin"
}

// mayRead judges a GET by the Fetch Metadata headers (W3C), and by an Origin where there is one: our own pages, the
// address bar, and links that open in a tab. The headers are absent on plain HTTP across the LAN and outside of
// browsers; there Cross-Origin-Resource-Policy and the missing CORS headers keep the answer from other sites.
func mayRead(r *http.Request, secure bool) bool {
	if len(r.Header["Origin"]) > 0 && !sameOrigin(r, secure) {
		return false
	}
	site := r.Header["Sec-Fetch-Site"]
	if saysSameOrigin(r) || len(site) == 1 && site[0] == "none" {
		return true
	}
	dest := r.Header["Sec-Fetch-Dest"]
	toTab := len(dest) == 0 || len(dest) == 1 && dest[0] == "document"
	mode := r.Header["Sec-Fetch-Mode"]
	return toTab && len(mode) == 1 && mode[0] == "navigate"
}
