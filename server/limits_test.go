package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"nhooyr.io/websocket"
)

func TestLongTargetsAndBodies(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	serve(t, s)
	addr := s.Addrs()[0]
	const post = "POST /act HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\nConnection: close\r\n"
	table := []struct {
		name, text string
		status     int
		says       string
	}{
		{"8 KiB of query", "GET /?q=" + strings.Repeat("x", 8<<10-4) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "rows"},
		{"one byte more", "GET /?q=" + strings.Repeat("x", 8<<10-3) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 414, "8192"},
		{"1 MiB of query", "GET /?q=" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "Too Large"},
		{"1 MiB of header", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", 431, "Too Large"},
		{"GET with a body", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 400, "no body"},
		{"upgrade with a body", "GET /live HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 3\r\n\r\nabc", 400, "no body"},
		{"64 KiB of body", post + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", 65536), 200, "act 65536"},
		{"one byte more", post + "Content-Length: 65537\r\n\r\n" + strings.Repeat("x", 65537), 413, "65536"},
		{"chunked, too large", post + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + strings.Repeat("x", 65537) + "\r\n0\r\n\r\n", 413, "65536"},
		{"two lengths", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", 200, "act 0"},
		{"lengths that differ", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400, "Bad Request"},
	}
	for _, tt := range table {
		res, body := raw(t, addr, tt.text)
		if res.StatusCode != tt.status || !strings.Contains(body, tt.says) || !res.Close {
			t.Errorf("%s: status %d, want %d; close %v, body %q", tt.name, res.StatusCode, tt.status, res.Close, cut(body, 200))
		}
	}
}

// readAll reads one answer from conn, and how the connection ends after it.
func readAll(t *testing.T, conn net.Conn) (body string, end error) {
	t.Helper()
	br := bufio.NewReader(conn)
	res, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, end = br.ReadByte()
	return string(b), end
}

// Attack N5, in time that only passes when everybody waits: a header and a body that never end, and an idle
// connection, are closed at their limits and not before.
//
//attack:n5 headers after 5 s, bodies after 10 s, idle connections after 60 s, by a clock that the test holds
func TestSlowClientsAreClosed(t *testing.T) {
	table := []struct {
		name, text string
		answers    bool
		after      time.Duration
	}{
		{"nothing", "", false, defaultLimits.readHeader},
		{"half a header", "GET / HTTP/1.1\r\nHost: local", false, defaultLimits.readHeader},
		{"half a body", "POST /act HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Length: 9\r\n\r\nabc", true, defaultLimits.read},
		{"idle", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", true, defaultLimits.idle},
	}
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, stop := servePipe(t, newTestServer(t, Config{}, testSite{}, defaultLimits))
				defer stop()
				conn := l.dial("127.0.0.1:5000")
				defer conn.Close()
				start := time.Now()
				if _, err := io.WriteString(conn, tt.text); err != nil {
					t.Fatal(err)
				}
				var end error
				if tt.answers {
					_, end = readAll(t, conn)
				} else {
					_, end = conn.Read(make([]byte, 1))
				}
				if !errors.Is(end, io.EOF) || time.Since(start) != tt.after {
					t.Errorf("ended after %v with %v, want %v", time.Since(start), end, tt.after)
				}
			})
		})
	}
}

// A client that stops reading loses its connection when limits.stall has passed, and the handler learns of it.
//
//attack:r1
func TestStalledReaderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
			e.GET("/flood", func(c echo.Context) error {
				for {
					if _, err := c.Response().Write(make([]byte, 1<<16)); err != nil {
						ended <- err
						return err
					}
				}
			})
		}}, defaultLimits)
		l, stop := servePipe(t, s)
		defer stop()
		conn := l.dial("127.0.0.1:5000")
		defer conn.Close()
		start := time.Now()
		if _, err := io.WriteString(conn, "GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-ended
		if got := time.Since(start); got != defaultLimits.stall {
			t.Errorf("the handler was released after %v, want %v", got, defaultLimits.stall)
		}
	})
}

// The limit on reading a request does not end its answer: not a stream, and not an upgraded connection.
func TestLongAnswersOutliveReadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
			e.GET("/stream", func(c echo.Context) error {
				for range 10 {
					select {
					case <-c.Request().Context().Done():
						return c.Request().Context().Err()
					case <-time.After(defaultLimits.read):
					}
					if _, err := io.WriteString(c.Response(), "row\n"); err != nil {
						return err
					}
					c.Response().Flush()
				}
				return nil
			})
		}}, defaultLimits)
		l, stop := servePipe(t, s)
		defer stop()
		conn := l.dial("127.0.0.1:5000")
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if body, _ := readAll(t, conn); body != strings.Repeat("row\n", 10) {
			t.Errorf("read %q", body)
		}
		ws := dialLive(t, l)
		defer ws.CloseNow()
		time.Sleep(10 * defaultLimits.idle)
		ctx, cancel := context.WithTimeout(ws.CloseRead(t.Context()), time.Minute)
		defer cancel()
		if err := ws.Ping(ctx); err != nil {
			t.Errorf("ping of the upgraded connection: %v", err)
		}
	})
}

// dialLive opens /live through l and reads its hello.
func dialLive(t *testing.T, l *pipeListener) *websocket.Conn {
	t.Helper()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return l.dial("127.0.0.1:5001"), nil
	}}
	ws, _, err := websocket.Dial(t.Context(), "http://localhost:8080/live", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Origin": {"http://localhost:8080"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, msg, err := ws.Read(t.Context()); err != nil || string(msg) != "hello" {
		t.Fatalf("read %q, %v", msg, err)
	}
	return ws
}

// Attack N7: the peer is who is connected, whatever the headers say.
//
//attack:n7
func TestForwardedForIsIgnored(t *testing.T) {
	var got string
	s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
		e.GET("/who", func(c echo.Context) error { got = c.RealIP(); return c.NoContent(204) })
	}}, defaultLimits)
	r := request("GET", "/who", "X-Forwarded-For", "127.0.0.1", "X-Real-Ip", "127.0.0.1", "Forwarded", "for=127.0.0.1")
	r.RemoteAddr = "192.0.2.9:1234"
	ask(s, r)
	if got != "192.0.2.9" {
		t.Errorf("the peer is taken for %q", got)
	}
}

func TestLimitsAreSet(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	h := s.http
	if h.ReadHeaderTimeout != 5*time.Second || h.ReadTimeout != 10*time.Second || h.IdleTimeout != time.Minute || h.MaxHeaderBytes != 64<<10 {
		t.Errorf("limits of net/http: %+v", h)
	}
	if h.WriteTimeout != 0 {
		t.Error("a write timeout would end streams")
	}
	if h.Protocols.HTTP2() || h.Protocols.UnencryptedHTTP2() || !h.Protocols.HTTP1() {
		t.Errorf("protocols %v", h.Protocols)
	}
}
