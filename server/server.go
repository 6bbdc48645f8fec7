package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v4"

	"sockeye/access"
)

// Site is what the server serves.
//
// A handler that returns an error before it has written anything leaves the answer to Failure. An error returned
// later cuts the connection, so that half an export cannot be taken for a whole one. The context of a request ends
// when the client goes or the server stops; a handler that keeps a connection (an upgrade, a stream) must end then.
type Site interface {
	// Routes adds the site's routes. It is called once, from [New]. A GET route serves HEAD as well.
	Routes(e *echo.Echo)
	// Failure renders an error in the format asked for. The status is 400 to 599; text is one sentence for the
	// reader and holds nothing internal.
	Failure(c echo.Context, status int, text string) error
}

// Config says where the server listens and whom it answers.
type Config struct {
	// Listen is host:port. "localhost:8080" stands for 127.0.0.1 and ::1, ":8080" for all addresses of the machine;
	// an address ("192.0.2.7:8080", "[::1]:8080") for itself alone; a name for every address it resolves to.
	// Port 0 lets the system choose one, the same for all addresses.
	Listen string
	// AllowHosts are further names or addresses, without port, by which the server may be called; with https:// before
	// them where a proxy ends TLS.
	AllowHosts []string
	// Keeper has the links and sessions of those who are not known otherwise; nil stands for one without any.
	Keeper *access.Keeper
	// UserOf tells the user of the other end of a loopback connection, and Owners are those who are the owner. Without
	// them everybody needs a link.
	UserOf UserOf
	Owners []string
	// TLSCert and TLSKey are PEM files. Both or none.
	TLSCert, TLSKey string
	// Holder names who holds a taken port, such as "nginx (PID 812)"; "" if unknown. It may be nil.
	Holder func(addr netip.AddrPort) string
	// Log takes the operator's messages; nil discards them.
	Log *slog.Logger
}

// Server is one HTTP server on one or more listeners. Its methods may be called from any goroutine.
type Server struct {
	log    *slog.Logger
	listen listenSpec
	holder func(netip.AddrPort) string
	bind   bindFunc
	tls    bool

	http     *http.Server
	gate     *hostGate
	owners   *owners
	keeper   *access.Keeper
	conns    *connSet
	requests requests
	stop     context.CancelFunc // ends the context that every request's context descends from

	mu        sync.Mutex // guards the fields below
	state     state
	listeners []net.Listener
	addrs     []netip.AddrPort
	extra     []*entrance
	stopped   chan struct{} // closed when Shutdown has finished
}

// state is the place of a Server in its life. It only ever grows.
type state int

const (
	stateNew state = iota
	stateOpen
	stateServing
	stateStopping
)

// New checks cfg, reads the certificate and builds the routes of site. It opens nothing and starts nothing.
func New(cfg Config, site Site) (*Server, error) {
	return newServer(cfg, site, policy, defaultLimits)
}

// newServer is New with other rules and limits, for tests that have other routes or cannot wait.
func newServer(cfg Config, site Site, rules []Rule, lim limits) (*Server, error) {
	spec, err := parseListen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	gate, err := newHostGate(append([]string{spec.name}, cfg.AllowHosts...), log)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := loadTLS(cfg.TLSCert, cfg.TLSKey, log)
	if err != nil {
		return nil, err
	}
	if cfg.Keeper == nil {
		cfg.Keeper = access.NewKeeper()
	}
	base, stop := context.WithCancel(context.Background())
	s := &Server{
		log: log, listen: spec, holder: cfg.Holder, bind: bindTCP, tls: tlsConfig != nil,
		gate: gate, owners: newOwners(cfg, log), keeper: cfg.Keeper, conns: newConnSet(lim, log), stop: stop, stopped: make(chan struct{}),
	}
	d := &door{keeper: cfg.Keeper, gate: gate}
	handler := s.requests.count(getForHead(newEcho(site, d, rules, lim, log)))
	s.http = newHTTPServer(base, handler, lim, log)
	s.http.TLSConfig = tlsConfig
	s.http.ConnState = s.conns.note
	s.http.ConnContext = s.peerContext
	return s, nil
}

// Open binds every address of Config.Listen, or none. A taken port is an error that names its holder where it is
// known. On an IPv4-only machine ::1 and :: are left out of "localhost" and "".
func (s *Server) Open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateNew {
		return errors.New("listen: the server was opened or stopped before")
	}
	listeners, err := s.bindAll(ctx)
	if err != nil {
		return err
	}
	for _, l := range listeners {
		addr := addrPort(l.Addr())
		s.addrs = append(s.addrs, addr)
		s.listeners = append(s.listeners, &listener{Listener: l, conns: s.conns})
		if !addr.Addr().IsLoopback() && !s.gate.beyond.Swap(true) {
			s.log.Warn("listening beyond this machine: who comes from elsewhere needs a link", "address", addr, "tls", s.tls)
		}
	}
	s.state = stateOpen
	return nil
}

// Addrs returns the bound addresses, IPv4 first for "localhost" and ""; none before Open.
func (s *Server) Addrs() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]netip.AddrPort(nil), s.addrs...)
}

// URL returns the address for people, such as http://localhost:8080; "" before Open.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.addrs) == 0 {
		return ""
	}
	return s.listen.url(s.tls, s.addrs[0].Port())
}

// Serve answers requests until Shutdown or Close has finished, and returns nil then. It needs Open, and may be called
// once. When a listener fails it stops the server and returns the cause.
func (s *Server) Serve() error {
	s.mu.Lock()
	before, listeners := s.state, s.listeners
	if before == stateOpen {
		s.state = stateServing
	}
	s.mu.Unlock()
	switch before {
	case stateStopping:
		<-s.stopped
		return nil
	case stateOpen:
	default:
		return errors.New("serve: the server is not open, or served already")
	}

	results := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { results <- s.serveOne(l) }()
	}
	var failure error
	for range listeners {
		if err := <-results; !errors.Is(err, http.ErrServerClosed) && failure == nil {
			failure = err
			s.stopAfter(err)
		}
	}
	<-s.stopped
	return failure
}

// serveOne answers what comes through l until the listener or the server ends.
func (s *Server) serveOne(l net.Listener) error {
	serve := s.http.Serve
	if s.tls {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	err := serve(l)
	if errors.Is(err, net.ErrClosed) { // Shutdown closes the listeners before it tells net/http.
		return http.ErrServerClosed
	}
	return fmt.Errorf("serve %s: %w", l.Addr(), err)
}

// stopAfter stops the whole server because one listener failed.
func (s *Server) stopAfter(cause error) {
	if err := s.Close(); err != nil {
		s.log.Error("stop after a failed listener", "cause", cause, "error", err)
	}
}
