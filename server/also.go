package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// entrance is one more address on which the server answers, opened while it serves.
type entrance struct {
	addr     netip.AddrPort
	listener net.Listener
	done     chan struct{} // closed when nothing is accepted any more
	close    func() error
}

// also opens one more address, with TLS where conf is not nil. It answers until the entrance or the server is closed.
func (s *Server) also(ctx context.Context, addr netip.AddrPort, conf *tls.Config) (*entrance, error) {
	network := "tcp4"
	if addr.Addr().Is6() {
		network = "tcp6"
	}
	bound, err := s.bind(ctx, network, addr)
	if err != nil {
		return nil, s.listenFailure(addr, err)
	}
	var l net.Listener = &listener{Listener: bound, conns: s.conns}
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	e := &entrance{addr: addrPort(bound.Addr()), listener: l, done: make(chan struct{})}
	e.close = sync.OnceValue(func() error { return ignoreClosed(l.Close()) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen && s.state != stateServing {
		return nil, errors.Join(errors.New("listen: the server is not open"), e.close())
	}
	if !e.addr.Addr().IsLoopback() {
		s.gate.beyond.Store(true)
	}
	s.extra = append(s.extra, e)
	go s.serveEntrance(e)
	return e, nil
}

// serveEntrance answers what comes through an entrance. That it fails is no reason to stop the rest.
func (s *Server) serveEntrance(e *entrance) {
	defer close(e.done)
	err := s.http.Serve(e.listener)
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("the shared address answers no more", "address", e.addr, "error", err)
	}
	if err := e.close(); err != nil {
		s.log.Error("close the shared address", "address", e.addr, "error", err)
	}
}

// end closes an entrance and waits until nothing is accepted any more. Connections that were accepted go on.
func (e *entrance) end() error {
	err := e.close()
	<-e.done
	return err
}

// endEntrances closes all of them.
func (s *Server) endEntrances() error {
	s.mu.Lock()
	extra := s.extra
	s.extra = nil
	s.mu.Unlock()
	var errs []error
	for _, e := range extra {
		errs = append(errs, e.end())
	}
	return errors.Join(errs...)
}
