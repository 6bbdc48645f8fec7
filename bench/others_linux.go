package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v3/net"
)

const (
	// maxRepeats is how often an alternative is run at the most.
	maxRepeats = 5
	// commandTime ends a command that would take for ever.
	commandTime = 2 * time.Minute
)

// repeat runs do until its budget is used up, once at the least and maxRepeats times at the most.
func repeat(budget time.Duration, do func() error) error {
	start := time.Now()
	for i := range maxRepeats {
		if i > 0 && time.Since(start) >= budget {
			return nil
		}
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// measureGopsutil is the task "gopsutil": its calls, with what they allocate.
func measureGopsutil(ctx context.Context, budget time.Duration) (calls []call, err error) {
	err = repeat(budget, func() error {
		runtime.GC()
		m := &meter{}
		runtime.ReadMemStats(&m.before)
		start := time.Now()
		list, err := net.ConnectionsWithContext(ctx, "inet")
		took := time.Since(start)
		if err != nil {
			return fmt.Errorf("gopsutil: %w", err)
		}
		calls = append(calls, m.count(took))
		runtime.KeepAlive(list)
		return nil
	})
	return calls, err
}

// commandLines are the commands to compare with.
var commandLines = [][]string{{"ss", "-tan"}, {"ss", "-tanp"}, {"netstat", "-tanp"}}

// timeCommand measures whole runs of a command whose output goes nowhere; none where it is not installed.
func timeCommand(ctx context.Context, budget time.Duration, line []string) (runs []time.Duration, err error) {
	err = repeat(budget, func() error {
		ctx, cancel := context.WithTimeout(ctx, commandTime)
		defer cancel()
		start := time.Now()
		err := command(ctx, line[0], line[1:]...).Run()
		if err != nil {
			return fmt.Errorf("%s: %w", line[0], err)
		}
		runs = append(runs, time.Since(start))
		return nil
	})
	if errors.Is(err, exec.ErrNotFound) {
		slog.Warn("not installed", "command", line[0])
		return nil, nil
	}
	return runs, err
}
