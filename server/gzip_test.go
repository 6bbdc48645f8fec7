package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

func TestGzip(t *testing.T) {
	long := strings.Repeat("row\n", 1000)
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/long", func(c echo.Context) error { return c.String(200, long) })
		e.GET("/image", func(c echo.Context) error { return c.Blob(200, "image/png", []byte(long)) })
		e.GET("/encoded", func(c echo.Context) error {
			c.Response().Header().Set("Content-Encoding", "br")
			return c.Blob(200, "text/css", []byte(long))
		})
		e.GET("/short", func(c echo.Context) error {
			c.Response().Header().Set("Content-Length", "3")
			return c.String(200, "row")
		})
		e.GET("/empty", func(c echo.Context) error { return c.NoContent(204) })
		e.GET("/not-modified", func(c echo.Context) error {
			c.Response().Header().Set("Content-Type", "text/html")
			return c.NoContent(304)
		})
	}}, defaultLimits)
	for path, want := range map[string]string{
		"/long": "gzip", "/": "gzip", "/connections.json": "gzip", "/image": "", "/encoded": "br", "/short": "", "/empty": "",
		"/not-modified": "", "/static/app.js": "", "/none": "",
	} {
		h := ask(s, request("GET", path, "Accept-Encoding", "br, gzip")).Header()
		if got := h.Get("Content-Encoding"); got != want {
			t.Errorf("%s: encoded as %q, want %q", path, got, want)
		}
		if vary := h.Get("Vary") != ""; vary == strings.HasPrefix(path, "/static/") {
			t.Errorf("%s: Vary %v", path, vary)
		}
	}
	for range 3 { // the writers are used again
		w := ask(s, request("GET", "/long", "Accept-Encoding", "gzip"))
		if w.Header().Get("Content-Length") != "" || w.Body.Len() >= len(long) {
			t.Errorf("%d bytes, Content-Length %q", w.Body.Len(), w.Header().Get("Content-Length"))
		}
		gz, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(gz); err != nil || string(b) != long {
			t.Errorf("read %d bytes, %v", len(b), err)
		}
	}
}

func TestTakesGzip(t *testing.T) {
	for accept, want := range map[string]bool{
		"gzip": true, "br, gzip": true, "GZIP;q=0.5": true, "gzip;q=1.0, identity": true, "gzip ; q=0.1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip;q=0.000": false, "gzip;q=x": false, "x-gzipped": false, "*": false,
	} {
		if takesGzip(accept) != want {
			t.Errorf("%q: want %v", accept, want)
		}
	}
}

// A flushed row reaches the client while the handler goes on, compressed or not.
func TestFlushReachesTheClient(t *testing.T) {
	next := make(chan struct{})
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/rows", func(c echo.Context) error {
			c.Response().Header().Set("Content-Type", "application/x-ndjson")
			for range 3 {
				if _, err := io.WriteString(c.Response(), "row\n"); err != nil {
					return err
				}
				if err := http.NewResponseController(c.Response()).Flush(); err != nil {
					return err
				}
				select {
				case <-next: // the client has it
				case <-c.Request().Context().Done():
					return c.Request().Context().Err()
				}
			}
			return nil
		})
	}}, defaultLimits)
	serve(t, s)
	for _, plain := range []bool{false, true} {
		// The time limit only ends a test that has failed: a row that is held back is waited for by both sides.
		client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableCompression: plain}}
		defer client.CloseIdleConnections()
		res, err := client.Get(s.URL() + "/rows")
		if err != nil {
			t.Fatal(err)
		}
		if res.Uncompressed == plain {
			t.Errorf("plain %v: compressed %v", plain, res.Uncompressed)
		}
		for range 3 {
			row := make([]byte, 4)
			if _, err := io.ReadFull(res.Body, row); err != nil || string(row) != "row\n" {
				t.Fatalf("read %q, %v", row, err)
			}
			next <- struct{}{}
		}
		if rest, err := io.ReadAll(res.Body); err != nil || len(rest) != 0 {
			t.Errorf("at the end: %q, %v", rest, err)
		}
		res.Body.Close()
	}
}
