package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"nhooyr.io/websocket"
)

// longSite streams on /stream until its request ends, and stays on /stuck until release is closed, whatever happens.
func longSite(release <-chan struct{}) testSite {
	return testSite{more: func(e *echo.Echo) {
		e.GET("/stream", func(c echo.Context) error {
			if _, err := io.WriteString(c.Response(), "row\n"); err != nil {
				return err
			}
			c.Response().Flush()
			<-c.Request().Context().Done()
			return c.Request().Context().Err()
		})
		e.GET("/stuck", func(c echo.Context) error {
			if _, err := io.WriteString(c.Response(), "row\n"); err != nil {
				return err
			}
			c.Response().Flush()
			<-release
			return nil
		})
	}}
}

// open asks for path on a new connection and returns it when the first row is there.
func open(t *testing.T, l *pipeListener, path string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn := l.dial("127.0.0.1:5002")
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "row\n" {
			return conn, br
		}
	}
}

// An upgraded connection, a stream, an idle and an unused connection: none of them delays the end. The viewer is told
// with 1001 and the stream is cut. (Time stands still unless somebody waits for it.)
func TestShutdownEndsLongHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, Config{}, longSite(nil), defaultLimits)
		l, stop := servePipe(t, s)
		defer stop()
		ws := dialLive(t, l)
		defer ws.CloseNow()
		stream, br := open(t, l, "/stream")
		defer stream.Close()
		unused := l.dial("127.0.0.1:5003")
		defer unused.Close()
		idle := l.dial("127.0.0.1:5004")
		defer idle.Close()
		if _, err := io.WriteString(idle, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil {
			t.Fatal(err)
		} else if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()

		closed := make(chan websocket.StatusCode, 1)
		go func() {
			_, _, err := ws.Read(t.Context())
			closed <- websocket.CloseStatus(err)
		}()
		go io.Copy(io.Discard, br)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if took := time.Since(start); took >= time.Second {
			t.Errorf("took %v although everybody was willing", took)
		}
		if code := <-closed; code != websocket.StatusGoingAway {
			t.Errorf("the viewer was closed with %v", code)
		}
		if n := s.conns.count(); n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

// A handler that does not end gets the time there is; then its connection is cut, and the error says so.
func TestShutdownIsHardInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newTestServer(t, Config{}, longSite(release), defaultLimits)
		l, stop := servePipe(t, s)
		defer stop()
		conn, br := open(t, l, "/stuck")
		defer conn.Close()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, br)
		}()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := s.Shutdown(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 requests") {
			t.Errorf("shutdown: %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("waited %v", took)
		}
		<-ended // the connection is cut while the handler runs
		close(release)
	})
}

// The same for a handler that has taken its connection over and ignores the end; net/http knows nothing of it.
func TestShutdownCutsUpgradedConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
			e.GET("/deaf", func(c echo.Context) error {
				ws, err := websocket.Accept(c.Response(), c.Request(), nil)
				if err != nil {
					return err
				}
				defer ws.CloseNow()
				<-release
				return nil
			})
		}}, defaultLimits)
		l, stop := servePipe(t, s)
		defer stop()
		conn := l.dial("127.0.0.1:5002")
		defer conn.Close()
		r := upgrade("Origin", "http://localhost:8080")
		r.URL.Path, r.RequestURI = "/deaf", ""
		go func() { _ = r.Write(conn) }()
		br := bufio.NewReader(conn)
		if res, err := http.ReadResponse(br, r); err != nil || res.StatusCode != 101 {
			t.Fatalf("upgrade: %v %v", res, err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, br)
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("shutdown: %v", err)
		}
		<-ended // the connection is cut while the handler runs
		close(release)
	})
}

// Shutdown, and Serve with it, waits for an upgraded handler that is still saying goodbye.
func TestShutdownWaitsForUpgradedHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := false
		s := newTestServer(t, Config{}, testSite{more: func(e *echo.Echo) {
			e.GET("/slow", func(c echo.Context) error {
				ws, err := websocket.Accept(c.Response(), c.Request(), nil)
				if err != nil {
					return err
				}
				defer ws.CloseNow()
				<-c.Request().Context().Done()
				time.Sleep(time.Second)
				done = true
				return nil
			})
		}}, defaultLimits)
		l := newPipeListener(netip.MustParseAddrPort("127.0.0.1:8080"))
		s.listen.addrs = s.listen.addrs[:1]
		s.bind = func(context.Context, string, netip.AddrPort) (net.Listener, error) { return l, nil }
		if err := s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() {
			err := s.Serve()
			if !done {
				err = errors.Join(err, errors.New("Serve returned while a handler ran"))
			}
			served <- err
		}()
		conn := l.dial("127.0.0.1:5002")
		defer conn.Close()
		r := upgrade("Origin", "http://localhost:8080")
		r.URL.Path, r.RequestURI = "/slow", ""
		go func() { _ = r.Write(conn) }()
		if res, err := http.ReadResponse(bufio.NewReader(conn), r); err != nil || res.StatusCode != 101 {
			t.Fatalf("upgrade: %v %v", res, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil || !done {
			t.Errorf("shutdown: %v, the handler had ended: %v", err, done)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// A listener that breaks stops the whole server, and Serve says why.
func TestServeReportsABrokenListener(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	bind, made := fakeBind()
	s.bind = bind
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("interface gone")
	(*made)[1].err = broken
	(*made)[1].Close()
	if err := s.Serve(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "[::1]") {
		t.Errorf("serve: %v", err)
	}
	checkClosed(t, *made, true)
}

// The calls in every order that is not the usual one.
func TestLifecycle(t *testing.T) {
	fresh := func() *Server {
		s := newTestServer(t, Config{}, testSite{}, defaultLimits)
		s.bind, _ = fakeBind()
		return s
	}
	s := fresh()
	if err := s.Serve(); err == nil {
		t.Error("served without Open")
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err == nil {
		t.Error("opened twice")
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("shutdown without Serve: %v", err)
	}
	if err := s.Serve(); err != nil {
		t.Errorf("serve after Shutdown: %v", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("second Shutdown: %v", err)
	}
	s = fresh()
	if err := s.Close(); err != nil {
		t.Errorf("close of a new server: %v", err)
	}
	if err := s.Open(t.Context()); err == nil {
		t.Error("opened after Close")
	}
	s = fresh()
	serve(t, s)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := s.Serve(); err != nil {
		t.Errorf("second Serve, after Shutdown: %v", err)
	}
}

// A port is free again as soon as Close returns, also of a server that was never served.
func TestCloseFreesThePort(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	addrs := s.Addrs()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		l, err := bindTCP(t.Context(), map[bool]string{true: "tcp6", false: "tcp4"}[addr.Addr().Is6()], addr)
		if err != nil {
			t.Errorf("%v is still held: %v", addr, err)
			continue
		}
		l.Close()
	}
}
