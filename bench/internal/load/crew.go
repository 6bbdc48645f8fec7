//go:build linux

package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// Report says what a Crew holds; the line that the generator prints.
type Report struct {
	Ready       bool  `json:"ready"`
	Listen      int   `json:"listen"`
	Established int   `json:"established"`
	CloseWait   int   `json:"close_wait"`
	FinWait2    int   `json:"fin_wait_2"`
	TimeWait    int   `json:"time_wait"`
	UDP         int   `json:"udp"`
	Pids        []int `json:"pids"`
	Ports       []int `json:"ports"`
}

// Crew is the worker processes that hold the sockets of one Spec. Its owner calls Stop.
type Crew struct {
	workers []*worker
}

type worker struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.ReadCloser
	line *json.Decoder
}

// Hire starts one worker for each share of spec, with the command line that makes this program call Work, and waits
// until all sockets are open. Call it from a goroutine locked to its thread: a worker is killed when the thread that
// started it ends. After an error no worker is left.
func Hire(spec Spec, processes int, name string, args ...string) (*Crew, Report, error) {
	if err := spec.Check(); err != nil {
		return nil, Report{}, err
	}
	if processes < 1 || processes > MaxProcesses {
		return nil, Report{}, fmt.Errorf("%d is not a number of processes: 1 to %d", processes, MaxProcesses)
	}
	crew := &Crew{}
	report, err := crew.open(spec.Split(processes), name, args)
	if err != nil {
		_, stopped := crew.Stop()
		return nil, Report{}, errors.Join(err, stopped)
	}
	return crew, report, nil
}

// open starts all workers before it waits for any, so that they open their sockets side by side.
func (c *Crew) open(shares []Spec, name string, args []string) (Report, error) {
	report := Report{Ready: true, Pids: []int{}, Ports: []int{}}
	for i, spec := range shares {
		w, err := start(order{Process: i, Spec: spec}, exec.Command(name, args...))
		if err != nil {
			return report, err
		}
		c.workers = append(c.workers, w)
		report.add(spec, w.cmd.Process.Pid)
	}
	for _, w := range c.workers {
		var o opened
		if err := w.line.Decode(&o); err != nil {
			return report, fmt.Errorf("worker %d: %w", w.cmd.Process.Pid, err)
		}
		if o.Error != "" {
			return report, fmt.Errorf("worker %d: %s", w.cmd.Process.Pid, o.Error)
		}
		report.Ports = append(report.Ports, o.Ports...)
	}
	return report, nil
}

func (r *Report) add(s Spec, pid int) {
	r.Listen += s.Listen
	r.Established += s.Established
	r.CloseWait += s.CloseWait
	r.FinWait2 += s.CloseWait
	r.TimeWait += s.TimeWait
	r.UDP += s.UDP
	r.Pids = append(r.Pids, pid)
}

// start starts a worker and gives it its order. The worker dies with this process in any case: its standard input
// ends, and should it not heed that, the kernel kills it.
func start(o order, cmd *exec.Cmd) (*worker, error) {
	cmd.Stderr = os.Stderr
	// A group of its own, so that Ctrl-C reaches only the first process, which ends the others in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	if err := json.NewEncoder(in).Encode(o); err != nil {
		return nil, errors.Join(fmt.Errorf("order to worker: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	return &worker{cmd: cmd, in: in, out: out, line: json.NewDecoder(out)}, nil
}

// Stop ends all workers, waits for them, and returns the number of short connections they made.
func (c *Crew) Stop() (churned int, err error) {
	var errs []error
	for _, w := range c.workers {
		errs = append(errs, w.in.Close())
	}
	for _, w := range c.workers {
		var d done
		decoded := w.line.Decode(&d)
		if err := errors.Join(decoded, w.cmd.Wait()); err != nil {
			errs = append(errs, fmt.Errorf("worker %d: %w", w.cmd.Process.Pid, err))
		}
		churned += d.Churned
	}
	c.workers = nil
	return churned, errors.Join(errs...)
}
