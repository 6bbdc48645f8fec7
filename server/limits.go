package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// limits bound what one client can take.
type limits struct {
	readHeader time.Duration // for the header of a request
	read       time.Duration // for a whole request; net/http ends it when the request is read, so streams may last
	idle       time.Duration // between two requests of a connection
	stall      time.Duration // for one write to be taken by the client
	header     int           // bytes of request line and header; net/http adds 4 KiB and answers 431
	url        int           // bytes of path and query; beyond it 414
	body       int64         // bytes of a request body; beyond it 413

	// Open connections, upgraded ones included: in all, from one address that is not loopback, and of the whole
	// those that are kept free for loopback. A browser takes up to six beside its WebSockets.
	conns, perAddress, reserved int
}

// defaultLimits are the limits outside of tests.
var defaultLimits = limits{
	readHeader: 5 * time.Second,
	read:       10 * time.Second,
	idle:       60 * time.Second,
	stall:      30 * time.Second,
	header:     64 << 10,
	url:        8 << 10,
	body:       64 << 10,
	conns:      256,
	perAddress: 32,
	reserved:   32,
}

// newHTTPServer sets the limits that net/http keeps. The context of every request descends from base. There is no
// WriteTimeout, which would end streams however well they go; see conn for what ends those that stand still.
func newHTTPServer(base context.Context, h http.Handler, lim limits, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: lim.readHeader,
		ReadTimeout:       lim.read,
		IdleTimeout:       lim.idle,
		MaxHeaderBytes:    lim.header,
		Protocols:         protocols,
		BaseContext:       func(net.Listener) context.Context { return base },
		// net/http would answer "OPTIONS *" itself, past the host gate.
		DisableGeneralOptionsHandler: true,
		// Failed TLS handshakes and the like: the doing of clients, of interest only when looked for.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// limitRequest refuses long URLs, large bodies, and bodies where none belongs. What is left of a refused body is not
// waited for.
func limitRequest(lim limits) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if len(r.RequestURI) > lim.url {
				return echo.NewHTTPError(http.StatusRequestURITooLong,
					fmt.Sprintf("The address is %d bytes long; at most %d are read.", len(r.RequestURI), lim.url))
			}
			if r.ContentLength == 0 {
				return next(c)
			}
			if isSafe(r.Method) {
				closeAfter(c)
				return echo.NewHTTPError(http.StatusBadRequest, "A "+r.Method+" request takes no body.")
			}
			if r.ContentLength > lim.body {
				closeAfter(c)
				return errBodyTooLarge(lim.body)
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, lim.body)
			return next(c)
		}
	}
}

// closeAfter ends the connection after this answer, whatever the client still has to say.
func closeAfter(c echo.Context) { c.Response().Header().Set(echo.HeaderConnection, "close") }

// errBodyTooLarge is the answer to a body of more than limit bytes.
func errBodyTooLarge(limit int64) error {
	return echo.NewHTTPError(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body may have %d bytes at most.", limit))
}
