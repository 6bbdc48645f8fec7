package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye/bench/internal/load"
	"sockeye/owner"
	"sockeye/poller"
	httpserver "sockeye/server"
	"sockeye/web"
)

// visitTime is the variable that says how long TestVisitors goes on; 10 s where it is not set, 2 s with -short.
const visitTime = "SOCKEYE_TEST_VISITS"

// visitors is how many viewers look at a time.
const visitors = 50

// TestVisitors has 50 viewers come and go, in order and by breaking off, and read other pages on the way, while sockets
// come and go on the real kernel. With the race detector that finds no race; and when all have gone, the server has as
// many goroutines and descriptors as before. The long form: SOCKEYE_TEST_VISITS=10m go test -race ./bench -run Visitors
// -timeout 20m.
func TestVisitors(t *testing.T) {
	url, stop := serveHere(t)
	settle(t, url) // what is kept for good is there once one viewer was
	goroutines, files := runtime.NumGoroutine(), openFiles(t)

	ctx, cancel := context.WithTimeout(t.Context(), visitDuration(t))
	defer cancel()
	set, err := load.Open(load.Spec{Listen: 4, Established: 200, UDP: 10, Churn: 100, Replace: 20}, 40)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := set.Churn(ctx); err != nil {
			t.Errorf("churn: %v", err)
		}
	})
	visits := make([]int, visitors)
	for i := range visits {
		all.Go(func() { visits[i] = visit(t, ctx, url, i) })
	}
	all.Wait()
	if err := set.Close(); err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	awaitSame(t, "goroutines", goroutines, runtime.NumGoroutine)
	awaitSame(t, "descriptors", files, func() int { return openFiles(t) })
	if text := metrics(t, url); !strings.Contains(text, "\nsockeye_viewers 0\n") {
		t.Error("viewers are counted that have gone")
	}
	total := 0
	for i, n := range visits {
		if n == 0 {
			t.Errorf("viewer %d saw nothing", i)
		}
		total += n
	}
	t.Logf("%d visits by %d viewers; %d goroutines and %d descriptors before and after", total, visitors, goroutines, files)
	stop()
}

// visitDuration returns how long viewers come and go.
func visitDuration(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv(visitTime); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if testing.Short() {
		return 2 * time.Second
	}
	return 10 * time.Second
}

// serveHere serves this machine's sockets on a free port within this process, as the program does.
func serveHere(t *testing.T) (url string, stop func()) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	var site *web.Site
	p, err := poller.New(t.Context(), poller.Options{Source: poller.SourceNetlink, Interval: poller.MinInterval, Log: log,
		Observe: func(d *poller.Delta) { site.Observe(d) }})
	if err != nil {
		t.Fatal(err)
	}
	site = web.New(p, log)
	port := freePort(t)
	s, err := httpserver.New(httpserver.Config{Listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Log: log,
		UserOf: owner.OfPeer, Owners: owner.Users(os.LookupEnv)}, site)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- p.Run(ctx) }()
	go func() { ended <- s.Serve() }()
	stop = sync.OnceFunc(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(stop)
	return "http://127.0.0.1:" + strconv.Itoa(port), stop
}

// freePort returns a port that is free now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// settle has one viewer look until it saw something, and go.
func settle(t *testing.T, url string) {
	t.Helper()
	if n := visitOnce(t, url, 0); n == 0 {
		t.Fatal("the first viewer saw nothing")
	}
	http.DefaultClient.CloseIdleConnections()
	// The viewer's end is served to its end only after it has gone.
	for last := -1; last != runtime.NumGoroutine(); time.Sleep(300 * time.Millisecond) {
		last = runtime.NumGoroutine()
	}
}

// visits are the views that are looked at, by turns.
var visits = []string{"", "state=ESTABLISHED", "sort=-rxrate", "sort=age", "proto=tcp&sort=local", "dir=loopback"}

// visit looks, goes and comes again until ctx ends, at least once, and returns how often something was seen.
func visit(t *testing.T, ctx context.Context, url string, i int) (seen int) {
	for {
		seen += visitOnce(t, url, i+seen)
		if ctx.Err() != nil {
			return seen
		}
	}
}

// visitOnce reads a page and looks at a live view for a frame or a few; every third view is broken off.
func visitOnce(t *testing.T, url string, turn int) (seen int) {
	path := []string{"/", "/connections.json", "/connections.csv?state=LISTEN", "/metrics", "/ports/443"}[turn%5]
	if err := read(t.Context(), url+path); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	v, err := look(t.Context(), url, visits[turn%len(visits)])
	if err != nil {
		t.Error(err)
		return 0
	}
	for deadline := time.Now().Add(patience); seen == 0; time.Sleep(10 * time.Millisecond) {
		frames, err := v.frames()
		if err != nil || time.Now().After(deadline) {
			t.Errorf("viewer: %d frames, %v", len(frames), err)
			break
		}
		if len(frames) > turn%4 {
			seen = 1
		}
	}
	broken := turn%3 == 0
	if broken { // no goodbye can be said either
		_ = v.conn.SetDeadline(time.Now())
	}
	if err := v.leave(); err != nil && !broken {
		t.Errorf("leave: %v", err)
	}
	return seen
}

// metrics returns what the server tells of itself.
func metrics(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return string(text)
}

// read fetches a page to its end.
func read(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// openFiles returns the number of descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// awaitSame waits until a number is what it was.
func awaitSame(t *testing.T, what string, want int, now func() int) {
	t.Helper()
	got := now()
	for deadline := time.Now().Add(patience); got != want && time.Now().Before(deadline); got = now() {
		time.Sleep(50 * time.Millisecond)
	}
	if got == want {
		return
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d %s, before it were %d\n%s", got, what, want, stacks[:runtime.Stack(stacks, true)])
}
