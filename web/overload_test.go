package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller"
)

// pacing is what the page says of polls that come more rarely than asked for.
const pacing = "A look at all sockets takes long on this machine; they are read every 10s."

// TestOverloadIsSaid: where looks take long, the page as HTML, the live frames and the data say that they come more
// rarely, and stop saying so when they are quick again.
//
//attack:r6
func TestOverloadIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		network := &pipes{make(chan net.Conn), make(chan struct{})}
		srv := &http.Server{Handler: handler(s)}
		go func() { _ = srv.Serve(network) }()
		h := &house{Site: s, url: "http://127.0.0.1", client: &http.Client{Transport: &http.Transport{DialContext: network.dial}}}
		b, _, err := h.dial(t, "")
		if err != nil {
			t.Fatal(err)
		}
		seen := &follower{t: t, b: b, done: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		go seen.follow(ctx)

		for _, slow := range []time.Duration{0, 9 * time.Second, 0} {
			m.set(func(m *machine) { m.slow = slow })
			time.Sleep(5 * time.Minute)
			said, interval := slow > 0, time.Second
			if said {
				interval = 10 * time.Second
			}
			if strings.Contains(ask(t, s, "/", "").Body.String(), "<li>"+pacing+"</li>") != said {
				t.Errorf("polls of %v: said in the page: %v", slow, !said)
			}
			if strings.Contains(ask(t, s, "/connections.json", "limit=").Body.String(), pacing) != said {
				t.Errorf("polls of %v: said in the data: %v", slow, !said)
			}
			notes, every := seen.now()
			if strings.Contains(strings.Join(notes, " "), pacing) != said || every != interval {
				t.Errorf("polls of %v: the live view says %q, every %v", slow, notes, every)
			}
		}
		_ = b.CloseNow()
		cancel()
		<-seen.done
		_ = srv.Close()
		h.client.CloseIdleConnections()
	})
}

// TestPartialIsSaid: a table that is not whole is stale in the page, in the live frames and in the data, with the
// reason; a machine on which nothing was read yet says so as well.
//
//attack:k2
func TestPartialIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		m.set(func(m *machine) { m.failure = errRefusedByTest })
		poll(t, s)
		var stale string
		s.poller.Read(func(t *poller.Table) { stale = t.Status().Stale })
		for path, want := range map[string]string{"/": errRefusedByTest.Error(), "/connections.json": `"complete":false`} {
			if body := ask(t, s, path, "").Body.String(); !strings.Contains(body, want) || stale == "" {
				t.Errorf("%s does not say %q (%q)", path, want, stale)
			}
		}
	})
}

var errRefusedByTest = errors.New("refused by the test")

// follower is a viewer that keeps up with the frames.
type follower struct {
	t    *testing.T
	b    *browser
	done chan struct{}

	mu     sync.Mutex
	client client
}

// follow applies frames until the connection ends.
func (f *follower) follow(ctx context.Context) {
	defer close(f.done)
	for {
		_, frame, err := f.b.Read(ctx)
		if err != nil {
			return
		}
		f.mu.Lock()
		if parseFrame(f.t, frame).Type != "hello" {
			f.client.apply(f.t, frame)
		}
		f.mu.Unlock()
	}
}

// now returns the notes and the interval that the viewer sees.
func (f *follower) now() ([]string, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.client.Notes, time.Duration(f.client.Interval) * time.Millisecond
}
