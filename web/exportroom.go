package web

import (
	"net/http"
	"sync/atomic"

	"github.com/labstack/echo/v4"
)

// exportRoom bounds how many rows are kept for the answers that are being sent: each has a copy of its rows until its reader
// has taken them, and a slow reader takes as long as it likes.
type exportRoom struct {
	taken atomic.Int64
	most  int64
}

// mostExported is how many rows are kept at once. A row takes some 400 bytes.
const mostExported = 1_000_000

// errExporting is answered where there is no room.
var errExporting = echo.NewHTTPError(http.StatusServiceUnavailable,
	"Too much of the table is being sent to others now; try again in a minute, or narrow the filter.")

// take keeps room for rows; release gives it back. One answer alone always has room.
func (r *exportRoom) take(rows int) (release func(), err error) {
	n := int64(rows)
	if now := r.taken.Add(n); now > r.most && now > n {
		r.taken.Add(-n)
		return func() {}, errExporting
	}
	return func() { r.taken.Add(-n) }, nil
}
