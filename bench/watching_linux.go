package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"
)

// newest is the view whose window shows everything that is opened: the youngest first.
const newest = "sort=age"

// oneViewer notes what sockeye's memory and frames are with all the sockets that are there and one viewer.
func (b *bench) oneViewer(ctx context.Context, t *table) (err error) {
	slog.Info("one viewer")
	s, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := b.memoryAndFrames(ctx, s, t); err != nil {
		return err
	}
	_, frames, err := watch(ctx, s, newest, b.looking)
	if err != nil {
		return err
	}
	t.note("With the newest sockets first, so that all that opens is in the window, a delta frame was %s, the longest %s.",
		size(median(frames)), size(slices.Max(frames)))
	return nil
}

func (b *bench) memoryAndFrames(ctx context.Context, s *server, t *table) error {
	resident, frames, err := watch(ctx, s, "", b.looking)
	if err != nil {
		return err
	}
	most, err := memory(s.pid(), "VmHWM")
	if err != nil {
		return err
	}
	t.note("With one viewer of the default view for %v, sockeye had %s resident, at most %s; a delta frame for its window of 60 rows was "+
		"%s (median), the longest %s.", b.looking, size(resident), size(most), size(median(frames)), size(slices.Max(frames)))
	return nil
}

// watch has one viewer look for a while. It returns the resident memory at the end, in bytes, and the lengths of the
// delta frames, of which there is at least one.
func watch(ctx context.Context, s *server, view string, d time.Duration) (resident int, frames []int, err error) {
	v, err := look(ctx, s.url, view)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, v.leave()) }()
	if err := sleep(ctx, d); err != nil {
		return 0, nil, err
	}
	if frames, err = v.frames(); err != nil {
		return 0, nil, fmt.Errorf("viewer: %w", err)
	}
	if len(frames) == 0 {
		return 0, nil, errors.New("viewer: no delta frame came")
	}
	resident, err = memory(s.pid(), "VmRSS")
	return resident, frames, err
}

// use is what sockeye used with a number of viewers.
type use struct {
	viewers  int
	busy     float64 // processor's time by time passed
	resident int     // bytes
}

// watching measures the processor's time and memory with each number of viewers of one URL, and prints the table.
func (b *bench) watching(ctx context.Context) (err error) {
	crowd, err := b.hold(ctx, b.watched)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.stop()) }()
	t := &table{
		title: "While it is watched",
		intro: fmt.Sprintf("%s sockets, %d of them closed and opened anew each second, polls once a second, %v for each row; "+
			"one process of sockeye after the other, so that none has another's past.", grouped(b.watched), 2*mixture(b.watched).Replace, b.cpu),
		head: []string{"viewers of one URL", "% of a core", "to one viewer", "resident memory", "more for each viewer"},
	}
	var one use
	for _, n := range b.viewers {
		u, refused, err := b.watchedBy(ctx, n)
		if err != nil {
			return err
		}
		if refused != nil {
			t.note("%d viewers were asked for; sockeye let %d in.", n, u.viewers)
		}
		if u.viewers == 1 {
			one = u
		}
		t.add(u.cells(one)...)
	}
	return b.page.print(t)
}

// watchedBy measures one process of sockeye with n viewers; refused says why there were fewer.
func (b *bench) watchedBy(ctx context.Context, n int) (u use, refused, err error) {
	slog.Info("watching", "viewers", n, "time", b.cpu)
	s, err := b.serve(ctx)
	if err != nil {
		return u, nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	a, refused, err := gather(ctx, s.url, "", n)
	if err != nil {
		return u, nil, err
	}
	defer func() { err = errors.Join(err, a.leave()) }()
	u.viewers = len(a)
	if err := sleep(ctx, b.settling); err != nil {
		return u, refused, err
	}
	if u.busy, err = busy(ctx, s.pid(), b.cpu); err != nil {
		return u, refused, err
	}
	u.resident, err = memory(s.pid(), "VmRSS")
	return u, refused, errors.Join(err, a.failed())
}

// busy returns the share of one core that a process uses over a time.
func busy(ctx context.Context, pid int, d time.Duration) (float64, error) {
	before, err := processorTime(pid)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := sleep(ctx, d); err != nil {
		return 0, err
	}
	after, err := processorTime(pid)
	return float64(after-before) / float64(time.Since(start)), err
}

// cells returns the row of a measurement; one is that with one viewer, where there was one.
func (u use) cells(one use) []string {
	times, more := unknown, unknown
	if one.busy > 0 {
		times = significant(u.busy/one.busy) + " ×"
	}
	if one.viewers == 1 && u.viewers > 1 {
		more = size((u.resident - one.resident) / (u.viewers - 1))
	}
	return []string{strconv.Itoa(u.viewers), significant(100 * u.busy), times, size(u.resident), more}
}
