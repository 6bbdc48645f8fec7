package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// PeerUID returns the user whose socket is the client's end of a connection between two addresses of this machine. It
// fails where that cannot be told for certain.
type PeerUID func(client, server netip.AddrPort) (uid uint32, err error)

// overflowUID is what Linux tells of users that a user namespace has no number for
// (/proc/sys/kernel/overflowuid): it may be anybody.
const overflowUID = 65534

// owners decides whether a peer on this machine is the owner, by the user of its socket.
type owners struct {
	uids map[uint32]bool
	ask  PeerUID // nil where nobody can be asked
	logs *rareLog
}

// newOwners returns the owners that cfg names.
func newOwners(cfg Config, log *slog.Logger) *owners {
	o := &owners{uids: map[uint32]bool{}, ask: cfg.PeerUID, logs: newRareLog(log)}
	for _, uid := range cfg.OwnerUIDs {
		o.uids[uid] = true
	}
	return o
}

// isOwner asks for the user of the other end of c. Only loopback connections have an other end on this machine; from
// elsewhere nobody is known.
func (o *owners) isOwner(c *conn) bool {
	if o.ask == nil || !c.peer.IsLoopback() {
		return false
	}
	uid, err := o.ask(addrPort(c.RemoteAddr()), addrPort(c.LocalAddr()))
	if err != nil {
		o.logs.warn("the user of a connection is unknown, so it needs a link", "peer", c.RemoteAddr(), "error", err)
		return false
	}
	return uid != overflowUID && o.uids[uid]
}

// peerKey is the key of a *peer in the context of a connection.
type peerKey struct{}

// peer is what is known of the other end of a connection. It is asked for once: a connection between two sockets stays
// between these, and whoever gets a socket handed on has it from its user.
type peer struct {
	addr  netip.Addr
	owner func() bool
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
	p := &peer{addr: c.peer, owner: sync.OnceValue(func() bool { return s.owners.isOwner(c) })}
	return context.WithValue(ctx, peerKey{}, p)
}

// peerOf returns the peer of a request. One whose connection is not known is nobody.
func peerOf(r *http.Request) *peer {
	if p, ok := r.Context().Value(peerKey{}).(*peer); ok {
		return p
	}
	p := &peer{owner: func() bool { return false }}
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		p.addr = ap.Addr().Unmap()
	}
	return p
}
