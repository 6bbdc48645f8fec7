package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a network without a network, for a synctest bubble: whoever dials is handed to the listener.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p.accepted <- there
	return here, nil
}

// TestPollsWhileWatched: nobody looks, no polls; a viewer looks, a poll each interval; and none soon after it went.
func TestPollsWhileWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		network := &pipes{make(chan net.Conn), make(chan struct{})}
		srv := &http.Server{Handler: handler(s)}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(network) }()
		h := &house{Site: s, url: "http://127.0.0.1", client: &http.Client{Transport: &http.Transport{DialContext: network.dial}}}

		time.Sleep(time.Hour)
		if n := m.polled(); n != 0 {
			t.Errorf("%d polls and nobody watched", n)
		}
		b, _, err := h.dial(t, "")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		read := make(chan int, 1)
		go func() { read <- b.readAll(ctx) }()
		time.Sleep(time.Hour)
		if n := m.polled(); n < 3600 || n > 3602 {
			t.Errorf("%d polls in an hour", n)
		}
		_ = b.CloseNow()
		if n := <-read; n < 3600 {
			t.Errorf("%d frames in an hour", n)
		}
		time.Sleep(time.Minute)
		before := m.polled()
		time.Sleep(time.Hour)
		if n := m.polled(); n != before || before > 3602+20 {
			t.Errorf("%d polls a minute after the viewer went, %d an hour later", before, n)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		h.client.CloseIdleConnections()
	})
}

// readAll reads frames until the connection ends, and counts them.
func (b *browser) readAll(ctx context.Context) (n int) {
	for {
		if _, _, err := b.Read(ctx); err != nil {
			return n
		}
		n++
	}
}
