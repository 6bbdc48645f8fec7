package server

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/access"
)

// enterPath is where the secret of a link is exchanged for a session.
const enterPath = "/enter"

// role handles GET /enter: as whom the caller is known. A page that was opened from another site asks so whether its
// reader has a session: that first request brings no cookie (SameSite=Strict), this one does.
func (d *door) role(c echo.Context) error {
	return c.JSON(http.StatusOK, struct {
		Role string `json:"role"`
	}{access.RoleOf(c.Request().Context()).String()})
}

// enter handles POST /enter with k, the secret, and to, the page that is wanted. A form is sent on to the page; a
// script, which asks for JSON, is told 204 and goes there itself. The cookie is a new one each time, so that nobody can
// be made to use one that another knows.
func (d *door) enter(c echo.Context) error {
	r := c.Request()
	secret := strings.TrimSpace(r.PostFormValue("k"))
	if i := strings.LastIndex(secret, secretMark); i >= 0 { // the whole link was pasted
		secret = secret[i+len(secretMark):]
	}
	s, cookie, err := d.keeper.Enter(secret, peerOf(r).addr, r.UserAgent())
	switch {
	case errors.Is(err, access.ErrTooMany):
		c.Response().Header().Set("Retry-After", "60")
		return echo.NewHTTPError(http.StatusTooManyRequests, sentence(err))
	case err != nil:
		return echo.NewHTTPError(http.StatusUnauthorized, sentence(err))
	}
	http.SetCookie(c.Response(), &http.Cookie{
		Name: d.cookieName(r), Value: cookie, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: d.gate.isSecure(r),
	})
	s.Sent(int(c.Response().Size))
	if r.Header.Get(echo.HeaderAccept) == echo.MIMEApplicationJSON {
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, localPage(r.PostFormValue("to")))
}

// secretMark stands before the secret in a link. What follows it is never sent by a browser.
const secretMark = "#k="

// localPage returns the path and query of a page of this server, "/" where to is none.
func localPage(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" || !isPlainPath(u.Path, u.RawPath) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
