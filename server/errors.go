package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// userText is the sentence for a status whose error brings none of its own.
var userText = map[int]string{
	http.StatusNotFound:            "There is nothing at this address.",
	http.StatusMethodNotAllowed:    "This address does not take that method.",
	http.StatusInternalServerError: "This could not be answered because of a fault in sockeye; its log says more.",
	http.StatusServiceUnavailable:  "sockeye is stopping.",
}

// panicError is a panic of a handler, as an error.
type panicError struct {
	value any
	stack []byte
}

// Error names the value; the stack is logged apart.
func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recoverPanic makes a panic one failed request. http.ErrAbortHandler passes: it is the way to cut a connection.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v)
			default:
				err = &panicError{value: v, stack: debug.Stack()}
			}
		}()
		return next(c)
	}
}

// failures returns the echo.HTTPErrorHandler: it logs what the operator should know and lets the site tell the reader
// what concerns them. An answer that has begun is cut off instead, which a client can tell from a whole one: the last
// chunk, or the announced length, is missing.
func failures(site Site, log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		status, text := judge(err, c.Request().Context())
		logFailure(log, status, err, c.Request())
		switch {
		case !c.Response().Committed:
		case c.Response().Status == http.StatusSwitchingProtocols:
			return // The connection is the handler's.
		default:
			panic(http.ErrAbortHandler)
		}
		for _, name := range answerHeaders {
			c.Response().Header().Del(name)
		}
		if err := renderFailure(site, c, status, text); err != nil {
			log.Error("failure page", "path", c.Request().URL.Path, "error", err)
			plainFailure(log, c, status, text)
		}
	}
}

// judge returns the status for err and the sentence for the reader:
//
//   - an echo.HTTPError, wrapped or not, keeps its status if that is one of failure, and its text if that is a string;
//   - a body that is too large is 413, one that comes too slowly 408;
//   - any error of a request whose ctx ended is 503, a panic excepted;
//   - everything else is 500.
//
// The text of a 500 never reaches the reader, also that of an echo.HTTPError, since echo fills those in itself.
func judge(err error, ctx context.Context) (status int, text string) {
	var he *echo.HTTPError
	var tooLarge *http.MaxBytesError
	var crash *panicError
	status = http.StatusInternalServerError
	switch {
	case errors.As(err, &tooLarge):
		errors.As(errBodyTooLarge(tooLarge.Limit), &he)
	case errors.As(err, &he):
	case errors.Is(err, os.ErrDeadlineExceeded): // The client took too long to send the body.
		status = http.StatusRequestTimeout
	case ctx.Err() != nil && !errors.As(err, &crash): // The server stops, or nobody is left to read this.
		status = http.StatusServiceUnavailable
	}
	if he != nil && he.Code >= 400 && he.Code <= 599 {
		status = he.Code
	}
	if he != nil && status != http.StatusInternalServerError {
		if s, ok := he.Message.(string); ok && s != http.StatusText(he.Code) {
			return status, s
		}
	}
	if s := userText[status]; s != "" {
		return status, s
	}
	return status, http.StatusText(status) + "."
}

// answerHeaders describe the answer that the handler meant to give; a failure page goes out without them.
var answerHeaders = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length",
	"Content-Type", "Etag", "Last-Modified"}

// logFailure writes a fault of ours into the log, with the stack where there is one. What clients do wrong is of
// interest only when looked for.
func logFailure(log *slog.Logger, status int, err error, r *http.Request) {
	level := slog.LevelDebug
	if status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []any{"method", r.Method, "path", r.URL.Path, "error", err}
	var p *panicError
	if errors.As(err, &p) {
		attrs = append(attrs, "stack", string(p.stack))
	}
	log.Log(r.Context(), level, "request failed", attrs...)
}

// renderFailure calls the site, whose panic is an error like others.
func renderFailure(site Site, c echo.Context, status int, text string) error {
	return recoverPanic(func(c echo.Context) error { return site.Failure(c, status, text) })(c)
}

// plainFailure answers in plain text, where the site could not.
func plainFailure(log *slog.Logger, c echo.Context, status int, text string) {
	if c.Response().Committed {
		panic(http.ErrAbortHandler)
	}
	if err := c.String(status, text+"\n"); err != nil {
		log.Debug("failure text not sent", "error", err)
	}
}
