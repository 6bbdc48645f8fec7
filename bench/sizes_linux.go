package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// firstPolls is how many processes are started to measure first polls.
const firstPolls = 3

// atSize compares what one look at n sockets costs, and prints the table.
func (b *bench) atSize(ctx context.Context, n int) (err error) {
	crowd, err := b.hold(ctx, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.stop()) }()
	c := comparison{table: table{
		title: grouped(n) + " sockets",
		head:  []string{"one look at all sockets", "ms min", "median", "max", "to the dump", "allocations", "bytes", "runs"},
	}}
	first, steady, err := b.ourPolls(ctx)
	if err != nil {
		return err
	}
	c.ours(n, first, steady)
	if err := b.alternatives(ctx, &c); err != nil {
		return err
	}
	if err := b.oneViewer(ctx, &c.table); err != nil {
		return err
	}
	return b.page.print(&c.table)
}

// ourPolls has several processes poll for the first time, and the last of them go on.
func (b *bench) ourPolls(ctx context.Context) (first []call, last polls, err error) {
	for i := range firstPolls {
		slog.Info("polling", "process", i+1)
		rounds := 0
		if i == firstPolls-1 {
			rounds = b.rounds
		}
		last = polls{}
		if err := b.assign(ctx, &last, "polls", "-rounds", strconv.Itoa(rounds), "-interval", b.interval.String()); err != nil {
			return nil, last, err
		}
		first = append(first, last.First)
	}
	return first, last, nil
}

// alternatives adds what others take for the same.
func (b *bench) alternatives(ctx context.Context, c *comparison) error {
	slog.Info("gopsutil")
	var calls []call
	if err := b.assign(ctx, &calls, "gopsutil", "-budget", b.budget.String()); err != nil {
		return err
	}
	c.calls("gopsutil net.Connections(\"inet\")", calls)
	for _, line := range commandLines {
		slog.Info(strings.Join(line, " "))
		runs, err := timeCommand(ctx, b.budget, line)
		if err != nil {
			return err
		}
		c.runs("`"+strings.Join(line, " ")+"`, whole command", runs)
	}
	return nil
}

// comparison is a table whose times are compared with the bare dump's.
type comparison struct {
	table
	floor time.Duration
}

// ours adds the bare dump and our polls, and says what they found.
func (c *comparison) ours(n int, first []call, p polls) {
	c.floor = median(p.Raw)
	var changed, perChange []int
	for _, s := range p.Steady {
		changed = append(changed, s.Changed)
		if s.Changed > 0 {
			perChange = append(perChange, int(s.Bytes)/s.Changed)
		}
	}
	c.intro = fmt.Sprintf("%s sockets were there; each second 1 %% of them (%s connections, both ends) were closed and opened anew. "+
		"Sockeye polled every %v; a steady poll found %s rows opened, changed or closed (median).",
		grouped(p.Sockets), grouped(mixture(n).Replace), p.Interval, grouped(median(changed)))
	c.runs("bare kernel dump with tcp_info", p.Raw)
	c.calls("sockeye, steady poll, owners included", p.Steady)
	c.calls("sockeye, first poll, owners included", first)
	if len(perChange) > 0 {
		c.note("A steady poll allocated %s for each of these rows (median).", size(median(perChange)))
	}
}

// runs adds a row of times.
func (c *comparison) runs(name string, runs []time.Duration) {
	cells := append([]string{name}, times(runs)...)
	c.add(append(cells, ratio(median(runs), c.floor), unknown, unknown, strconv.Itoa(len(runs)))...)
}

// calls adds a row of times with what was allocated, as medians.
func (c *comparison) calls(name string, calls []call) {
	var runs []time.Duration
	var allocs, bytes []uint64
	for _, m := range calls {
		runs, allocs, bytes = append(runs, m.Took), append(allocs, m.Allocs), append(bytes, m.Bytes)
	}
	cells := append([]string{name}, times(runs)...)
	c.add(append(cells, ratio(median(runs), c.floor), grouped(median(allocs)), size(median(bytes)), strconv.Itoa(len(runs)))...)
}
