package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"sockeye/poller"
)

// warmUp is how many polls after the first are not counted: buffers still grow in them.
const warmUp = 2

// call is one look at the sockets by a library.
type call struct {
	Took          time.Duration
	Allocs, Bytes uint64 // allocated by the whole process for it
	Changed       int    // rows that came, changed or went; -1 where it is not told
}

// polls is what the task "polls" gives.
type polls struct {
	Sockets  int
	Interval time.Duration // between two polls at the end: longer than asked for where polls are slow
	First    call
	Steady   []call
	Raw      []time.Duration // one bare dump between every two polls
}

// meter is the observer of a poller that measures its polls. What a poll allocates is counted from the end of the one
// before: what other goroutines do for the next poll is part of its price.
type meter struct {
	before runtime.MemStats
	calls  chan call
}

// observe is called at the end of a poll, whose time At is its start.
func (m *meter) observe(d *poller.Delta) {
	took := max(time.Since(d.At), d.Took)
	if !d.Complete {
		slog.Warn("a poll failed", "reason", d.Stale)
		return
	}
	c := m.count(took)
	c.Changed = len(d.Opened) + len(d.Changed) + len(d.Closed)
	select {
	case m.calls <- c:
	default: // enough were counted
	}
	runtime.ReadMemStats(&m.before)
}

// count returns a call with what was allocated since before.
func (m *meter) count(took time.Duration) call {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return call{Took: took, Allocs: now.Mallocs - m.before.Mallocs, Bytes: now.TotalAlloc - m.before.TotalAlloc, Changed: -1}
}

// measurePolls measures a poller's first poll and rounds of those that follow, as while somebody watches, with one
// bare dump in the middle of each interval.
func measurePolls(ctx context.Context, rounds int, interval time.Duration) (result polls, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(warmUp+rounds)*10*interval)
	defer cancel()
	m := &meter{calls: make(chan call, warmUp+rounds)}
	p, err := poller.New(ctx, poller.Options{Source: poller.SourceNetlink, Interval: interval, Observe: m.observe})
	if err != nil {
		return result, err
	}
	polling, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(polling) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	if result.First, err = firstPoll(ctx, p, m); err != nil || rounds == 0 {
		return result, err
	}
	defer p.Watch()()
	if err := result.steady(ctx, m, rounds, interval); err != nil {
		return result, err
	}
	p.Read(func(t *poller.Table) { result.Sockets, result.Interval = t.Len(), t.Status().Interval })
	return result, nil
}

// firstPoll has the poller read all sockets and find all owners for the first time.
func firstPoll(ctx context.Context, p *poller.Poller, m *meter) (call, error) {
	runtime.GC()
	runtime.ReadMemStats(&m.before)
	if err := p.Fresh(ctx); err != nil {
		return call{}, err
	}
	select {
	case c := <-m.calls:
		return c, nil
	default:
		return call{}, errors.New("the first poll failed")
	}
}

// steady collects the polls after the first.
func (r *polls) steady(ctx context.Context, m *meter, rounds int, interval time.Duration) error {
	raw, err := openRawDump()
	if err != nil {
		return err
	}
	defer raw.Close()
	for i := range warmUp + rounds {
		c, err := nextCall(ctx, m)
		if err != nil {
			return err
		}
		time.Sleep(interval / 2)
		took, _, err := raw.time()
		if err != nil {
			return err
		}
		if i >= warmUp {
			r.Steady, r.Raw = append(r.Steady, c), append(r.Raw, took)
		}
	}
	return nil
}

// nextCall waits for a poll.
func nextCall(ctx context.Context, m *meter) (call, error) {
	select {
	case c := <-m.calls:
		return c, nil
	case <-ctx.Done():
		return call{}, fmt.Errorf("wait for a poll: %w", ctx.Err())
	}
}
