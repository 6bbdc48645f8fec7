package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"sockeye/poller"
)

// ending is the end of one socket as the poller told of it.
type ending struct {
	local, remote  uint16
	sent, received uint64
}

// tally compares what the poller told of short connections with what they were.
type tally struct {
	sockets, seen, exact    int // two sockets are one connection
	unknown                 int // seen, without bytes
	twice                   int // told of more often than there were such sockets
	sent, counted, received uint64
}

// endings is the observer of a poller that keeps the ends it tells of, with bytes or without.
type endings struct {
	list    []ending
	silent  []ending // bytes unknown
	polls   int
	longest time.Duration
	last    poller.Status
}

func (e *endings) observe(d *poller.Delta) {
	for i := range d.Ended {
		c := &d.Ended[i].Connection
		end := ending{c.Local.Port(), c.Remote.Port(), c.BytesSent, c.BytesReceived}
		if c.Protocol != poller.TCP {
			continue
		}
		if c.Known.Has(poller.KnownBytes) {
			e.list = append(e.list, end)
		} else {
			e.silent = append(e.silent, end)
		}
	}
	e.polls++
	e.longest = max(e.longest, time.Since(d.At), d.Took)
	e.last = d.Status
}

// sides returns the two sockets of a short connection.
func (s *short) sides() [2]ending {
	return [2]ending{{s.Client, s.Server, s.Up, s.Down}, {s.Server, s.Client, s.Down, s.Up}}
}

// pair is an ending without its bytes.
func (e ending) pair() ending { return ending{local: e.local, remote: e.remote} }

// compare counts which sockets of the connections the poller told of. Ports may have been used more than once, so
// sockets are counted and not only looked up. Endings of other connections are passed over.
func compare(conns []short, e *endings) tally {
	var t tally
	exact, seen := map[ending]int{}, map[ending]int{}
	for i := range conns {
		for _, side := range conns[i].sides() {
			exact[side]++
			seen[side.pair()]++
			t.sockets++
			t.sent += side.sent
		}
	}
	for _, end := range e.list {
		t.see(seen, end)
		if exact[end] > 0 {
			exact[end]--
			t.exact++
		}
	}
	for _, end := range e.silent {
		if t.see(seen, end) {
			t.unknown++
		}
	}
	return t
}

// see counts one ending; ours is false where it is of another connection.
func (t *tally) see(seen map[ending]int, end ending) (ours bool) {
	left, ours := seen[end.pair()]
	switch {
	case !ours:
		return false
	case left == 0:
		t.twice++
		return true
	}
	seen[end.pair()]--
	t.seen++
	t.counted += end.sent
	t.received += end.received
	return true
}

// shortConnections measures how many of many short connections the poller tells of, and prints the table.
func (b *bench) shortConnections(ctx context.Context) error {
	slog.Info("short connections", "a second", b.rate, "time", b.short)
	var made shorts
	e := &endings{}
	err := observing(ctx, b.interval, e, func(ctx context.Context) error {
		return b.assign(ctx, &made, "short", "-rate", strconv.Itoa(b.rate), "-short", b.short.String())
	})
	if err != nil {
		return err
	}
	return b.page.print(e.table(b, &made))
}

// observing runs a poller that somebody watches while do runs, and for two polls more.
func observing(ctx context.Context, interval time.Duration, e *endings, do func(context.Context) error) (err error) {
	p, err := poller.New(ctx, poller.Options{Source: poller.SourceNetlink, Interval: interval, Observe: e.observe})
	if err != nil {
		return err
	}
	polling, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(polling) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	defer p.Watch()()
	if err := p.Fresh(ctx); err != nil {
		return err
	}
	if err := do(ctx); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, 2*interval), p.Fresh(ctx))
}

// table says what was seen.
func (e *endings) table(b *bench, made *shorts) *table {
	c := compare(made.Conns, e)
	t := &table{
		title: "Short connections",
		intro: fmt.Sprintf("%s a second were asked for, for %v, on loopback; each carried a number of bytes each way that was its own, "+
			"and was closed in order. Both ends are on this machine and both count. "+
			"Polls once in %v.", grouped(b.rate), b.short, b.interval),
		head: []string{"", "", "of all"},
	}
	t.add("connections made", grouped(len(made.Conns)), "")
	t.add("connections a second", grouped(int(float64(len(made.Conns))/made.Took.Seconds()+0.5)), "")
	t.add("sockets that ended", grouped(c.sockets), "")
	t.add("of them told of", grouped(c.seen), share(c.seen, c.sockets))
	t.add("told of with exact bytes, sent and received", grouped(c.exact), share(c.exact, c.sockets))
	t.add("told of without bytes", grouped(c.unknown), share(c.unknown, c.sockets))
	t.add("told of twice", grouped(c.twice), "")
	t.add("bytes sent by all ends", grouped(c.sent), "")
	t.add("bytes sent as told of", grouped(c.counted), share(int(c.counted), int(c.sent)))
	t.add("bytes received as told of", grouped(c.received), share(int(c.received), int(c.sent)))
	t.add("messages lost, as counted by sockeye", grouped(e.last.EndingsLost), "")
	t.add("longest of "+grouped(e.polls)+" polls", milliseconds(e.longest)+" ms", "")
	return t
}
