package processes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// maxFile is how much is read of one file of /proc.
const maxFile = 64 << 10

// procfs reads processes below its path, which is /proc but for tests.
type procfs string

// newSystem returns the reader of /proc.
func newSystem() system { return procfs("/proc") }

// folder is an open /proc/PID. It stays that of the process it was opened for: when that is gone, reading fails, even
// where its PID is used again.
type folder struct{ *os.Root }

// read implements system.
func (p procfs) read(ctx context.Context, pid int32) (*Details, error) {
	dir, err := p.open(pid)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	b, err := dir.file("stat")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	s, err := parseStat(b)
	if err != nil {
		return nil, err
	}
	d := &Details{
		PID: pid, Start: s.start, Name: s.name, Threads: know(s.threads), CPU: know(s.cpu),
		Virtual: know(s.virtual), Started: p.started(s.start), Parents: know(p.parents(ctx, s)),
	}
	dir.describe(d)
	if _, err := dir.file("stat"); err != nil { // it ended meanwhile, and what was read may be half of it
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	return d, nil
}

// open opens the folder of a process.
func (p procfs) open(pid int32) (folder, error) {
	root, err := os.OpenRoot(string(p) + "/" + strconv.Itoa(int(pid)))
	switch {
	case err == nil:
		return folder{root}, nil
	case errors.Is(err, fs.ErrPermission):
		return folder{}, fmt.Errorf("%w: %w", ErrHidden, err)
	case errors.Is(err, fs.ErrNotExist) && syscall.Kill(int(pid), 0) == syscall.EPERM:
		return folder{}, fmt.Errorf("%w: %w", ErrHidden, err) // with hidepid=2 it is not even listed
	}
	return folder{}, fmt.Errorf("%w: %w", ErrGone, err)
}

// describe fills in what has a file or a link of its own.
func (f folder) describe(d *Details) {
	d.Executable, d.Directory = f.link("exe"), f.link("cwd")
	status, err := f.file("status")
	if err != nil {
		d.User, d.Resident = unknown[string](reason(err)), unknown[uint64](reason(err))
	} else {
		d.User, d.Resident = userOf(status), resident(status)
	}
	d.Args = from(f, "cmdline", splitArgs)
	d.Read, d.Written = from(f, "io", stored("read_bytes:")), from(f, "io", stored("write_bytes:"))
	d.DescriptorLimit = from(f, "limits", descriptorLimit)
	d.Unit = from(f, "cgroup", func(b []byte) Fact[string] { return unitOf(groupOf(string(b))) })
	d.Container = from(f, "cgroup", func(b []byte) Fact[string] { return containerOf(groupOf(string(b))) })
	d.Descriptors = f.descriptors()
}

// from reads a file and what parse makes of it.
func from[T any](f folder, name string, parse func([]byte) Fact[T]) Fact[T] {
	b, err := f.file(name)
	if err != nil {
		return unknown[T](reason(err))
	}
	return parse(b)
}

// file reads a file to its end, or to maxFile.
func (f folder) file(name string) ([]byte, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFile))
}

// link reads where a link leads.
func (f folder) link(name string) Fact[string] {
	to, err := f.Readlink(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return unknown[string]("it has none: it is part of the kernel, or has ended")
	case err != nil:
		return unknown[string](reason(err))
	}
	return know(to)
}

// descriptors counts what the process has open. Since Linux 6.2 the folder's size is that number; before, it is 0 and
// the folder is read.
func (f folder) descriptors() Fact[uint64] {
	if info, err := f.Stat("fd"); err == nil && info.Size() > 0 {
		return know(uint64(info.Size()))
	}
	dir, err := f.Open("fd")
	if err != nil {
		return unknown[uint64](reason(err))
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return unknown[uint64](reason(err))
	}
	return know(uint64(len(names)))
}

// userOf returns the name of the user that a process works as.
func userOf(status []byte) Fact[string] {
	uid, ok := effectiveUID(status)
	if !ok {
		return unknown[string](unreadable)
	}
	number := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(number); err == nil && u.Username != "" {
		return know(u.Username)
	}
	return know(number)
}

// started turns clock ticks since boot into a moment.
func (p procfs) started(start uint64) Fact[time.Time] {
	b, err := os.ReadFile(string(p) + "/stat")
	if err != nil {
		return unknown[time.Time](reason(err))
	}
	boot, ok := bootTime(b)
	if !ok {
		return unknown[time.Time](unreadable)
	}
	return know(boot.Add(time.Duration(start) * (time.Second / ticks)))
}

// parents follows the line of descent. It ends where a parent cannot be read, and where a process is younger than its
// child: the parent has ended then, and its PID is used again.
func (p procfs) parents(ctx context.Context, child stat) []Parent {
	line := []Parent{}
	for child.parent > 0 && len(line) < maxParents && ctx.Err() == nil {
		pid := child.parent
		b, err := os.ReadFile(string(p) + "/" + strconv.Itoa(int(pid)) + "/stat")
		if err != nil {
			break
		}
		s, err := parseStat(b)
		if err != nil || s.start > child.start {
			break
		}
		line = append(line, Parent{PID: pid, Start: s.start, Name: s.name})
		child = s
	}
	return line
}

// children implements system.
func (p procfs) children(ctx context.Context, pid int32) ([]Parent, error) {
	dir, err := os.Open(string(p))
	if err != nil {
		return nil, fmt.Errorf("children: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("children: %w", err)
	}
	all := []Parent{}
	for _, name := range names {
		number, err := strconv.ParseInt(name, 10, 32)
		if err != nil || ctx.Err() != nil {
			continue
		}
		b, err := os.ReadFile(string(p) + "/" + name + "/stat")
		if err != nil {
			continue // it has ended
		}
		if s, err := parseStat(b); err == nil && s.parent == pid {
			all = append(all, Parent{PID: int32(number), Start: s.start, Name: s.name})
		}
	}
	slices.SortFunc(all, func(a, b Parent) int { return cmp.Compare(a.PID, b.PID) })
	return all, ctx.Err()
}

// reason says in words why something could not be read.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "it is another user's process, and the right to look at it (CAP_SYS_PTRACE) is missing"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return "the process has ended"
	}
	return "the system did not tell: " + err.Error()
}
