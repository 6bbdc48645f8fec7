package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

// memory returns a figure of /proc/PID/status in KiB, such as VmRSS.
func (p *program) memory(name string) (kib int) {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), name+":")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	return kib
}

// descriptors counts the open files of the program.
func (p *program) descriptors() int {
	p.t.Helper()
	list, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	return len(list)
}

// knock opens a connection and sends what is given.
func (p *program) knock(text string) net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", itoa(p.port)))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		p.t.Logf("knock: %v", err) // it was closed because there are too many
	}
	return c
}

// isOpen reports whether the server has closed a connection; it reads what came.
func isOpen(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err := io.Copy(io.Discard, c)
	return os.IsTimeout(err)
}

// TestManyConnections: a thousand connections that never finish a request. No more than the limit are kept, they are
// let go of by themselves, memory is bounded, and then all is as before.
//
//attack:n5 a thousand half requests; the server lets go of all of them by itself
//attack:n6 256 of a thousand are kept, less than 20 MB, and no descriptor is left behind
func TestManyConnections(t *testing.T) {
	sockeye := start(t)
	sockeye.get("/connections.json")
	before, files := sockeye.memory("VmRSS"), sockeye.descriptors()
	var all []net.Conn
	for i := range 1000 {
		all = append(all, sockeye.knock([]string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"}[i%4]))
	}
	open := 0
	for _, c := range all {
		if isOpen(c) {
			open++
		}
	}
	if more := sockeye.memory("VmRSS") - before; open > 256 || more > 20<<10 {
		t.Errorf("%d are open, %d KiB more", open, more)
	} else {
		t.Logf("%d of 1000 were open, %d KiB more", open, more)
	}
	waitFor(t, "an answer to somebody else", func() bool {
		c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
		answer, err := c.Get(sockeye.url + "/healthz")
		if err == nil {
			_ = answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
	waitFor(t, "all descriptors to be closed", func() bool { return sockeye.descriptors() <= files+5 })
}

// watch reads frames until the viewer's connection ends, and counts them.
func watch(ctx context.Context, c *websocket.Conn, each func(at time.Time)) error {
	for {
		_, data, err := c.Read(ctx)
		if err != nil {
			return err
		}
		var frame struct {
			T  string
			At int64
		}
		if err := json.Unmarshal(data, &frame); err != nil {
			return err
		}
		if frame.T == "delta" {
			each(time.UnixMilli(frame.At))
		}
	}
}

// TestStalledAmongViewers: 31 viewers read, one does not even answer a ping. It is cut, the others are not, and get their
// frames. With SOCKEYE_SOAK=10m it lasts that long, and the delay of the frames is judged as well.
//
//attack:r1 one stalled viewer among 31: it is gone, they get every frame; at most 512 KiB for each
//attack:w8 over real sockets
func TestStalledAmongViewers(t *testing.T) {
	sockeye := start(t)
	generate(t, "-established 400 -listen 5 -closewait 5 -timewait 5 -udp 5 -processes 2 -for 20m")
	sockeye.await("", "all sockets", func(e export) bool { return e.Total >= 400 })
	lasting, soak := 2*patience, false
	if text := os.Getenv("SOCKEYE_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		lasting, soak = d, true
	}
	before := sockeye.memory("VmRSS")
	ctx, cancel := context.WithTimeout(t.Context(), lasting)
	defer cancel()
	var mu sync.Mutex
	var delays []time.Duration
	counts := make([]int, 31)
	var viewers sync.WaitGroup
	for i := range counts {
		c := dial(t, sockeye, "limit=200&sort=-rxrate")
		viewers.Go(func() {
			err := watch(ctx, c, func(at time.Time) {
				mu.Lock()
				defer mu.Unlock()
				counts[i]++
				delays = append(delays, time.Since(at))
			})
			if ctx.Err() == nil {
				t.Errorf("viewer %d was cut: %v", i, err)
			}
		})
	}
	// The stalled one: it upgrades, and never reads nor answers again.
	stalled := sockeye.knock(fmt.Sprintf("GET /live?limit=200 HTTP/1.1\r\nHost: localhost:%d\r\nOrigin: http://localhost:%[1]d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", sockeye.port))
	sockeye.awaitViewers(32)
	sockeye.awaitViewers(31)
	more := sockeye.memory("VmRSS") - before
	if !soak { // all is seen that was to be seen
		cancel()
	}
	viewers.Wait()
	if isOpen(stalled) {
		t.Error("the stalled viewer's connection is still open")
	}
	if least := slices.Min(counts); least < 20 {
		t.Errorf("a viewer got %d frames", least)
	}
	if more > 32*512 {
		t.Errorf("%d KiB more for 32 viewers", more)
	}
	slices.Sort(delays)
	p99 := delays[len(delays)*99/100]
	t.Logf("%d to %d frames each, p99 of their delay %v, %d KiB more for 32 viewers", slices.Min(counts), slices.Max(counts), p99, more)
	if soak && p99 > 500*time.Millisecond {
		t.Errorf("the p99 of the delay is %v", p99)
	}
}

// awaitViewers waits until the program counts so many viewers.
func (p *program) awaitViewers(n int) {
	p.t.Helper()
	waitFor(p.t, itoa(n)+" viewers", func() bool {
		_, body := p.get("/metrics")
		return strings.Contains(body, fmt.Sprintf("\nsockeye_viewers %d\n", n))
	})
}

// TestExportsInParallel: many who fetch everything at once cost the program little more than one.
//
//attack:r7 16 at once of 5,000 sockets: less than 64 MB more
//attack:j7 what a filter of the greatest length costs 16 at once
func TestExportsInParallel(t *testing.T) {
	generate(t, "-established 5000 -listen 5 -closewait 5 -timewait 5 -udp 5 -processes 2 -for 10m")
	sockeye := start(t)
	sockeye.await("", "all sockets", func(e export) bool { return e.Total >= 5000 })
	before, files := sockeye.memory("VmRSS"), sockeye.descriptors()
	costly := "/connections.json?q=" + strings.Repeat("proc:x+or+", 40) + "ip:127.0.0.0/8"
	var all sync.WaitGroup
	for i := range 16 {
		path := []string{"/connections.json", "/connections.csv", "/connections.ndjson", costly}[i%4]
		all.Go(func() {
			c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
			answer, err := c.Get(sockeye.url + path)
			if err != nil {
				t.Error(err)
				return
			}
			n, err := io.Copy(io.Discard, answer.Body)
			if _ = answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK || n < 500_000 {
				t.Errorf("%.60s: %s, %d bytes, %v", path, answer.Status, n, err)
			}
		})
	}
	all.Wait()
	if more := sockeye.memory("VmRSS") - before; more > 64<<10 {
		t.Errorf("%d KiB more", more)
	} else {
		t.Logf("%d KiB more", more)
	}
	for range 16 { // readers that leave in the middle
		c := sockeye.knock("GET /connections.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
		_, _ = c.Read(make([]byte, 1000))
		_ = c.Close()
	}
	waitFor(t, "all descriptors to be closed", func() bool { return sockeye.descriptors() <= files+5 })
}

// TestStorm: connections come and go as fast as they can, upgraded and not; nothing stays.
//
//attack:r3 600 in a storm: descriptors as before, less than 20 MB more
func TestStorm(t *testing.T) {
	sockeye := start(t)
	sockeye.get("/connections.json")
	before, files := sockeye.memory("VmRSS"), sockeye.descriptors()
	var all sync.WaitGroup
	for worker := range 6 {
		all.Go(func() {
			for i := range 100 {
				if (worker+i)%3 == 0 {
					_ = sockeye.knock("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").Close()
					continue
				}
				c, _, err := websocket.Dial(t.Context(), sockeye.url+"/live", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {sockeye.url}}})
				if err == nil {
					_ = c.CloseNow()
				}
			}
		})
	}
	all.Wait()
	sockeye.awaitViewers(0)
	waitFor(t, "all descriptors to be closed", func() bool { return sockeye.descriptors() <= files+5 })
	if more := sockeye.memory("VmRSS") - before; more > 20<<10 {
		t.Errorf("%d KiB more", more)
	} else {
		t.Logf("%d KiB more", more)
	}
}
