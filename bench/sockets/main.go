//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/bench/internal/load"
)

// maxTime is the longest that sockets are held: a forgotten generator ends by itself.
const maxTime = 12 * time.Hour

// options is the command line.
type options struct {
	spec      load.Spec
	processes int
	hold      time.Duration
	worker    bool
}

func main() {
	// Workers are killed when the thread that started them ends; see load.Hire.
	runtime.LockOSThread()
	err := run(os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		slog.Error("socket generator", "error", err)
		os.Exit(1)
	}
}

func run(args []string, in *os.File, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.worker {
		return load.Work(ctx, in, out)
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0); err != nil {
		return fmt.Errorf("ask to end with the parent: %w", err)
	}
	return hold(untilPipeEnds(ctx, in), o, out)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("sockets", flag.ContinueOnError)
	flags.IntVar(&o.spec.Established, "established", 0, "sockets in ESTABLISHED, two for each connection")
	flags.IntVar(&o.spec.Listen, "listen", 1, "TCP listeners")
	flags.IntVar(&o.spec.CloseWait, "closewait", 0, "sockets in CLOSE_WAIT, each with its peer in FIN_WAIT_2")
	flags.IntVar(&o.spec.TimeWait, "timewait", 0, "sockets in TIME_WAIT; the kernel ends them after 60 s")
	flags.IntVar(&o.spec.UDP, "udp", 0, "UDP sockets, by turns bound and connected")
	flags.IntVar(&o.spec.Churn, "churn", 0, "short connections a second")
	flags.IntVar(&o.spec.Replace, "replace", 0, "established connections a second that are closed and opened anew")
	flags.IntVar(&o.processes, "processes", 1, "processes that hold them; at most one for each listener")
	flags.DurationVar(&o.hold, "for", time.Minute, "how long to hold them")
	flags.BoolVar(&o.worker, "worker", false, "used by the program itself: take the order from standard input")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.hold <= 0 || o.hold > maxTime {
		return o, fmt.Errorf("-for %s: above 0 and at most %s", o.hold, maxTime)
	}
	return o, nil
}

// hold has the sockets opened, says so on out, and has them closed when ctx or the time ends.
func hold(ctx context.Context, o options, out io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	crew, report, err := load.Hire(o.spec, o.processes, exe, "-worker")
	if err != nil {
		return err
	}
	say := json.NewEncoder(out)
	if err := say.Encode(report); err != nil {
		_, stopped := crew.Stop()
		return errors.Join(fmt.Errorf("report: %w", err), stopped)
	}
	ctx, cancel := context.WithTimeout(ctx, o.hold)
	defer cancel()
	<-ctx.Done()
	churned, err := crew.Stop()
	return errors.Join(err, say.Encode(map[string]int{"churned": churned}))
}

// untilPipeEnds returns a context that ends also when in is a pipe whose writer is gone. Other kinds of standard input
// say nothing: /dev/null ends at once, a file soon.
func untilPipeEnds(ctx context.Context, in *os.File) context.Context {
	info, err := in.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return ctx
	}
	return load.UntilEnd(ctx, in)
}
