package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"
	"nhooyr.io/websocket"
)

// net/http keeps a connection for half a second after an answer such as 431, longer than goleak waits.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// testSite is a site with one route of each kind, and those of more.
type testSite struct {
	more    func(e *echo.Echo)
	failure func(c echo.Context, status int, text string) error
}

func (s testSite) Routes(e *echo.Echo) {
	e.GET("/", func(c echo.Context) error { return c.HTML(http.StatusOK, "secret rows") })
	e.GET("/connections.json", func(c echo.Context) error { return c.JSON(http.StatusOK, "secret rows") })
	e.GET("/ports/:port", func(c echo.Context) error { return c.String(http.StatusOK, "secret "+c.Param("port")) })
	e.GET("/static/*", func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "max-age=31536000, immutable")
		return c.Blob(http.StatusOK, "text/javascript", []byte("secret "+c.Param("*")))
	})
	e.POST("/act", func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprintf("secret act %d", len(body)))
	})
	e.DELETE("/act", func(c echo.Context) error { return c.String(http.StatusOK, "secret act") })
	e.GET("/panic", func(echo.Context) error { panic("the password is hunter2") })
	e.GET("/fail", func(echo.Context) error { return fmt.Errorf("open /etc/hidden: no") })
	e.GET("/live", live)
	if s.more != nil {
		s.more(e)
	}
}

func (s testSite) Failure(c echo.Context, status int, text string) error {
	if s.failure != nil {
		return s.failure(c, status, text)
	}
	return c.String(status, text)
}

// live upgrades whoever comes this far, so that the origin gate alone is tried; it says hello and stays until the
// server stops or the client goes.
func live(c echo.Context) error {
	ws, err := websocket.Accept(c.Response(), c.Request(), &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return nil // answered by Accept
	}
	defer ws.CloseNow()
	stopping := c.Request().Context()
	gone := ws.CloseRead(context.WithoutCancel(stopping)) // A context that ends here would cut without a close frame.
	if err := ws.Write(stopping, websocket.MessageText, []byte("hello")); err != nil {
		return err
	}
	select {
	case <-stopping.Done():
		return ws.Close(websocket.StatusGoingAway, "")
	case <-gone.Done():
		return nil
	}
}

// logBuffer collects a log; the server writes it from many goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// logger returns a text logger of all levels into l.
func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// openRules let everybody call every route of a site.
func openRules(site Site) (rules []Rule) {
	e := echo.New()
	site.Routes(e)
	e.GET(enterPath, func(echo.Context) error { return nil })
	e.POST(enterPath, func(echo.Context) error { return nil })
	for _, r := range e.Routes() {
		rules = append(rules, Rule{Method: r.Method, Pattern: r.Path, Body: 1 << 30})
	}
	return rules
}

// newTestServer returns a server that is not open; cfg.Listen is localhost:0 if empty.
func newTestServer(tb testing.TB, cfg Config, site Site, lim limits) *Server {
	tb.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "localhost:0"
	}
	if cfg.UserOf == nil { // whoever calls is the owner
		cfg.UserOf = func(_, _ netip.AddrPort) (string, error) { return "1", nil }
		cfg.Owners = []string{"1"}
	}
	s, err := newServer(cfg, site, openRules(site), lim)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

// ask passes one request through the whole chain, as if it had come to 127.0.0.1.
func ask(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	local := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:8080"))
	ctx := context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(local))
	if _, set := ctx.Value(peerKey{}).(*peer); !set {
		ctx = context.WithValue(ctx, peerKey{}, &peer{addr: netip.MustParseAddr("127.0.0.1"), owner: func() string { return "1" }})
	}
	s.http.Handler.ServeHTTP(w, r.WithContext(ctx))
	return w
}

// request makes a request to localhost:8080 with headers given as name, value, name, value.
func request(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:8080"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// upgrade is a request for a WebSocket.
func upgrade(headers ...string) *http.Request {
	return request("GET", "/live", append([]string{"Connection", "Upgrade", "Upgrade", "websocket",
		"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}, headers...)...)
}

// serve opens s and serves it until the test ends; stop ends it before and reports what Serve returned.
func serve(t *testing.T, s *Server) (stop func()) {
	t.Helper()
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- s.Serve() }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if err := <-result; err != nil {
				t.Errorf("serve: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// raw sends text on a new connection to addr and reads one answer.
func raw(t *testing.T, addr netip.AddrPort, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Logf("write: %v", err) // the server may have answered and closed already
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// pipeListener is a listener without a network, for time that is not real (testing/synctest).
type pipeListener struct {
	addr  *net.TCPAddr
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
	err   error // what Accept returns in the end
}

func newPipeListener(addr netip.AddrPort) *pipeListener {
	return &pipeListener{addr: net.TCPAddrFromAddrPort(addr), queue: make(chan net.Conn), done: make(chan struct{}), err: net.ErrClosed}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.done:
		return nil, l.err
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return l.addr }

// pipeEnd gives one end of a net.Pipe the addresses of TCP.
type pipeEnd struct {
	net.Conn
	local, remote net.Addr
}

func (p pipeEnd) LocalAddr() net.Addr  { return p.local }
func (p pipeEnd) RemoteAddr() net.Addr { return p.remote }

// dial connects from peer.
func (l *pipeListener) dial(peer string) net.Conn {
	client, server := net.Pipe()
	l.queue <- pipeEnd{server, l.addr, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(peer))}
	return client
}

// servePipe serves s on a pipeListener until stop is called. It works inside a synctest bubble.
func servePipe(t *testing.T, s *Server) (l *pipeListener, stop func()) {
	t.Helper()
	l = newPipeListener(netip.MustParseAddrPort("127.0.0.1:8080"))
	s.listen.addrs = s.listen.addrs[:1]
	s.bind = func(context.Context, string, netip.AddrPort) (net.Listener, error) { return l, nil }
	return l, serve(t, s)
}
