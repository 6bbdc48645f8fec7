package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/access"
)

// door decides who a request is from.
type door struct {
	keeper *access.Keeper
	gate   *hostGate
}

// identify finds out who sent the request and puts it into the context: the owner by the user of the socket, others by
// a cookie or by a secret that comes with the request.
func (d *door) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		caller, err := d.callerOf(r)
		ctx := access.With(r.Context(), caller)
		c.SetRequest(r.WithContext(ctx))
		if err != nil {
			return err
		}
		if caller.Session == nil {
			return next(c)
		}
		return serveSession(c, caller.Session, next)
	}
}

// serveSession handles the request of a session: it ends when the session does, and what is sent is counted.
func serveSession(c echo.Context, s *access.Session, next echo.HandlerFunc) error {
	r := c.Request()
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	stop := context.AfterFunc(s.Context(), func() { cancel(context.Cause(s.Context())) })
	defer stop()
	c.SetRequest(r.WithContext(ctx))
	defer c.SetRequest(r) // who tells of a failure needs a context that has not ended
	defer func() { s.Sent(int(c.Response().Size)) }()
	err := next(c)
	if ended := access.EndedBy(ctx); err != nil && ended != nil && !c.Response().Committed {
		return echo.NewHTTPError(http.StatusUnauthorized, ended.Text).SetInternal(err)
	}
	return err
}

// callerOf judges a request. The error is for a secret that is wrong.
func (d *door) callerOf(r *http.Request) (access.Caller, error) {
	p := peerOf(r)
	caller := access.Caller{Plain: r.TLS == nil && !p.addr.IsLoopback() && p.addr != localAddr(r)}
	if d.isDirect(r) {
		if user := p.owner(); user != "" {
			caller.Role, caller.User = access.Owner, user
			return caller, nil
		}
	}
	s, err := d.sessionOf(r, p)
	var ended *access.Ended
	switch {
	case errors.As(err, &ended):
		caller.Why = ended.Text
	case errors.Is(err, access.ErrTooMany):
		return caller, echo.NewHTTPError(http.StatusTooManyRequests, sentence(err))
	case err != nil:
		return caller, echo.NewHTTPError(http.StatusUnauthorized, sentence(err))
	case s != nil:
		caller.Session, caller.Role = s, s.Role
		if caller.Plain { // whoever listens on the way has the cookie as well
			caller.Role = min(caller.Role, access.Viewer)
		}
		s.Asked(pageOf(r), time.Now())
	}
	return caller, nil
}

// forwarded are headers by which proxies tell whom they speak for, beside those that begin with X-Forwarded-.
var forwarded = []string{"Forwarded", "X-Real-Ip", "Via", "Cf-Connecting-Ip", "True-Client-Ip", "Tailscale-User-Login"}

// isForwarded reports whether a proxy says that it speaks for another.
func isForwarded(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(forwarded, name) {
			return true
		}
	}
	return false
}

// isDirect reports whether a request comes from its peer itself, as far as that can be told: it calls this machine by a
// name of loopback, in HTTP/1.1 (nginx speaks 1.0 unless told otherwise), and no proxy says that it speaks for another.
// The user of a proxy's socket is not the user of its clients: tailscaled works as root, and a tunnel as whoever started
// it.
func (d *door) isDirect(r *http.Request) bool {
	a, ok := parseAuthority(r.Host)
	if !ok || a.name != "" && !isLocalhost(a.name) || a.name == "" && !a.addr.IsLoopback() {
		return false
	}
	return r.ProtoAtLeast(1, 1) && !isForwarded(r.Header)
}

// bearer begins an Authorization header with a secret (RFC 6750).
const bearer = "Bearer "

// sessionOf returns the session of a request, nil where it has none.
func (d *door) sessionOf(r *http.Request, p *peer) (*access.Session, error) {
	if secret, ok := strings.CutPrefix(r.Header.Get(echo.HeaderAuthorization), bearer); ok {
		return d.keeper.Bearer(strings.TrimSpace(secret), p.addr, r.UserAgent())
	}
	cookie, err := r.Cookie(d.cookieName(r))
	if err != nil {
		return nil, nil //nolint:nilerr // no cookie is no session
	}
	return d.keeper.Session(cookie.Value)
}

// cookieName returns the name of the session's cookie. Browsers send a cookie to every port of a host, so the port is
// in it; under TLS its prefix keeps other hosts, and plain HTTP, from setting it (RFC 6265bis section 4.1.3).
func (d *door) cookieName(r *http.Request) string {
	name := "sockeye"
	if port := portOf(r); port != 0 {
		name += "-" + strconv.Itoa(port)
	}
	if d.gate.isSecure(r) {
		return "__Host-" + name
	}
	return name
}

// portOf returns the port of the address bar, 0 where there is none in it.
func portOf(r *http.Request) int {
	a, _ := parseAuthority(r.Host)
	return a.port
}

// maxPage is how much of an address is remembered, in bytes.
const maxPage = 300

// pageOf returns path and query of a request for a page, "" for all else that a page loads.
func pageOf(r *http.Request) string {
	path := r.URL.Path
	if !isSafe(r.Method) || isUpgrade(r) || r.URL.Query().Has("panel") || path == "/view" || path == "/complete" ||
		path == "/columns.css" || strings.HasPrefix(path, "/static/") {
		return ""
	}
	return cut(r.URL.RequestURI(), maxPage)
}

// sentence makes a sentence of an error that is meant for the reader.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
