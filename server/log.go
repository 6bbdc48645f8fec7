package server

import (
	"log/slog"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// logRequests writes one debug line for each request, when its answer is done. The query is left out: it says what
// somebody looks at.
func logRequests(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, start := c.Request(), time.Now()
			defer func() {
				log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", c.Response().Status,
					"bytes", c.Response().Size, "took", time.Since(start), "peer", r.RemoteAddr)
			}()
			if err := next(c); err != nil {
				c.Error(err) // Answered here, so that the line has the status.
			}
			return nil
		}
	}
}

// rareEvery is the least time between two lines of a rareLog.
const rareEvery = 10 * time.Second

// rareLog writes warnings that strangers can cause, at most one every rareEvery; the next one says how many were left
// out.
type rareLog struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex // guards the fields below
	next    time.Time
	leftOut int
}

// newRareLog returns a rareLog that writes to log.
func newRareLog(log *slog.Logger) *rareLog { return &rareLog{log: log, now: time.Now} }

// warn writes a line, or counts it as left out.
func (l *rareLog) warn(msg string, attrs ...any) {
	l.mu.Lock()
	now := l.now()
	if now.Before(l.next) {
		l.leftOut++
		l.mu.Unlock()
		return
	}
	leftOut := l.leftOut
	l.next, l.leftOut = now.Add(rareEvery), 0
	l.mu.Unlock()
	if leftOut > 0 {
		attrs = append(attrs, "left_out", leftOut)
	}
	l.log.Warn(msg, attrs...)
}
