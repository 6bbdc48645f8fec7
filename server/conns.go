package server

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// sendBuffer is the kernel's buffer for what is sent on one connection, in bytes. Left to grow by itself it takes
// megabytes for a client that has stopped reading.
const sendBuffer = 64 << 10

// listener hands out the connections that conns has room for. It never waits for room: what is too much is closed at
// once, so a client learns of it, and others are accepted without delay.
type listener struct {
	net.Listener
	conns *connSet
}

// Accept returns the next connection that may stay.
func (l *listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.conns.admit(nc); c != nil {
			return c, nil
		}
		// The peer sees the end of the connection; that closing may fail changes nothing for anybody.
		_ = nc.Close()
	}
}

// connSet is every open connection of the server, those that net/http has let go of included.
//
// Loopback is spared the limit by address, because all tunnels and proxies on this machine share it, and has some
// places to itself: whoever fills the server from outside does not shut out its owner.
type connSet struct {
	lim  limits
	logs *rareLog

	mu      sync.Mutex // guards the fields below
	open    map[*conn]struct{}
	per     map[netip.Addr]int // open connections by peer, loopback left out
	remote  int                // the sum of per
	closing bool
}

// newConnSet returns an empty set with the limits of lim.
func newConnSet(lim limits, log *slog.Logger) *connSet {
	return &connSet{
		lim: lim, logs: newRareLog(log),
		open: make(map[*conn]struct{}), per: make(map[netip.Addr]int),
	}
}

// admit takes nc in; nil where there is no room for it, or the server stops.
func (s *connSet) admit(nc net.Conn) *conn {
	peer := addrPort(nc.RemoteAddr()).Addr()
	c := &conn{Conn: nc, set: s, peer: peer}
	s.mu.Lock()
	full := s.fullFor(peer)
	if !full && !s.closing {
		s.open[c] = struct{}{}
		s.add(peer, 1)
	}
	closing := s.closing
	s.mu.Unlock()
	switch {
	case closing:
		return nil
	case full:
		s.logs.warn("connection refused: too many are open", "peer", peer)
		return nil
	}
	if t, ok := nc.(*net.TCPConn); ok {
		if err := t.SetWriteBuffer(sendBuffer); err != nil {
			s.logs.warn("send buffer not set", "peer", peer, "error", err)
		}
	}
	return c
}

// fullFor reports whether one more connection of peer would be too many. s.mu is held.
func (s *connSet) fullFor(peer netip.Addr) bool {
	if len(s.open) >= s.lim.conns {
		return true
	}
	if peer.IsLoopback() {
		return false
	}
	return s.remote >= s.lim.conns-s.lim.reserved || s.per[peer] >= s.lim.perAddress
}

// add counts d connections of peer. s.mu is held.
func (s *connSet) add(peer netip.Addr, d int) {
	if peer.IsLoopback() {
		return
	}
	s.remote += d
	s.per[peer] += d
	if s.per[peer] == 0 {
		delete(s.per, peer)
	}
}

// remove forgets c.
func (s *connSet) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.open[c]; ok {
		delete(s.open, c)
		s.add(c.peer, -1)
	}
}

// count returns how many connections are open.
func (s *connSet) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// note is the http.Server.ConnState hook: it remembers which connections have carried a request. StateActive comes
// with the first byte of one, not with the TLS handshake.
func (s *connSet) note(nc net.Conn, state http.ConnState) {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if c, ok := nc.(*conn); ok && state == http.StateActive {
		s.mu.Lock()
		c.used = true
		s.mu.Unlock()
	}
}

// refuseNew admits nobody from now on, and closes the connections on which nothing was asked yet. Browsers open such
// ahead of need, and net/http waits five seconds for each.
func (s *connSet) refuseNew() {
	s.closeWhere(func(c *conn) bool { return !c.used })
}

// closeAll cuts every connection, and admits nobody from now on.
func (s *connSet) closeAll() {
	s.closeWhere(func(*conn) bool { return true })
}

// closeWhere cuts the connections for which cut is true. Closing is outside of the lock, which it takes itself.
func (s *connSet) closeWhere(cut func(*conn) bool) {
	s.mu.Lock()
	s.closing = true
	var victims []*conn
	for c := range s.open {
		if cut(c) {
			victims = append(victims, c)
		}
	}
	s.mu.Unlock()
	for _, c := range victims {
		_ = c.Close() // It leaves the set whether the peer could be told or not.
	}
}

// conn is one connection that was let in.
//
// A write that the peer does not take within limits.stall fails, so that a client that stopped reading does not keep
// its place; a shorter deadline set from outside is kept. It does not offer ReadFrom: copying past Write would evade
// the limit. Under TLS it is the connection beneath, so the limits hold from the first byte of the handshake.
type conn struct {
	net.Conn
	set  *connSet
	peer netip.Addr
	used bool // a request came; guarded by set.mu

	mu       sync.Mutex // guards deadline
	deadline time.Time  // for writing, set from outside; zero: none
}

// Write writes b, for limits.stall at the most.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.limitWrite(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// limitWrite sets the deadline for the write that follows.
func (c *conn) limitWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := time.Now().Add(c.set.lim.stall)
	if !c.deadline.IsZero() && c.deadline.Before(limit) {
		limit = c.deadline
	}
	return c.Conn.SetWriteDeadline(limit)
}

// SetWriteDeadline sets a deadline for this and the following writes; the zero time takes it away.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline sets the deadlines for reading and writing.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// CloseWrite ends the sending half. net/http uses it so that an early answer such as 431 is still read.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection and gives its place free.
func (c *conn) Close() error {
	defer c.set.remove(c)
	return c.Conn.Close()
}
