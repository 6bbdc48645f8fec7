package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"sockeye/query"
	"sockeye/views"
)

// columnSheet handles GET /columns.css: the style sheet that lays the table out with the columns of a view, for pages
// that may not have styles in their markup.
func (s *Site) columnSheet(c echo.Context) error {
	q, _, err := query.FromURL(c.QueryString())
	if err != nil {
		return badRequest(err)
	}
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", []byte(views.ColumnSheet(q)))
}
