package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/websocket"
)

// liveServer sends a hello, a snap and two deltas to each viewer, and then waits for it to leave. It has room for some
// viewers only.
func liveServer(t *testing.T, room int32, origins chan<- string) *httptest.Server {
	t.Helper()
	var in atomic.Int32
	live := websocket.Handler(func(c *websocket.Conn) {
		origins <- c.Request().Header.Get("Origin") + " " + c.Request().URL.RawQuery
		for _, frame := range []string{`{"t":"hello"}`, `{"t":"snap"}`, `{"t":"delta"}`, `{"t":"delta","put":[1]}`} {
			if websocket.Message.Send(c, frame) != nil {
				return // the viewer has left
			}
		}
		var end []byte
		_ = websocket.Message.Receive(c, &end)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/live" || in.Add(1) > room {
			http.Error(w, "Too many.", http.StatusServiceUnavailable)
			return
		}
		live.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestViewerReadsFrames(t *testing.T) {
	origins := make(chan string, 1)
	s := liveServer(t, 1, origins)
	v, err := look(t.Context(), s.URL, "state=LISTEN")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := <-origins, s.URL+" state=LISTEN"; got != want {
		t.Errorf("origin and view %q, want %q", got, want)
	}
	want := []int{len(`{"t":"delta"}`), len(`{"t":"delta","put":[1]}`)}
	got, err := v.frames()
	for ; err == nil && len(got) < len(want); got, err = v.frames() {
		time.Sleep(time.Millisecond)
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("frames (-want +got), error %v:\n%s", err, diff)
	}
	if err := v.leave(); err != nil {
		t.Error(err)
	}
	if _, err := v.frames(); err == nil {
		t.Error("no reason why no more frames come")
	}
}

func TestGatherTakesAsManyAsAreLetIn(t *testing.T) {
	s := liveServer(t, 3, make(chan string, 9))
	a, refused, err := gather(t.Context(), s.URL, "", 5)
	if len(a) != 3 || refused == nil || err != nil {
		t.Errorf("%d viewers, refused %v, error %v", len(a), refused, err)
	}
	if err := a.failed(); err != nil {
		t.Errorf("failed: %v", err)
	}
	if err := a.leave(); err != nil {
		t.Error(err)
	}
	if a, _, err := gather(t.Context(), s.URL, "", 1); err == nil || len(a) != 0 {
		t.Errorf("nobody was let in: %d viewers, error %v", len(a), err)
	}
}

// TestAudienceKnowsWhoWasCut off by the server.
func TestAudienceKnowsWhoWasCut(t *testing.T) {
	s := httptest.NewServer(websocket.Handler(func(*websocket.Conn) {}))
	defer s.Close()
	a, _, err := gather(t.Context(), s.URL, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	a[0].reading.Wait()
	if err := a.failed(); err == nil {
		t.Error("no error")
	}
	if err := a.leave(); err != nil {
		t.Error(err)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := sleep(ctx, time.Millisecond); err != nil {
		t.Error(err)
	}
	cancel()
	if err := sleep(ctx, time.Hour); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

func TestHealthy(t *testing.T) {
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("path %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	for _, tt := range []struct {
		status int
		want   bool
	}{{http.StatusOK, true}, {http.StatusServiceUnavailable, false}} {
		status = tt.status
		if got := healthy(t.Context(), s.Client(), s.URL); got != tt.want {
			t.Errorf("%d: %t", tt.status, got)
		}
	}
	s.Close()
	if healthy(t.Context(), s.Client(), s.URL) {
		t.Error("nobody is there and is healthy")
	}
	if healthy(t.Context(), s.Client(), "http://"+strings.Repeat("[", 3)) {
		t.Error("no URL is healthy")
	}
}
