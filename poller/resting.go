package poller

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoTimers is returned by [Poller.Resting] where the source of the sockets does not tell of timers.
var ErrNoTimers = errors.New("this source does not tell of timers")

// timerSource is a source that can tell how long sockets rest. It may be asked while a poll is under way.
type timerSource interface {
	resting(port uint16) (map[ID]time.Duration, error)
}

// Resting asks the system how much longer each TCP connection that is over, with the given local port, rests in
// TIME_WAIT, or in FIN_WAIT_2 without a process. It needs no poll and disturbs none: a running timer is no change of a
// row. The error is [ErrNoTimers] where the source cannot tell.
func (p *Poller) Resting(ctx context.Context, port uint16) (map[ID]time.Duration, error) {
	source, ok := p.source.(timerSource)
	if !ok {
		return nil, ErrNoTimers
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("timers of port %d: %w", port, err)
	}
	left, err := source.resting(port)
	if err != nil {
		return nil, fmt.Errorf("timers of port %d: %w", port, err)
	}
	return left, nil
}
