//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	// Children are told to end when the thread that started them does.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		slog.Error("benchmark", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.task != "" {
		return work(ctx, o, out)
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	return measure(ctx, exe, o, args, out)
}

// bench is one run of the benchmark.
type bench struct {
	options
	programs
	page page
}

// measure makes all measurements that are asked for, prints their tables as they come, and leaves no process behind.
// self is this program, for the measurements that need a process of their own.
func measure(ctx context.Context, self string, o options, args []string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "sockeye-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	b := &bench{options: o, page: page{out: out, markdown: o.markdown}}
	err = b.all(ctx, self, dir, args)
	return errors.Join(err, os.RemoveAll(dir))
}

func (b *bench) all(ctx context.Context, self, dir string, args []string) (err error) {
	slog.Info("building")
	if b.programs, err = build(ctx, self, dir); err != nil {
		return err
	}
	steps := []func(context.Context) error{func(ctx context.Context) error { return b.page.head(machineOf(ctx, args)) }}
	for _, n := range b.sizes {
		steps = append(steps, func(ctx context.Context) error { return b.atSize(ctx, n) })
	}
	if b.short > 0 {
		steps = append(steps, b.shortConnections)
	}
	if b.cpu > 0 {
		steps = append(steps, b.watching)
	}
	steps = append(steps, b.weighing)
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
