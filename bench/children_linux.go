package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sockeye/bench/internal/load"
)

const (
	// patience is how long a child may take to end.
	patience = time.Minute
	// minSockets is the smallest number of sockets that has some of each kind.
	minSockets = 100
	// perProcess is how many sockets one process of the generator holds at the most.
	perProcess = 8000
)

// child is a process that was started here. Its owner calls stop.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner // what it says, after its first line
}

// command prepares a program that ends with ctx, with this process, and not before it on Ctrl-C.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = patience
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SOCKEYE_") })
	return c
}

// launch starts a program and waits for the first line it says on one of its outputs.
func launch(c *exec.Cmd, pipe func() (io.ReadCloser, error)) (*child, string, error) {
	says, err := pipe()
	if err != nil {
		return nil, "", fmt.Errorf("start: %w", err)
	}
	if err := c.Start(); err != nil {
		return nil, "", fmt.Errorf("start: %w", err)
	}
	p := &child{cmd: c, lines: bufio.NewScanner(says)}
	if !p.lines.Scan() {
		return nil, "", fmt.Errorf("%s ended without a word: %w", c.Path, errors.Join(p.lines.Err(), c.Wait()))
	}
	return p, p.lines.Text(), nil
}

// stop ends the child, waits for it, and logs what it still had to say.
func (p *child) stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	for p.lines.Scan() {
		slog.Debug("child", "pid", p.cmd.Process.Pid, "says", p.lines.Text())
	}
	return errors.Join(err, p.lines.Err(), p.cmd.Wait())
}

// pid returns the process id.
func (p *child) pid() int { return p.cmd.Process.Pid }

// mixture returns what n sockets are made of: nearly all are established, some are of each other kind, and each second
// one percent of them is closed and opened anew.
func mixture(n int) load.Spec {
	s := load.Spec{Listen: max(8, n/1000), CloseWait: n / 200, TimeWait: n / 100, UDP: n / 100, Replace: max(1, n/200)}
	s.Established = n - s.Sockets()
	s.Established -= s.Established % 2
	return s
}

// hold has the generator open n sockets.
func (b *bench) hold(ctx context.Context, n int) (*child, error) {
	slog.Info("opening", "sockets", n)
	s := mixture(n)
	c := command(ctx, b.sockets, "-for", "2h", "-processes", strconv.Itoa(max(4, n/perProcess+1)))
	for flag, value := range map[string]int{"-listen": s.Listen, "-established": s.Established, "-closewait": s.CloseWait,
		"-timewait": s.TimeWait, "-udp": s.UDP, "-replace": s.Replace} {
		c.Args = append(c.Args, flag, strconv.Itoa(value))
	}
	c.Stderr = os.Stderr
	p, line, err := launch(c, c.StdoutPipe)
	if err != nil {
		return nil, err
	}
	var report struct{ Ready bool }
	if err := json.Unmarshal([]byte(line), &report); err != nil || !report.Ready {
		return nil, errors.Join(fmt.Errorf("socket generator: %q", line), err, p.stop())
	}
	return p, nil
}

// server is a running sockeye.
type server struct {
	*child
	url string // without a slash at the end
}

// serve starts sockeye on a free port of its own.
func (b *bench) serve(ctx context.Context) (*server, error) {
	c, url, err := b.serverCommand(ctx)
	if err != nil {
		return nil, err
	}
	p, line, err := launch(c, c.StderrPipe)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(line, url) {
		return nil, errors.Join(fmt.Errorf("sockeye: %s", line), p.stop())
	}
	return &server{p, url}, nil
}

// serverCommand prepares sockeye on a port that is free now.
func (b *bench) serverCommand(ctx context.Context) (c *exec.Cmd, at string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, "", fmt.Errorf("find a free port: %w", err)
	}
	listen := net.JoinHostPort("localhost", strconv.Itoa(port))
	return command(ctx, b.sockeye, "--listen", listen), (&url.URL{Scheme: "http", Host: listen}).String(), nil
}

// assign has this program do a task in a process of its own, and decodes what it prints into result.
func (b *bench) assign(ctx context.Context, result any, task string, args ...string) error {
	c := command(ctx, b.self, append([]string{"-task", task}, args...)...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("task %s: %w", task, err)
	}
	if err := json.Unmarshal(out, result); err != nil {
		return fmt.Errorf("task %s: %w", task, err)
	}
	return nil
}

// work does a task and prints its result as JSON.
func work(ctx context.Context, o options, out io.Writer) error {
	var result any
	var err error
	switch o.task {
	case "polls":
		result, err = measurePolls(ctx, o.rounds, o.interval)
	case "gopsutil":
		result, err = measureGopsutil(ctx, o.budget)
	case "short":
		result, err = makeShort(ctx, o.rate, o.short)
	default:
		return fmt.Errorf("there is no task %q", o.task)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}
