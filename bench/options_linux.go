package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sockeye/bench/internal/load"
	"sockeye/poller"
)

// The most that may be asked for, so that a run ends.
const (
	maxRounds  = 1000
	maxTime    = time.Hour
	maxViewers = 1000
)

// options is the command line.
type options struct {
	sizes    []int
	rounds   int           // steady polls to measure at each size
	interval time.Duration // between two polls
	budget   time.Duration // for the repetitions of each alternative
	rate     int           // short connections a second
	short    time.Duration
	cpu      time.Duration // how long the processor's time is watched, for each number of viewers
	viewers  []int
	watched  int // sockets while the processor's time is watched
	markdown bool
	task     string

	settling time.Duration // how long viewers watch before the processor's time is measured
	looking  time.Duration // how long one viewer looks for the memory and the frames
}

func parse(args []string) (options, error) {
	o := options{sizes: []int{1000, 10_000, 100_000}, viewers: []int{0, 1, 200},
		settling: 5 * time.Second, looking: 12 * time.Second}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.Func("sizes", "numbers of `sockets` to compare at; \"\" leaves it out (default 1000,10000,100000)", numbers(&o.sizes))
	f.IntVar(&o.rounds, "rounds", 15, "steady polls to measure at each size")
	f.DurationVar(&o.interval, "interval", time.Second, "time between two steady polls")
	f.DurationVar(&o.budget, "budget", 12*time.Second, "no further repetition of an alternative after this time")
	f.IntVar(&o.rate, "rate", 2000, "short connections a second")
	f.DurationVar(&o.short, "short", 30*time.Second, "how long short connections are made; 0 leaves them out")
	f.DurationVar(&o.cpu, "cpu", time.Minute, "how long to watch the processor's time for each number of viewers; 0 leaves it out")
	f.Func("viewers", "numbers of `viewers` to watch it with (default 0,1,200)", numbers(&o.viewers))
	f.IntVar(&o.watched, "watched", 500, "sockets while the processor's time is watched")
	f.BoolVar(&o.markdown, "markdown", false, "print a page for docs/figures.md")
	f.StringVar(&o.task, "task", "", "used by the program itself")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, o.check()
}

// numbers returns the reader of a flag with numbers between commas.
func numbers(list *[]int) func(string) error {
	return func(s string) error {
		*list = nil
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			n, err := strconv.Atoi(part)
			if err != nil {
				return fmt.Errorf("%q is not a number", part)
			}
			*list = append(*list, n)
		}
		return nil
	}
}

// check returns an error that says which option cannot be used, and what is allowed.
func (o *options) check() error {
	for _, n := range append([]int{o.watched}, o.sizes...) {
		if n < minSockets || n > load.MaxSockets {
			return fmt.Errorf("%d sockets: %d to %d", n, minSockets, load.MaxSockets)
		}
	}
	for _, n := range o.viewers {
		if n < 0 || n > maxViewers {
			return fmt.Errorf("%d viewers: 0 to %d", n, maxViewers)
		}
	}
	for _, d := range []time.Duration{o.budget, o.short, o.cpu} {
		if d < 0 || d > maxTime {
			return fmt.Errorf("time %v: 0 to %v", d, maxTime)
		}
	}
	switch {
	case o.rounds < 1 && o.task == "" || o.rounds < 0 || o.rounds > maxRounds:
		return fmt.Errorf("%d rounds: 1 to %d", o.rounds, maxRounds)
	case o.interval < poller.MinInterval || o.interval > poller.MaxInterval:
		return fmt.Errorf("interval %v: %v to %v", o.interval, poller.MinInterval, poller.MaxInterval)
	case o.rate < 1 || o.rate > load.MaxChurn:
		return fmt.Errorf("%d connections a second: 1 to %d", o.rate, load.MaxChurn)
	case len(o.viewers) == 0:
		return errors.New("no number of viewers")
	}
	return nil
}
