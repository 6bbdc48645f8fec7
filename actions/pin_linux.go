package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// pidfsMagic is the file system of pidfds since Linux 6.9 (PID_FS_MAGIC); before, all of them share one inode.
const pidfsMagic = 0x50494446

// pidfd is a process that was pinned.
type pidfd struct {
	fd  int
	pid int32
}

// pin implements system.
func (*linux) pin(pid int32) (held, error) {
	fd, err := unix.PidfdOpen(int(pid), 0)
	switch {
	case errors.Is(err, unix.ENOSYS):
		return nil, fmt.Errorf("pidfd_open: %w: %w", errUnsupported, err)
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT): // none, or a thread
		return nil, fmt.Errorf("pidfd_open: %w: %w", errGone, err)
	case err != nil:
		return nil, fmt.Errorf("pidfd_open: %w", err)
	}
	return &pidfd{fd, pid}, nil
}

func (p *pidfd) release() { _ = unix.Close(p.fd) } // nothing is written through it

// facts implements held. All is read through one folder, which stays that of the process it was opened for.
func (p *pidfd) facts() (facts, error) {
	dir, err := os.OpenRoot("/proc/" + strconv.Itoa(int(p.pid)))
	if err != nil {
		return facts{}, fmt.Errorf("%w: %w", errGone, err)
	}
	defer dir.Close()
	text, err := read(dir, "stat")
	if err != nil {
		return facts{}, fmt.Errorf("%w: %w", errGone, err)
	}
	s, err := parseStat(text)
	if err != nil {
		return facts{}, err
	}
	status, err := read(dir, "status")
	if err != nil {
		return facts{}, fmt.Errorf("%w: %w", errGone, err)
	}
	within, err := inside(status)
	if err != nil {
		return facts{}, err
	}
	f := facts{start: s.start, instance: p.instance(), name: s.name, kernel: s.flags&kernelThread != 0, inside: within}
	f.young = f.instance == 0 && !before(f.start)
	return f, nil
}

// ticks is how many of the clock ticks of /proc make a second: USER_HZ, which is 100 wherever Go runs on Linux.
const ticks = 100

// before reports whether a start in clock ticks is over: what starts from now on has a later one.
func before(start uint64) bool {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return false
	}
	return start+1 < uint64(now.Nano())/(1e9/ticks)
}

// read reads a file of /proc.
func read(dir *os.Root, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}

// instance returns the number of the pidfd's inode where that means something.
func (p *pidfd) instance() uint64 {
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(p.fd, &fs) != nil || fs.Type != pidfsMagic || unix.Fstat(p.fd, &st) != nil {
		return 0
	}
	return st.Ino
}

// permitted implements held, by the signal 0, which is none.
func (p *pidfd) permitted() error { return p.send(0) }

// signal implements held.
func (p *pidfd) signal(kill bool) error {
	if kill {
		return p.send(unix.SIGKILL)
	}
	return p.send(unix.SIGTERM)
}

// send sends a signal to the process, and to no other.
func (p *pidfd) send(s unix.Signal) error {
	err := unix.PidfdSendSignal(p.fd, s, nil, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return fmt.Errorf("pidfd_send_signal: %w: %w", errGone, err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("pidfd_send_signal: %w: %w", errForbidden, err)
	case err != nil:
		return fmt.Errorf("pidfd_send_signal: %w", err)
	}
	return nil
}

// ended implements held: a pidfd can be read once its process has ended, reaped or not.
func (p *pidfd) ended(ctx context.Context, d time.Duration) bool {
	for left := d; ; left -= step {
		poll := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, int(min(step, max(0, left)).Milliseconds()))
		if n > 0 && poll[0].Revents&unix.POLLIN != 0 {
			return true
		}
		if err != nil && !errors.Is(err, unix.EINTR) || left <= 0 || ctx.Err() != nil {
			return false
		}
	}
}
