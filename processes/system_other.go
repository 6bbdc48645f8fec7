//go:build !linux

package processes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// psutil asks gopsutil.
type psutil struct{}

// newSystem returns the reader that asks gopsutil.
func newSystem() system { return psutil{} }

// read implements system. The start is the moment of creation in milliseconds since 1970, as in the poller; it is read
// again at the end, so that nothing of another process is among what was read in between.
func (psutil) read(ctx context.Context, pid int32) (*Details, error) {
	p, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	created := createdAt(ctx, p)
	d := &Details{PID: pid, Start: created, Parents: know(parents(ctx, p))}
	d.Name, _ = p.NameWithContext(ctx) // "" is shown as unknown
	describe(ctx, p, d)
	again, err := process.NewProcessWithContext(ctx, pid)
	if err != nil || createdAt(ctx, again) != created {
		return nil, errors.Join(ErrGone, err)
	}
	return d, nil
}

// createdAt returns the moment of creation, 0 where it is not told.
func createdAt(ctx context.Context, p *process.Process) uint64 {
	created, err := p.CreateTimeWithContext(ctx)
	if err != nil {
		return 0
	}
	return uint64(created)
}

// describe fills in what can be asked for.
func describe(ctx context.Context, p *process.Process, d *Details) {
	d.Executable = ask(p.ExeWithContext(ctx))
	d.Args = ask(p.CmdlineSliceWithContext(ctx))
	d.Directory = ask(p.CwdWithContext(ctx))
	d.User = ask(p.UsernameWithContext(ctx))
	d.Started = unknown[time.Time]("the system does not tell when it was started")
	if d.Start != 0 {
		d.Started = know(time.UnixMilli(int64(d.Start)))
	}
	threads, err := p.NumThreadsWithContext(ctx)
	d.Threads = ask(int(threads), err)
	d.CPU = ask(worked(ctx, p))
	d.Resident, d.Virtual = memory(ctx, p)
	d.Read, d.Written = unknown[uint64](noIO), unknown[uint64](noIO)
	if io, err := p.IOCountersWithContext(ctx); err == nil {
		d.Read, d.Written = know(io.ReadBytes), know(io.WriteBytes)
	}
	open, err := p.NumFDsWithContext(ctx)
	d.Descriptors = ask(uint64(max(open, 0)), err)
	d.DescriptorLimit = unknown[uint64]("this system does not tell it")
	d.Unit = unknown[string]("systemd is a part of Linux")
	d.Container = unknown[string]("containers are told of on Linux only")
}

// noIO is said where bytes of storage are not told.
const noIO = "the system does not tell this user"

// children implements system.
func (psutil) children(ctx context.Context, pid int32) ([]Parent, error) {
	p, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return nil, fmt.Errorf("children: %w", err)
	}
	found, err := p.ChildrenWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("children: %w", err)
	}
	all := []Parent{}
	for _, c := range found {
		if name, err := c.NameWithContext(ctx); err == nil {
			all = append(all, Parent{PID: c.Pid, Start: createdAt(ctx, c), Name: name})
		}
	}
	return all, nil
}

// ask turns an answer into a fact.
func ask[T any](v T, err error) Fact[T] {
	if err != nil {
		return unknown[T]("the system does not tell this user: " + err.Error())
	}
	return know(v)
}

// worked returns the time that the process has worked.
func worked(ctx context.Context, p *process.Process) (time.Duration, error) {
	t, err := p.TimesWithContext(ctx)
	if err != nil {
		return 0, err
	}
	return time.Duration((t.User + t.System) * float64(time.Second)), nil
}

// memory returns resident and virtual memory.
func memory(ctx context.Context, p *process.Process) (resident, virtual Fact[uint64]) {
	m, err := p.MemoryInfoWithContext(ctx)
	if err != nil {
		return ask(uint64(0), err), ask(uint64(0), err)
	}
	return know(m.RSS), know(m.VMS)
}

// parents follows the line of descent, as far as it can be asked for and every parent is older than its child.
func parents(ctx context.Context, p *process.Process) []Parent {
	line := []Parent{}
	for child := p; len(line) < maxParents; {
		parent, err := child.ParentWithContext(ctx)
		if err != nil || parent.Pid <= 0 || parent.Pid == child.Pid || createdAt(ctx, parent) > createdAt(ctx, child) {
			break
		}
		name, err := parent.NameWithContext(ctx)
		if err != nil {
			break
		}
		line = append(line, Parent{PID: parent.Pid, Start: createdAt(ctx, parent), Name: name})
		child = parent
	}
	return line
}
