package server

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
)

// failureText returns what Failure was asked to render for r.
func failureText(t *testing.T, log *logBuffer, more func(*echo.Echo), r *http.Request) string {
	t.Helper()
	got := "no failure"
	s := newTestServer(t, Config{Log: log.logger()}, testSite{more: more, failure: func(c echo.Context, status int, text string) error {
		got = fmt.Sprintf("%d %s", status, text)
		return c.String(status, text)
	}}, defaultLimits)
	ask(s, r)
	return got
}

func TestFailures(t *testing.T) {
	fails := func(err error) func(*echo.Echo) {
		return func(e *echo.Echo) { e.GET("/x", func(echo.Context) error { return err }) }
	}
	const fault = "500 This could not be answered because of a fault in sockeye; its log says more."
	table := []struct {
		name   string
		err    error
		want   string
		logged bool
	}{
		{"own text", echo.NewHTTPError(400, "port 99999 is above 65535."), "400 port 99999 is above 65535.", false},
		{"wrapped", fmt.Errorf("secret: %w", echo.NewHTTPError(410, "It is gone.")), "410 It is gone.", false},
		{"no text", echo.NewHTTPError(410), "410 Gone.", false},
		{"not a text", echo.NewHTTPError(400, map[string]string{"secret": "x"}), "400 Bad Request.", false},
		{"internal cause", echo.NewHTTPError(400, "Bad filter.").SetInternal(errors.New("secret")), "400 Bad filter.", false},
		{"plain error", errors.New("open /secret: no"), fault, true},
		{"echo's own 500", echo.NewHTTPError(500, "secret"), fault, true},
		{"503 of the site", echo.NewHTTPError(503, "64 viewers are connected; no more are taken."), "503 64 viewers are connected; no more are taken.", false},
		{"not a failure", echo.NewHTTPError(302, "secret"), fault, true},
		{"body too large", &http.MaxBytesError{Limit: 10}, "413 The body may have 10 bytes at most.", false},
	}
	for _, tt := range table {
		var log logBuffer
		if diff := cmp.Diff(tt.want, failureText(t, &log, fails(tt.err), request("GET", "/x"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if got := strings.Contains(log.String(), "level=ERROR"); got != tt.logged {
			t.Errorf("%s: in the log as an error %v, want %v", tt.name, got, tt.logged)
		}
	}
	for path, want := range map[string]string{"/none": "404 There is nothing at this address."} {
		if diff := cmp.Diff(want, failureText(t, new(logBuffer), nil, request("GET", path))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	want := "405 This address does not take that method."
	if diff := cmp.Diff(want, failureText(t, new(logBuffer), nil, request("DELETE", "/", "Origin", "http://localhost:8080"))); diff != "" {
		t.Errorf("DELETE (-want +got):\n%s", diff)
	}
}

// The server stopping is no fault; a panic is one even then.
func TestFailuresWhenTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for path, want := range map[string]string{"/fail": "503", "/panic": "500", "/none": "404"} {
		var log logBuffer
		if got := failureText(t, &log, nil, request("GET", path).WithContext(ctx)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// Reliability promise 16: a panic is one failed request, with its stack in the log and nothing of it for the reader.
func TestPanicIsOneFailure(t *testing.T) {
	var log logBuffer
	s := newTestServer(t, Config{Log: log.logger()}, testSite{}, defaultLimits)
	serve(t, s)
	client := http.Client{}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/panic", "/fail"} {
		res, err := client.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 500 || strings.Contains(string(body), "hunter2") || strings.Contains(string(body), "hidden") {
			t.Errorf("%s: status %d, body %q", path, res.StatusCode, body)
		}
	}
	if res, err := client.Get(s.URL() + "/"); err != nil || res.StatusCode != 200 {
		t.Errorf("afterwards: %v %v", res, err)
	} else {
		res.Body.Close()
	}
	if text := log.String(); !strings.Contains(text, "hunter2") || !strings.Contains(text, "main_test.go") || !strings.Contains(text, "/etc/hidden") {
		t.Errorf("the log lacks the panic, its stack or the cause:\n%s", text)
	}
}

// A Failure that fails or panics still ends in an answer.
func TestFailureOfFailure(t *testing.T) {
	for name, failure := range map[string]func(echo.Context, int, string) error{
		"error": func(echo.Context, int, string) error { return errors.New("template broke") },
		"panic": func(echo.Context, int, string) error { panic("template broke") },
	} {
		var log logBuffer
		s := newTestServer(t, Config{Log: log.logger()}, testSite{failure: failure}, defaultLimits)
		w := ask(s, request("GET", "/none"))
		if w.Code != 404 || w.Body.String() != "There is nothing at this address.\n" {
			t.Errorf("%s: status %d, body %q", name, w.Code, w.Body)
		}
		if !strings.Contains(log.String(), "template broke") {
			t.Errorf("%s: not in the log", name)
		}
	}
}

// An answer that fails half way is cut, so that it is not taken for a whole one; compressed or not.
func TestHalfAnswerIsCut(t *testing.T) {
	begin := func(c echo.Context) {
		c.Response().Header().Set("Content-Type", "text/csv")
		c.Response().WriteHeader(200)
		io.WriteString(c.Response(), "id,state\n")
		c.Response().Flush()
	}
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/half", func(c echo.Context) error { begin(c); return errors.New("source lost") })
		e.GET("/crash", func(c echo.Context) error { begin(c); panic("row") })
		e.GET("/whole", func(c echo.Context) error { begin(c); return nil })
	}}, defaultLimits)
	serve(t, s)
	for _, plain := range []bool{false, true} {
		client := http.Client{Transport: &http.Transport{DisableCompression: plain}}
		defer client.CloseIdleConnections()
		for path, whole := range map[string]bool{"/half": false, "/crash": false, "/whole": true} {
			res, err := client.Get(s.URL() + path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
			if (err == nil) != whole {
				t.Errorf("%s, plain %v: read to the end: %v", path, plain, err)
			}
		}
	}
}

// Without chunks (HTTP/1.0) the compressed text itself must show that it is cut.
func TestHalfAnswerIsCutForOldClients(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/half", func(c echo.Context) error {
			c.Response().Header().Set("Content-Type", "text/csv")
			io.WriteString(c.Response(), "id,state\n")
			c.Response().Flush()
			return errors.New("source lost")
		})
	}}, defaultLimits)
	serve(t, s)
	_, body := raw(t, s.Addrs()[0], "GET /half HTTP/1.0\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
	gz, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(gz); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q to the end: %v", text, err)
	}
}

// A failure page is not sent with the headers of the file that could not be made.
func TestFailureDropsHeadersOfTheAnswer(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/export", func(c echo.Context) error {
			for _, name := range answerHeaders {
				c.Response().Header().Set(name, "x")
			}
			return echo.NewHTTPError(400, "Bad filter.")
		})
	}}, defaultLimits)
	h := ask(s, request("GET", "/export")).Header()
	for _, name := range answerHeaders {
		if h.Get(name) == "x" {
			t.Errorf("%s is kept", name)
		}
	}
}
