package server

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
)

// misdirected, at most 200 bytes and without anything that the request brought, is the body of a
// refusal by the host gate: what is wrong, and the mend.
const misdirected = "sockeye answers only to the names of this machine.\n" +
	"Use localhost or its address with the same port, or start it with --allow-host and the name in your address bar.\n"

// hostGate knows by which names the server may be called. A page of another site whose name was pointed at this
// machine (DNS rebinding) calls it by that site's name, and nothing else in the request gives it away. Ports are not
// compared: an SSH tunnel changes them.
type hostGate struct {
	names  map[string]bool     // lower case, without final dot
	addrs  map[netip.Addr]bool // addresses from --allow-host
	https  map[string]bool     // those of both, as authority.host has them, that clients reach by TLS
	own    *ownAddresses       // the machine's addresses
	beyond atomic.Bool         // more than loopback is bound, so own counts
	logs   *rareLog
}

// newHostGate allows the given names and addresses beside loopback. Empty ones are passed over; an entry with a
// port, a zone, a wildcard or a scheme other than https is an error.
func newHostGate(allow []string, log *slog.Logger) (*hostGate, error) {
	g := &hostGate{
		names: make(map[string]bool), addrs: make(map[netip.Addr]bool), https: make(map[string]bool),
		own: newOwnAddresses(), logs: newRareLog(log),
	}
	for _, entry := range allow {
		if entry == "" {
			continue
		}
		entry, secure := strings.CutPrefix(entry, "https://")
		if a, ok := parseAuthority(entry); ok && secure {
			g.https[a.host()] = true
		}
		if addr, err := netip.ParseAddr(entry); err == nil && addr.Zone() == "" {
			g.addrs[addr.Unmap()] = true
			continue
		}
		a, ok := parseAuthority(entry)
		if !ok || a.port != 0 {
			return nil, fmt.Errorf("allowed host %q: give a name or an address alone, such as box.lan, or https://box.lan "+
				"where a proxy ends TLS", entry)
		}
		if a.name == "" {
			g.addrs[a.addr] = true
			continue
		}
		g.names[strings.TrimSuffix(a.name, ".")] = true
	}
	return g, nil
}

// middleware refuses what is not meant for this server with 421 (RFC 9110 section 15.5.20).
func (g *hostGate) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if g.allows(r.Host, localAddr(r)) {
			return next(c)
		}
		g.logs.warn("host refused", "host", cut(r.Host, 100), "peer", r.RemoteAddr, "path", cut(r.URL.Path, 100))
		return refuse(c, http.StatusMisdirectedRequest, misdirected)
	}
}

// allows judges the Host of a request that reached the server at the address local. Allowed are:
//
//   - localhost, and the names of --allow-host;
//   - addresses in 127.0.0.0/8 and ::1, and the addresses of --allow-host;
//   - once more than loopback is bound: local itself, and the other addresses of this machine.
//
// An address cannot be rebound: the browser goes where it says, and the page that it shows is ours. The unspecified
// addresses are the exception, since some systems take them for loopback.
func (g *hostGate) allows(host string, local netip.Addr) bool {
	a, ok := parseAuthority(host)
	switch {
	case !ok:
		return false
	case a.name != "":
		return isLocalhost(a.name) || g.names[strings.TrimSuffix(a.name, ".")]
	case a.addr.IsLoopback() || g.addrs[a.addr]:
		return true
	case a.addr.IsUnspecified():
		return false
	case !g.beyond.Load():
		return false
	}
	return a.addr == local || g.own.has(a.addr, g.logs)
}

// isListed reports whether the host of a request is one of --allow-host, and whether it was given there with https://.
func (g *hostGate) isListed(host string) (listed, https bool) {
	a, ok := parseAuthority(host)
	if !ok {
		return false, false
	}
	listed = g.addrs[a.addr] || a.name != "" && g.names[strings.TrimSuffix(a.name, ".")]
	return listed, listed && g.https[a.host()]
}

// isSecure reports whether the client speaks TLS, as far as the server can know: with the server itself, or with a proxy
// under a name of --allow-host. That it does is taken from the entry, https://name, or from what a proxy on this machine
// says; no page can make a browser say it in the place of the proxy, since every preflight is refused.
func (g *hostGate) isSecure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	listed, https := g.isListed(r.Host)
	proto := r.Header["X-Forwarded-Proto"]
	return https || listed && len(proto) == 1 && proto[0] == "https" && peerOf(r).addr.IsLoopback()
}

// localAddr returns our end of the connection that r came on, without zone; the zero value if unknown.
func localAddr(r *http.Request) netip.Addr {
	a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	return addrPort(a).Addr().WithZone("")
}

// refuse answers a request that goes no further, and ends its connection.
func refuse(c echo.Context, status int, text string) error {
	closeAfter(c)
	return c.String(status, text)
}

// cut shortens s to n bytes, for a log line.
func cut(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// ownTTL is how long the list of the machine's addresses is believed.
const ownTTL = 2 * time.Second

// ownAddresses is the machine's addresses, asked for when needed: they change with every network that is joined.
// A stranger who asks for many addresses causes one look every ownTTL.
type ownAddresses struct {
	list func() ([]net.Addr, error)
	now  func() time.Time

	mu    sync.Mutex // guards the fields below
	addrs map[netip.Addr]bool
	until time.Time
}

// newOwnAddresses asks the system.
func newOwnAddresses() *ownAddresses {
	return &ownAddresses{list: net.InterfaceAddrs, now: time.Now}
}

// has reports whether addr is one of the machine's. Where they cannot be read, none is.
func (o *ownAddresses) has(addr netip.Addr, logs *rareLog) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := o.now(); !now.Before(o.until) {
		o.until = now.Add(ownTTL)
		o.addrs = make(map[netip.Addr]bool)
		list, err := o.list()
		if err != nil {
			logs.warn("own addresses unknown", "error", err)
		}
		for _, a := range list {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				o.addrs[prefix.Addr().Unmap()] = true
			}
		}
	}
	return o.addrs[addr]
}
