package server

import (
	"context"
	"errors"
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
	read       time.Duration // for a whole request; it does not run while an answer without a body is being made
	idle       time.Duration // between two requests of a connection
	stall      time.Duration // for one write to be taken by the client
	header     int           // bytes of request line and header; net/http adds 4 KiB and answers 431
	url        int           // bytes of path and query; beyond it 414
	body       int64         // bytes of a request body; beyond it 413

	conns      int // open connections, upgraded ones included
	perAddress int // of these, from one address that is not loopback
	reserved   int // of these, kept free for loopback
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

// newHTTPServer sets the limits that net/http keeps. The context of every request descends from base.
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

// limitRequest refuses long URLs and large bodies, and bodies where none belongs.
func limitRequest(lim limits) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if len(r.RequestURI) > lim.url {
				return echo.NewHTTPError(http.StatusRequestURITooLong,
					fmt.Sprintf("The address is %d bytes long; at most %d are read.", len(r.RequestURI), lim.url))
			}
			if r.ContentLength == 0 {
				if err := liftReadDeadline(c); err != nil {
					return err
				}
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

// liftReadDeadline ends the time limit on reading for a request that is read to its end. net/http keeps listening to
// the connection to notice that the client goes, and takes the expiry of the limit for that: without this a stream
// would be cut after limits.read. The next request gets its own limit.
func liftReadDeadline(c echo.Context) error {
	err := http.NewResponseController(c.Response()).SetReadDeadline(time.Time{})
	switch {
	case err == nil:
	case errors.Is(err, http.ErrNotSupported): // a recorder in a test
	case errors.Is(err, net.ErrClosed): // the client went; the context of the request says so
	default:
		return fmt.Errorf("lift the read deadline: %w", err)
	}
	return nil
}
