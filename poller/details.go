package poller

import (
	"context"
	"errors"
	"fmt"

	"sockeye/poller/sockdiag"
)

// ErrNoDetails is returned by [Poller.Details] where the source of the sockets tells no more than their rows.
var ErrNoDetails = errors.New("this source tells no more of a socket")

// detailer is a source that can tell more of one socket. It may be asked while a poll is under way.
type detailer interface {
	details(s *Socket) (*sockdiag.Detail, error)
}

// Details asks the system for everything it knows of one socket, as `ss -tinemo` shows it. It needs no poll and
// disturbs none; it costs a few system calls, and for a socket that cannot be found by its ends a walk of the kernel
// through its table. The error is [ErrNoDetails] where the source cannot tell, [sockdiag.ErrGone] where the socket is
// not there any more.
func (p *Poller) Details(ctx context.Context, s *Socket) (*sockdiag.Detail, error) {
	source, ok := p.source.(detailer)
	if !ok {
		return nil, ErrNoDetails
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("details of a socket: %w", err)
	}
	d, err := source.details(s)
	if err != nil {
		return nil, fmt.Errorf("details of a socket: %w", err)
	}
	return d, nil
}

// details implements detailer.
func (s fakeSource) details(of *Socket) (*sockdiag.Detail, error) {
	if s.fake.Details == nil {
		return nil, ErrNoDetails
	}
	return s.fake.Details(of)
}
