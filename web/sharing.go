package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/access"
	"sockeye/poller"
	"sockeye/qrcode"
	"sockeye/views"
)

// Sharing lets others in; the server stands behind it. Its methods may be called from any goroutine.
type Sharing interface {
	// Places returns where a link can lead to, the likely ones first.
	Places() ([]access.Place, error)
	// Invite makes a link to a page, given by path and query, at the place with this ID; see server.Sharing.
	Invite(ctx context.Context, place string, plain bool, page string) (access.Invitation, error)
	Entrances() []access.Entrance
	Links() []access.Link
	Visitors() []access.Visitor
	// EndVisitor and EndLink report whether there was one of the ID.
	EndVisitor(id string) bool
	EndLink(id string) bool
	Stop() error
}

// ShareWith has the owner's pages offer sharing. It is called before the site is served.
func (s *Site) ShareWith(sharing Sharing) { s.sharing = sharing }

// errNoSharing is answered where the program does not share.
var errNoSharing = echo.NewHTTPError(http.StatusNotFound, "This sockeye cannot be shared.")

// sharePage handles GET /share: what is shared, and the form for more.
func (s *Site) sharePage(c echo.Context) error {
	if s.sharing == nil {
		return errNoSharing
	}
	return s.renderShare(c, http.StatusOK, views.Share{Of: sharedPage(c.QueryParam("of"))})
}

// shareNow handles POST /share: it makes a link and shows it, once.
func (s *Site) shareNow(c echo.Context) error {
	if s.sharing == nil {
		return errNoSharing
	}
	page := views.Share{Of: sharedPage(c.FormValue("of")), Place: c.FormValue("place"), Plain: c.FormValue("plain") != ""}
	made, err := s.sharing.Invite(c.Request().Context(), page.Place, page.Plain, page.Of)
	if err != nil {
		s.log.Warn("share", "error", err)
		page.Problem = shareProblem(err)
		return s.renderShare(c, http.StatusConflict, page)
	}
	page.Made = &made
	s.shareNames(c.Request().Context(), page.Of)
	if code, err := qrcode.New(made.URL); err != nil {
		page.Made.Note = "The link is too long for a QR code."
	} else {
		page.QRPath, page.QRBox = code.Path(), code.ViewBox()
	}
	return s.renderShare(c, http.StatusOK, page)
}

// shareProblem says what the owner should know of an error.
func shareProblem(err error) string {
	var several *access.SeveralError
	if errors.As(err, &several) {
		return "This machine has several addresses. Choose one."
	}
	return "No link was made: " + err.Error() + "."
}

// renderShare fills in the state of sharing.
func (s *Site) renderShare(c echo.Context, status int, page views.Share) error {
	places, err := s.sharing.Places()
	if err != nil && page.Problem == "" {
		page.Problem = "The addresses of this machine are unknown: " + err.Error() + "."
	}
	page.Places, page.Links, page.Visitors, page.Open = places, s.sharing.Links(), s.sharing.Visitors(), s.sharing.Entrances()
	s.poller.Read(func(t *poller.Table) { page.Page = s.page(c, "", t.Status()) })
	page.Posts = true
	return s.render(c, status, views.SharePage(page))
}

// shareStop handles POST /share/stop.
func (s *Site) shareStop(c echo.Context) error {
	if s.sharing == nil {
		return errNoSharing
	}
	if err := s.sharing.Stop(); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/share")
}

// shareEnd handles POST /share/end with the ID of a visitor or of a link. One that is gone already is what was wanted.
func (s *Site) shareEnd(c echo.Context) error {
	if s.sharing == nil {
		return errNoSharing
	}
	visitor, link := c.FormValue("visitor"), c.FormValue("link")
	switch {
	case visitor != "":
		s.sharing.EndVisitor(visitor)
	case link != "":
		s.sharing.EndLink(link)
	default:
		return badRequest(errors.New("visitor or link must name what is to end"))
	}
	return c.Redirect(http.StatusSeeOther, "/share")
}

// sharedPage returns the page to be shared: a path of this site with its query, "/" where it is none. What offers
// sharing is not shared itself.
func sharedPage(of string) string {
	u, err := url.Parse(of)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "/share") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// enterPage answers those who have not shown who they are.
func (s *Site) enterPage(c echo.Context, status int, text string) error {
	to := c.Request().URL.RequestURI()
	if c.Request().Method != http.MethodGet {
		to = "/"
		if wanted := c.Request().PostFormValue("to"); wanted != "" {
			to = sharedPage(wanted)
		}
	}
	return s.render(c, status, views.EnterPage(views.Enter{To: to, Reason: text, Theme: themeOf(c)}))
}

// themeOf returns the theme that the reader chose, "" for none.
func themeOf(c echo.Context) string {
	theme, err := c.Cookie("theme")
	if err != nil || theme.Value != "light" && theme.Value != "dark" {
		return ""
	}
	return theme.Value
}
