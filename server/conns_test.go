package server

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// fakeConn is a connection that has a peer and nothing else.
type fakeConn struct {
	net.Conn
	peer     netip.AddrPort
	deadline time.Time
	closed   int
}

func (f *fakeConn) RemoteAddr() net.Addr               { return net.TCPAddrFromAddrPort(f.peer) }
func (f *fakeConn) Close() error                       { f.closed++; return nil }
func (f *fakeConn) SetWriteDeadline(t time.Time) error { f.deadline = t; return nil }
func (f *fakeConn) SetReadDeadline(time.Time) error    { return nil }
func (f *fakeConn) Write(b []byte) (int, error)        { return len(b), nil }
func from(addr string) *fakeConn                       { return &fakeConn{peer: netip.MustParseAddrPort(addr)} }
func small(conns, perAddress, reserved int) (lim limits) {
	lim = defaultLimits
	lim.conns, lim.perAddress, lim.reserved = conns, perAddress, reserved
	return lim
}

// Attack N6: one address takes its share, all others together leave room for the owner, and what ends makes room.
//
//attack:n6
func TestConnectionLimits(t *testing.T) {
	var log logBuffer
	s := newConnSet(small(8, 3, 2), log.logger())
	admit := func(addr string, want bool) *conn {
		t.Helper()
		c := s.admit(from(addr))
		if (c != nil) != want {
			t.Fatalf("%s admitted: %v, with %d open", addr, c != nil, s.count())
		}
		return c
	}
	first := admit("192.0.2.1:1", true)
	admit("192.0.2.1:2", true)
	admit("[::ffff:192.0.2.1]:3", true) // the same host
	admit("192.0.2.1:4", false)
	admit("192.0.2.2:1", true)
	admit("192.0.2.3:1", true)
	admit("192.0.2.4:1", true)
	admit("192.0.2.5:1", false) // the rest is for loopback
	admit("127.0.0.1:1", true)
	second := admit("[::1]:1", true)
	admit("127.0.0.1:2", false)
	for range 2 { // closing twice frees one place
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
	admit("192.0.2.1:5", true)
	admit("192.0.2.1:6", false)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	admit("127.0.0.1:3", true)
	s.closeAll()
	if s.count() != 0 || s.remote != 0 || len(s.per) != 0 {
		t.Errorf("left after closeAll: %d open, %d remote, %v", s.count(), s.remote, s.per)
	}
	admit("127.0.0.1:4", false)
}

// The counts are those of the open connections, in whatever order they come and go.
func TestConnectionCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := small(6, 2, 2)
		s := newConnSet(lim, new(logBuffer).logger())
		var open []*conn
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			if len(open) > 0 && rapid.Bool().Draw(t, "close") {
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				_ = open[i].Close()
				open = append(open[:i], open[i+1:]...)
			} else if c := s.admit(from(rapid.SampledFrom([]string{"127.0.0.1:1", "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"}).Draw(t, "peer"))); c != nil {
				open = append(open, c)
			}
			remote, per := 0, map[netip.Addr]int{}
			for _, c := range open {
				if !c.peer.IsLoopback() {
					remote++
					per[c.peer]++
				}
			}
			if s.count() != len(open) || s.remote != remote || len(s.per) != len(per) {
				t.Fatalf("counts %d, %d, %v; open %d, %d, %v", s.count(), s.remote, s.per, len(open), remote, per)
			}
			if len(open) > lim.conns || remote > lim.conns-lim.reserved {
				t.Fatalf("%d open, %d remote", len(open), remote)
			}
			for _, n := range per {
				if n > lim.perAddress {
					t.Fatalf("%d of one address", n)
				}
			}
		}
	})
}

// Over a real listener: what is too much is closed, and the next one fits when another ends.
//
//attack:n6
func TestConnectionLimitOnTheWire(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, small(2, 2, 0))
	serve(t, s)
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", s.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	answers := func(c net.Conn) bool {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return false
		}
		_, err := c.Read(make([]byte, 1))
		return err == nil
	}
	first, second := dial(), dial()
	if !answers(first) || !answers(second) {
		t.Fatal("the first two are not served")
	}
	if answers(dial()) {
		t.Error("a third is served")
	}
	first.Close()
	for range 1000 { // until the server has seen the end of the first
		if answers(dial()) {
			return
		}
	}
	t.Error("no place was given free")
}

// A deadline from outside is kept where it is the shorter one.
func TestConnWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := from("127.0.0.1:1")
		c := newConnSet(defaultLimits, new(logBuffer).logger()).admit(f)
		now := time.Now()
		want := func(after time.Duration) {
			t.Helper()
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if got := f.deadline.Sub(now); got != after {
				t.Errorf("deadline after %v, want %v", got, after)
			}
		}
		want(defaultLimits.stall)
		if err := c.SetWriteDeadline(now.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		want(time.Second)
		if err := c.SetDeadline(now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		want(defaultLimits.stall)
		if err := c.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		want(time.Minute + defaultLimits.stall)
		if err := c.CloseWrite(); err != nil {
			t.Error(err)
		}
	})
}
