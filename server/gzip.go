package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// gzipMin is the length of an answer, in bytes, from which compression pays. Answers of unknown length are compressed.
const gzipMin = 1024

// compress does what echo's own middleware would, which needs a module that is used for nothing else.
//
// It sends text with gzip to clients that take it. What a handler has encoded itself is left alone, and so are
// the files under /static, which are stored compressed. A flush goes through to the client, and an upgrade too.
func compress() echo.MiddlewareFunc {
	pool := &sync.Pool{New: func() any {
		gz, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
		if err != nil {
			panic(err) // The level is a constant of the package.
		}
		return gz
	}}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if strings.HasPrefix(c.Request().URL.Path, "/static/") {
				return next(c)
			}
			res := c.Response()
			res.Header().Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
			if !takesGzip(c.Request().Header.Get(echo.HeaderAcceptEncoding)) {
				return next(c)
			}
			w := &gzipWriter{ResponseWriter: res.Writer, pool: pool}
			res.Writer = w
			defer func() { res.Writer = w.ResponseWriter }()
			if err := next(c); err != nil {
				return err // Not closed: nothing is to follow what was sent.
			}
			return w.close()
		}
	}
}

// takesGzip reads an Accept-Encoding header (RFC 9110 section 12.5.3); "*" and the order of preference do not matter.
func takesGzip(accept string) bool {
	for item := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !found || err == nil && q > 0
	}
	return false
}

// gzipWriter compresses what passes through it, if the header of the answer turns out to be one of text.
type gzipWriter struct {
	http.ResponseWriter
	pool *sync.Pool
	gz   *gzip.Writer // nil: passed on as it is
}

// WriteHeader decides. echo calls it before the first byte.
func (w *gzipWriter) WriteHeader(status int) {
	h := w.Header()
	length, err := strconv.Atoi(h.Get(echo.HeaderContentLength))
	short := err == nil && length < gzipMin
	hasBody := status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
	if hasBody && !short && h.Get(echo.HeaderContentEncoding) == "" && isText(h.Get(echo.HeaderContentType)) {
		h.Set(echo.HeaderContentEncoding, "gzip")
		h.Del(echo.HeaderContentLength)
		w.gz = w.pool.Get().(*gzip.Writer)
		w.gz.Reset(w.ResponseWriter)
	}
	w.ResponseWriter.WriteHeader(status)
}

// isText reports whether a media type is worth compressing.
func isText(mediaType string) bool {
	for _, prefix := range []string{"text/", "application/json", "application/x-ndjson", "image/svg"} {
		if strings.HasPrefix(mediaType, prefix) {
			return true
		}
	}
	return false
}

// Write writes b, compressed or not.
func (w *gzipWriter) Write(b []byte) (int, error) {
	if w.gz == nil {
		return w.ResponseWriter.Write(b)
	}
	return w.gz.Write(b)
}

// FlushError sends what was written so far; http.ResponseController and echo's Flush find it. Each flush costs a few
// bytes and some of the compression, so a handler flushes by rows or by time and not by cell.
func (w *gzipWriter) FlushError() error {
	if w.gz != nil {
		if err := w.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the deadlines and the connection.
func (w *gzipWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// close ends the compressed answer.
func (w *gzipWriter) close() error {
	if w.gz == nil {
		return nil
	}
	err := w.gz.Close()
	w.gz.Reset(io.Discard)
	w.pool.Put(w.gz)
	return err
}
