package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"sockeye/access"
	"sockeye/poller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine is a fake operating system: its sockets and processes are what a test says.
type machine struct {
	mu        sync.Mutex
	sockets   map[poller.ID]poller.Socket
	processes map[int32]string
	failure   error         // of the next polls
	slow      time.Duration // what a poll takes
	twice     bool          // a poll lists what it has listed once more, as dumps may
	polls     int
	hosts     map[string]string // names of addresses
	asked     []string          // the addresses whose names were asked for
	observing func()            // called after a poll took its sockets and before the site hears of it
}

// newMachine returns a machine with these sockets and one process for each PID that they name: its name is that of
// names, in order of the PIDs 1, 2, 3…
func newMachine(names []string, sockets ...poller.Socket) *machine {
	m := &machine{sockets: map[poller.ID]poller.Socket{}, processes: map[int32]string{}}
	for i, name := range names {
		m.processes[int32(i+1)] = name
	}
	for _, s := range sockets {
		m.sockets[s.ID] = s
	}
	return m
}

// set changes the machine between two polls.
func (m *machine) set(change func(m *machine)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// polled returns how often the sockets were asked for.
func (m *machine) polled() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.polls
}

// list is the machine's part of [poller.Fake].
func (m *machine) list(_ context.Context, dst []poller.Socket) ([]poller.Socket, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.polls++
	if m.slow > 0 {
		time.Sleep(m.slow)
	}
	if m.failure != nil {
		return dst, m.failure
	}
	for _, id := range slices.Sorted(maps.Keys(m.sockets)) {
		dst = append(dst, m.sockets[id])
	}
	if m.twice {
		dst = append(dst, dst...)
	}
	return dst, nil
}

// process is the machine's part of [poller.Fake].
func (m *machine) process(pid int32) (poller.Process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name, ok := m.processes[pid]
	if !ok {
		return poller.Process{}, errors.New("no such process")
	}
	return poller.Process{PID: pid, Start: 1, Name: name}, nil
}

// LookupAddr is the machine's resolver. It takes a tenth of a second.
func (m *machine) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	m.set(func(m *machine) { m.asked = append(m.asked, addr) })
	select {
	case <-time.After(time.Second / 10):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if name, ok := m.hosts[addr]; ok {
		return []string{name}, nil
	}
	return nil, errors.New("no such host")
}

// nobody is a resolver that knows no names.
type nobody struct{}

func (nobody) LookupAddr(context.Context, string) ([]string, error) {
	return nil, errors.New("no such host")
}

// observe tells the site of a poll, after what the test has to do before.
func (m *machine) observe(site *Site, d *poller.Delta) {
	m.mu.Lock()
	first := m.observing
	m.mu.Unlock()
	if first != nil {
		first()
	}
	site.Observe(d)
}

// fataler is what the helpers need of a test; rapid's T has it as well.
type fataler interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

// newTestSite returns a site of the machine. Its poller runs until the test ends.
func newTestSite(t fataler, m *machine, interval time.Duration) *Site {
	t.Helper()
	var site *Site
	p, err := poller.New(context.Background(), poller.Options{
		Fake: &poller.Fake{Sockets: m.list, Process: m.process}, Interval: interval, Log: quiet,
		Observe: func(d *poller.Delta) { m.observe(site, d) },
	})
	if err != nil {
		t.Fatal(err)
	}
	site = newSite(p, quiet, m)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		site.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return site
}

// poll lets time pass until the next poll is due, and has it. It works in a synctest bubble.
func poll(t fataler, s *Site) {
	t.Helper()
	var interval time.Duration
	s.poller.Read(func(t *poller.Table) { interval = t.Status().Interval })
	time.Sleep(2 * interval) // a poll that was slow doubles it
	if err := s.poller.Fresh(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// tcp returns a TCP socket of the process pid.
func tcp(id poller.ID, state poller.State, local, remote string, pid int32) poller.Socket {
	return poller.Socket{
		ID: id, Protocol: poller.TCP, Family: poller.IPv4, State: state, PID: pid,
		Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote),
	}
}

// nowhere is the remote end of a socket that is not connected.
const nowhere = "0.0.0.0:0"

// office is a small machine as there are many: a web server with two visitors, a browser, a resolver.
func office() *machine {
	web := tcp(1, poller.StateListen, "0.0.0.0:443", nowhere, 1)
	visit := tcp(2, poller.StateEstablished, "192.0.2.7:443", "198.51.100.9:50001", 1)
	visit.Known = poller.KnownBytes | poller.KnownRTT | poller.KnownQueues | poller.KnownRetransmits
	visit.BytesReceived, visit.BytesSent, visit.RTT, visit.Retransmits = 1500, 98_000, 12_500, 3
	left := tcp(3, poller.StateTimeWait, "192.0.2.7:443", "198.51.100.9:50000", 0)
	browser := tcp(4, poller.StateEstablished, "192.0.2.7:40001", "203.0.113.5:80", 2)
	resolver := tcp(5, poller.StateNone, "127.0.0.53:53", nowhere, 3)
	resolver.Protocol = poller.UDP
	return newMachine([]string{"nginx", "firefox", "resolved"}, web, visit, left, browser, resolver)
}

// handler serves the site's routes with errors answered as package server does it, and nothing else of that package. The
// caller is the owner.
func handler(s *Site) *echo.Echo {
	return handlerFor(s, access.Caller{Role: access.Owner, User: "1000"})
}

// handlerFor is handler for a caller.
func handlerFor(s *Site, caller access.Caller) *echo.Echo {
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.SetRequest(c.Request().WithContext(access.With(c.Request().Context(), caller)))
			return next(c)
		}
	})
	s.Routes(e)
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status, text := http.StatusInternalServerError, "fault: "+err.Error()
		if he := (*echo.HTTPError)(nil); errors.As(err, &he) {
			status, text = he.Code, fmt.Sprint(he.Message)
		}
		if !c.Response().Committed {
			_ = s.Failure(c, status, text)
		}
	}
	return e
}

// ask requests a path with a raw query, as they stand in the request, and returns the answer.
func ask(t fataler, s *Site, path, rawQuery string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL = &url.URL{Path: path, RawQuery: rawQuery}
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, r)
	return w
}
