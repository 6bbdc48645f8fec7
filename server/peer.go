package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
)

// UserOf returns the user whose socket is the client's end of a connection between two addresses of this machine, as the
// system writes users. It fails where that cannot be told for certain.
type UserOf func(client, server netip.AddrPort) (user string, err error)

// owners decides whether a peer on this machine is the owner, by the user of its socket.
type owners struct {
	users []string
	ask   UserOf // nil where nobody can be asked
	logs  *rareLog
}

// newOwners returns the owners that cfg names.
func newOwners(cfg Config, log *slog.Logger) *owners {
	return &owners{users: cfg.Owners, ask: cfg.UserOf, logs: newRareLog(log)}
}

// ownerOf returns the user of the other end of c where that is an owner, "" otherwise. Only loopback connections have an
// other end on this machine; from elsewhere nobody is known.
func (o *owners) ownerOf(c *conn) string {
	if o.ask == nil || !c.peer.IsLoopback() {
		return ""
	}
	user, err := o.ask(addrPort(c.RemoteAddr()), addrPort(c.LocalAddr()))
	if err != nil {
		o.logs.warn("the user of a connection is unknown, so it needs a link", "peer", c.RemoteAddr(), "error", err)
		return ""
	}
	if !slices.Contains(o.users, user) {
		return ""
	}
	return user
}

// peerKey is the key of a *peer in the context of a connection.
type peerKey struct{}

// peer is what is known of the other end of a connection. It is asked for once: a connection between two sockets stays
// between these, and whoever gets a socket handed on has it from its user.
type peer struct {
	addr  netip.Addr
	owner func() string // the owner's user, "" for everybody else
}

// peerContext is the http.Server.ConnContext hook.
func (s *Server) peerContext(ctx context.Context, nc net.Conn) context.Context {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	c, ok := nc.(*conn)
	if !ok {
		return ctx
	}
	p := &peer{addr: c.peer, owner: sync.OnceValue(func() string { return s.owners.ownerOf(c) })}
	return context.WithValue(ctx, peerKey{}, p)
}

// peerOf returns the peer of a request. One whose connection is not known is nobody.
func peerOf(r *http.Request) *peer {
	if p, ok := r.Context().Value(peerKey{}).(*peer); ok {
		return p
	}
	p := &peer{owner: func() string { return "" }}
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		p.addr = ap.Addr().Unmap()
	}
	return p
}
