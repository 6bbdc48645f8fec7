package actions

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Who is who orders something.
type Who struct {
	// UID is the user at the other end of the connection, nil where that is not known.
	UID *uint32
	// Peer is the address that the request came from.
	Peer string
}

// Owner knows who owns this sockeye: the user that started it, also by sudo, and root.
type Owner struct {
	uids []uint32
	// uidOf returns the user at the other end of a connection within this machine.
	uidOf func(local, peer netip.AddrPort) (uint32, error)
}

// NewOwner returns the owner of this program.
func NewOwner() *Owner { return &Owner{uids: ownerUIDs(), uidOf: peerUID} }

// notOwner is what everybody else is told.
func notOwner(text string, cause error) *Refusal { return refuse(Denied, text, cause) }

// May says whether a request may act: it comes from this machine, on a connection whose other end belongs to the owner,
// calls the server by a name of this machine's own, and was not passed on by a proxy, which asks for others under a user
// of its own. The error is a [*Refusal].
func (o *Owner) May(r *http.Request) (Who, error) {
	local, peer, ok := endsOf(r)
	switch {
	case !ok || !local.Addr().IsLoopback() || !peer.Addr().IsLoopback():
		return Who{}, notOwner("Only the owner can do this, on the machine itself: open it there by localhost.", nil)
	case !ownName(r.Host):
		return Who{}, notOwner("Only the owner can do this: call sockeye by localhost.", nil)
	case passedOn(r.Header):
		return Who{}, notOwner("This request was passed on by a proxy, so nobody knows whose it is.", nil)
	}
	uid, err := o.uidOf(local, peer)
	if err != nil {
		return Who{}, notOwner("It could not be told which user asks, so nothing is done.", err)
	}
	if !slices.Contains(o.uids, uid) {
		return Who{}, notOwner("Another user of this machine asks; only the one who started sockeye can do this.", nil)
	}
	return Who{UID: &uid, Peer: peer.String()}, nil
}

// endsOf returns both ends of the connection that a request came on.
func endsOf(r *http.Request) (local, peer netip.AddrPort, ok bool) {
	own, is := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !is {
		return local, peer, false
	}
	local, err := netip.ParseAddrPort(own.String())
	if err != nil {
		return local, peer, false
	}
	peer, err = netip.ParseAddrPort(r.RemoteAddr)
	return plainEnd(local), plainEnd(peer), err == nil
}

// plainEnd takes the v4-mapped form off an end.
func plainEnd(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// ownName reports whether a Host header has a name or an address that every machine has for itself.
func ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}

// proxyHeaders are those by which a proxy says for whom it asks.
var proxyHeaders = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
	"Tailscale-User-Login", "Cf-Connecting-Ip", "True-Client-Ip"}

// passedOn reports whether one of them is there.
func passedOn(h http.Header) bool {
	return slices.ContainsFunc(proxyHeaders, func(name string) bool { return len(h[name]) > 0 })
}
