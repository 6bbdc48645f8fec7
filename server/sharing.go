package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye/access"
)

// portsTried is how many ports are tried for a shared address, from that of the server on: the server's own may be
// taken on all addresses.
const portsTried = 10

// ShareConfig says how a Server shares.
type ShareConfig struct {
	// Host is the machine's name, for its certificate.
	Host string
	// CertDir is where the certificate is kept that the machine signs itself; "" for nowhere.
	CertDir string
	// TLSCert and TLSKey are files to use in its place. Both or none. They are read again when they change.
	TLSCert, TLSKey string
}

// Sharing lets others in: it opens addresses and makes links. Its methods may be called from any goroutine.
type Sharing struct {
	server *Server
	keeper *access.Keeper
	cfg    ShareConfig
	own    interfaces
	files  *tls.Config // of TLSCert and TLSKey; nil for the machine's own certificate

	mu   sync.Mutex // guards the fields below; held while an address is opened
	open map[entranceKey]*opened
}

// entranceKey names an address that is open.
type entranceKey struct {
	addr  netip.Addr
	plain bool
}

// opened is an address that is open.
type opened struct {
	access.Entrance
	entrance *entrance // nil where the server listens there anyway
	note     string
}

// Share returns what lets others into the server. It opens nothing yet.
func (s *Server) Share(cfg ShareConfig) (*Sharing, error) {
	files, err := loadTLS(cfg.TLSCert, cfg.TLSKey, s.log)
	if err != nil {
		return nil, err
	}
	return &Sharing{server: s, keeper: s.keeper, cfg: cfg, own: systemInterfaces, files: files, open: map[entranceKey]*opened{}}, nil
}

// Places returns where a link can lead to: the addresses of this machine, the likely ones first, then the names by which
// proxies call it, then this machine alone.
func (s *Sharing) Places() ([]access.Place, error) {
	own, err := s.own()
	if err != nil {
		return nil, fmt.Errorf("share: %w", err)
	}
	places := placesOf(own)
	for _, name := range s.server.gate.proxied() {
		places = append(places, access.Place{ID: name, Note: "through your proxy"})
	}
	return append(places, access.Place{ID: access.PlaceLocal, Note: "other users of this machine, and SSH tunnels to it"}), nil
}

// Invite makes a link to a page, given by path and query, at a place of [Sharing.Places], and opens the place where it
// is not open yet. Without a place the only likely one is taken; where there are several the error is an
// [*access.SeveralError]. Plain asks for HTTP without TLS.
func (s *Sharing) Invite(ctx context.Context, place string, plain bool, page string) (access.Invitation, error) {
	places, err := s.Places()
	if err != nil {
		return access.Invitation{}, err
	}
	if place == "" {
		likely, err := choose(places)
		if err != nil {
			return access.Invitation{}, err
		}
		place = likely.ID
	}
	if !slices.ContainsFunc(places, func(p access.Place) bool { return p.ID == place }) {
		return access.Invitation{}, fmt.Errorf("share: %q is no address of this machine", cut(place, 100))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.at(ctx, place, plain)
	if err != nil {
		return access.Invitation{}, err
	}
	link, secret := s.keeper.Invite(o.URL)
	return access.Invitation{
		Link: link, URL: o.URL + localPage(page) + secretMark + secret,
		Fingerprint: o.Fingerprint, Plain: o.Plain, Note: o.note,
	}, nil
}

// at returns the open place. s.mu is held.
func (s *Sharing) at(ctx context.Context, place string, plain bool) (*opened, error) {
	addr, err := netip.ParseAddr(place)
	switch {
	case place == access.PlaceLocal:
		return &opened{Entrance: access.Entrance{URL: s.server.loopbackURL()}}, nil
	case err != nil: // a proxy's name
		return &opened{Entrance: access.Entrance{URL: "https://" + place}}, nil
	}
	key := entranceKey{addr, plain}
	if o := s.open[key]; o != nil && o.isOpen() {
		return o, nil
	}
	o, err := s.openAt(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("share: %w", err)
	}
	s.open[key] = o
	return o, nil
}

// isOpen reports whether the address is still answered.
func (o *opened) isOpen() bool {
	if o.entrance == nil {
		return true
	}
	select {
	case <-o.entrance.done:
		return false
	default:
		return true
	}
}

// openAt opens an address, unless the server listens there in the way that is wanted.
func (s *Sharing) openAt(ctx context.Context, key entranceKey) (*opened, error) {
	o := &opened{Entrance: access.Entrance{Plain: key.plain, Since: time.Now()}}
	if addr, there := s.server.covers(key.addr); there && key.plain != s.server.tls {
		o.URL = urlOf(!key.plain, netip.AddrPortFrom(key.addr, addr.Port()))
		return o, nil
	}
	var conf *tls.Config
	if !key.plain {
		var err error
		if conf, err = s.tlsFor(key.addr, o); err != nil {
			return nil, err
		}
	}
	e, err := s.bind(ctx, key.addr, conf)
	if err != nil {
		return nil, err
	}
	o.entrance, o.URL = e, urlOf(conf != nil, e.addr)
	return o, nil
}

// tlsFor returns how TLS is spoken at an address, and notes the certificate.
func (s *Sharing) tlsFor(addr netip.Addr, o *opened) (*tls.Config, error) {
	if s.files != nil {
		return s.files, nil
	}
	own, err := s.own()
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{addr}
	for _, p := range own {
		if p.addr.IsGlobalUnicast() && p.addr != addr && !p.inner {
			addrs = append(addrs, p.addr)
		}
	}
	// Only the address itself must be in a certificate that is there: others come and go with every network.
	cert, note, err := ownCertificate(s.cfg.CertDir, s.cfg.Host, addrs, addr, time.Now())
	if err != nil {
		return nil, err
	}
	o.Fingerprint, o.note = fingerprint(&cert), note
	return tlsConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }), nil
}

// bind opens the server's port at the address, or the next one that is free.
func (s *Sharing) bind(ctx context.Context, addr netip.Addr, conf *tls.Config) (*entrance, error) {
	first := s.server.Addrs()
	if len(first) == 0 {
		return nil, errors.New("the server is not open")
	}
	port := first[0].Port()
	for try := 1; ; try++ {
		e, err := s.server.also(ctx, netip.AddrPortFrom(addr, port), conf)
		if !isAddrInUse(err) || try == portsTried || port == 65535 {
			return e, err
		}
		port++
	}
}

// covers returns the address on which the server listens that takes connections to addr, too.
func (s *Server) covers(addr netip.Addr) (netip.AddrPort, bool) {
	for _, a := range s.Addrs() {
		if a.Addr() == addr || a.Addr().IsUnspecified() && a.Addr().Is4() == addr.Is4() {
			return a, true
		}
	}
	return netip.AddrPort{}, false
}

// loopbackURL returns the URL by which this machine's users call the server.
func (s *Server) loopbackURL() string {
	return s.listen.url(s.tls, s.Addrs()[0].Port())
}

// urlOf returns the URL of an address.
func urlOf(secure bool, a netip.AddrPort) string {
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(a.Addr().String(), strconv.Itoa(int(a.Port())))
}

// proxied returns the names that proxies with TLS call, in order.
func (g *hostGate) proxied() []string {
	var names []string
	for name := range g.https {
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Entrances returns the addresses that are open to others, in order.
func (s *Sharing) Entrances() []access.Entrance {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []access.Entrance
	for _, o := range s.open {
		if o.isOpen() {
			list = append(list, o.Entrance)
		}
	}
	slices.SortFunc(list, func(a, b access.Entrance) int { return strings.Compare(a.URL, b.URL) })
	return list
}

// Links returns the links that are valid.
func (s *Sharing) Links() []access.Link { return s.keeper.Links() }

// Visitors returns those who came by a link and are here.
func (s *Sharing) Visitors() []access.Visitor { return s.keeper.Visitors() }

// EndVisitor sends one visitor away and reports whether there was one.
func (s *Sharing) EndVisitor(id string) bool { return s.keeper.End(id) }

// EndLink ends a link, sends all away who came by it, and reports whether there was one.
func (s *Sharing) EndLink(id string) bool { return s.keeper.EndLink(id) }

// Stop ends every link, sends every viewer away and closes the addresses.
func (s *Sharing) Stop() error {
	s.keeper.EndAll(access.Viewer, access.ErrStopped)
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, o := range s.open {
		if o.entrance != nil {
			errs = append(errs, o.entrance.end())
		}
	}
	clear(s.open)
	return errors.Join(errs...)
}
