package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Shutdown stops accepting, ends the context of every request and waits for the handlers, those of upgraded
// connections included, for as long as ctx lasts. Then every connection that is left is closed. The error says how
// many requests did not end in time. Further calls wait for the first one, or for their own ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	left, err := s.shutdown(ctx)
	if left > 0 {
		err = errors.Join(err, fmt.Errorf("shutdown: %d requests had not ended: %w", left, ctx.Err()))
	}
	return err
}

// Close is Shutdown without waiting: connections are cut. It frees the listeners of a server that was never served.
func (s *Server) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.shutdown(ctx)
	return err
}

// shutdown does the work of Shutdown and returns how many handlers still run. In order: no new connections; those
// that were never used are closed; the handlers are told, by their context; net/http closes what is idle and waits
// for its requests, and this for those of upgraded connections; what is left is closed.
func (s *Server) shutdown(ctx context.Context) (left int, err error) {
	s.mu.Lock()
	first := s.state != stateStopping
	s.state = stateStopping
	listeners := s.listeners
	s.mu.Unlock()
	if !first {
		select {
		case <-s.stopped:
			return 0, nil
		case <-ctx.Done():
			return s.requests.running(), nil
		}
	}
	defer close(s.stopped)

	err = errors.Join(closeListeners(listeners), s.endEntrances())
	s.conns.refuseNew()
	s.stop()
	// All net/http can say is that ctx ended, or that a listener was closed before; both are known here.
	_ = s.http.Shutdown(ctx)
	select {
	case <-s.requests.drained():
	case <-ctx.Done():
	}
	s.conns.closeAll()
	return s.requests.running(), err
}

// closeListeners closes all of them and reports what went wrong.
func closeListeners(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		errs = append(errs, ignoreClosed(l.Close()))
	}
	return errors.Join(errs...)
}

// ignoreClosed drops the error of closing what is closed already.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// requests counts the handlers that run. net/http forgets a request when its connection is upgraded; this does not.
type requests struct {
	mu    sync.Mutex
	n     int
	empty chan struct{} // made by drained, closed when n is 0
}

// count wraps next so that every call of it is counted while it lasts.
func (q *requests) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q.add(1)
		defer q.add(-1)
		next.ServeHTTP(w, r)
	})
}

// add changes the count and tells who waits for zero.
func (q *requests) add(d int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n += d
	if q.n == 0 && q.empty != nil {
		close(q.empty)
		q.empty = nil
	}
}

// running returns how many handlers run now.
func (q *requests) running() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n
}

// drained returns a channel that is closed once no handler runs.
func (q *requests) drained() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if q.empty == nil {
		q.empty = make(chan struct{})
	}
	return q.empty
}
