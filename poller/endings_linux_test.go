package poller

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// watchAll runs a Poller on the real kernel, polling only where the test asks, and gathers what ends.
func watchAll(t *testing.T) (p *Poller, ended func() []Ending) {
	t.Helper()
	var mu sync.Mutex
	var all []Ending
	p, err := New(t.Context(), Options{Source: SourceNetlink, Interval: MaxInterval, Log: quiet(), Observe: func(d *Delta) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, d.Ended...)
	}})
	check(t, err)
	p.openEndings()
	t.Cleanup(func() {
		p.listen(false)
		check(t, p.source.Close())
	})
	p.poll(t.Context())
	return p, func() []Ending {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// gather polls until what ended satisfies enough.
func gather(t *testing.T, p *Poller, ended func() []Ending, enough func([]Ending) bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !enough(ended()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d endings, and not those that were waited for", len(ended()))
		}
		p.poll(t.Context())
	}
}

// hasEnds reports whether all ends of connections are among those told of; other programs' may be, too.
func hasEnds(ends ...net.Conn) func([]Ending) bool {
	return func(all []Ending) bool {
		for _, c := range ends {
			local, remote := addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
			if !slices.ContainsFunc(all, func(e Ending) bool { return e.Local == local && e.Remote == remote }) {
				return false
			}
		}
		return true
	}
}

// exchange sends bytes both ways over a pair and waits until both have come.
func exchange(t *testing.T, a, b net.Conn, there, back int) {
	t.Helper()
	for _, way := range []struct {
		from, to net.Conn
		n        int
	}{{a, b, there}, {b, a, back}} {
		_, err := way.from.Write(make([]byte, way.n))
		check(t, err)
		_, err = io.ReadFull(way.to, make([]byte, way.n))
		check(t, err)
	}
}

// endingOf returns the ending of the connection with this local end.
func endingOf(t *testing.T, all []Ending, c net.Conn) Ending {
	t.Helper()
	for _, e := range all {
		if e.Local == addrPort(c.LocalAddr()) && e.Remote == addrPort(c.RemoteAddr()) {
			return e
		}
	}
	t.Fatalf("the end of %v → %v was not heard of", c.LocalAddr(), c.RemoteAddr())
	return Ending{}
}

// A connection that lives between two polls is told with the bytes that went through it, whichever end closes first
// and however: with a FIN, or with a reset.
func TestEndingsBetweenPolls(t *testing.T) {
	for _, tt := range []struct {
		name  string
		told  int // of how many ends the kernel tells: not of one that resets
		close func(t *testing.T, client, server net.Conn)
	}{
		{"client closes first", 2, func(t *testing.T, client, server net.Conn) {
			check(t, client.Close())
			waitEOF(t, server)
			check(t, server.Close())
		}},
		{"server closes first", 2, func(t *testing.T, client, server net.Conn) {
			check(t, server.Close())
			waitEOF(t, client)
			check(t, client.Close())
		}},
		{"client resets", 1, func(t *testing.T, client, server net.Conn) {
			check(t, client.(*net.TCPConn).SetLinger(0))
			check(t, client.Close())
			_, err := server.Read(make([]byte, 1))
			if err == nil {
				t.Error("no reset")
			}
			check(t, server.Close())
		}},
		{"server resets", 1, func(t *testing.T, client, server net.Conn) {
			check(t, server.(*net.TCPConn).SetLinger(0))
			check(t, server.Close())
			_, err := client.Read(make([]byte, 1))
			if err == nil {
				t.Error("no reset")
			}
			check(t, client.Close())
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, ended := watchAll(t)
			l := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
			p.poll(t.Context())
			client, server := pair(t, "tcp4", l)
			exchange(t, client, server, 1234, 567)
			tt.close(t, client, server)
			gather(t, p, ended, func(all []Ending) bool {
				if tt.told == 2 {
					return hasEnds(client, server)(all)
				}
				return hasEnds(client)(all) || hasEnds(server)(all)
			})
			for _, e := range ended() {
				out, in := uint64(1234), uint64(567)
				switch e.Local {
				case addrPort(server.LocalAddr()):
					out, in = in, out
				case addrPort(client.LocalAddr()):
				default:
					continue // another program's
				}
				if e.BytesSent != out || e.BytesReceived != in {
					t.Errorf("%v: %d out %d in, want %d and %d", e.Local, e.BytesSent, e.BytesReceived, out, in)
				}
				if e.Seen || !e.Final || !e.Known.Has(KnownBytes|KnownRTT|KnownRetransmits) || e.Known.Has(KnownUID) {
					t.Errorf("seen %v, final %v, known %b", e.Seen, e.Final, e.Known)
				}
			}
		})
	}
}

// The end of a connection that has a row brings the row's owner with it, and a row that waits in TIME_WAIT has the
// final bytes, poll after poll.
func TestEndingsOfRows(t *testing.T) {
	p, ended := watchAll(t)
	l := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	client, server := pair(t, "tcp4", l)
	p.poll(t.Context())
	exchange(t, client, server, 1000, 2000)
	check(t, client.Close())
	waitEOF(t, server)
	check(t, server.Close())
	gather(t, p, ended, hasEnds(client, server))
	e := endingOf(t, ended(), client)
	if !e.Seen || e.Owner == nil || e.BytesSent != 1000 || e.BytesReceived != 2000 {
		t.Errorf("seen %v, owner %v, %d out, %d in", e.Seen, e.Owner, e.BytesSent, e.BytesReceived)
	}
	for range 3 {
		c := row(t, p, func(c *Connection) bool { return c.ID == e.ID })
		if c.State != StateTimeWait || !c.Final || c.BytesSent != 1000 || c.BytesReceived != 2000 || c.Owner == nil {
			t.Errorf("%v, final %v, %d out, %d in, owner %v", c.State, c.Final, c.BytesSent, c.BytesReceived, c.Owner)
		}
		dump := list(t, p.source)
		for _, i := range Diff(p.table, dump).Changed {
			if dump[i].ID == e.ID {
				t.Error("a row in TIME_WAIT with its final bytes counts as changed")
			}
		}
		p.poll(t.Context())
	}
	if s := p.table.Status(); s.Ended < 2 || s.EndingsLost != 0 {
		t.Errorf("%d ended, %d lost", s.Ended, s.EndingsLost)
	}
}

// Run hears of endings only while somebody watches, and leaves nothing behind.
func TestEndingsWhileWatched(t *testing.T) {
	var mu sync.Mutex
	var heard []Ending
	p, err := New(t.Context(), Options{Source: SourceNetlink, Interval: MinInterval, Log: quiet(), Observe: func(d *Delta) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, d.Ended...)
	}})
	check(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	defer func() {
		stop()
		check(t, <-done)
	}()
	unwatch := p.Watch()
	defer unwatch()
	check(t, p.Fresh(t.Context()))
	check(t, p.Fresh(t.Context()))
	l := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	client, server := pair(t, "tcp4", l)
	exchange(t, client, server, 10, 10)
	check(t, client.Close())
	waitEOF(t, server)
	check(t, server.Close())
	found := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return hasEnds(client)(heard)
	}
	for deadline := time.Now().Add(10 * time.Second); !found(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the end of a connection was not heard of")
		}
	}
}
