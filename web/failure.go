package web

import (
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/views"
)

// Failure answers with an error in the format that was asked for: JSON and plain text for data, a page elsewhere.
func (s *Site) Failure(c echo.Context, status int, text string) error {
	p := c.Request().URL.Path
	door := status == http.StatusUnauthorized || p == enterPath
	switch extension := path.Ext(p); {
	case door && c.Request().Header.Get(echo.HeaderAccept) == echo.MIMEApplicationJSON:
		return c.JSON(status, failureJSON{text})
	case extension == ".json" || extension == ".ndjson" || p == "/view" || p == "/live" || p == "/healthz":
		return c.JSON(status, failureJSON{text})
	case extension == ".csv" || p == "/metrics" || strings.HasPrefix(p, "/static/"):
		return c.String(status, text+"\n")
	}
	if door {
		return s.enterPage(c, status, text)
	}
	f := views.Failure{Status: status, Title: text, Advice: advice(status)}
	var table poller.Status
	s.poller.Read(func(t *poller.Table) { table = t.Status() })
	f.Page = s.page(c, "", table)
	return s.render(c, status, views.FailurePage(f))
}

// enterPath is where the server exchanges secrets for sessions.
const enterPath = "/enter"

// failureJSON is an error as data: one sentence for the reader.
type failureJSON struct {
	Error string `json:"error"`
}

// advice says what the reader can do.
func advice(status int) string {
	switch status {
	case http.StatusNotFound:
		return "The table of all connections is on the first page."
	case http.StatusServiceUnavailable:
		return "Load the page again in a moment."
	case http.StatusInternalServerError:
		return "The reason is in the log of the program. Loading the page again may help."
	}
	return ""
}

// maxEcho is the length at which what a request said is cut when it is shown again.
const maxEcho = 64

// cut shortens hostile text.
func cut(s string) string {
	if len(s) <= maxEcho {
		return s
	}
	return strings.ToValidUTF8(s[:maxEcho], "") + "…"
}

// cutFormat takes a format's ending off a name.
func cutFormat(name, ending string) (string, bool) { return strings.CutSuffix(name, ending) }
