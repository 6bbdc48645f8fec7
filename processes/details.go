package processes

import (
	"context"
	"errors"
	"time"
)

// ErrGone is returned where there is no process with this identity any more: it has ended, and its PID may be used by
// another one.
var ErrGone = errors.New("the process is gone")

// ErrHidden is returned where there is a process that this user may not see at all (a /proc mounted with hidepid).
var ErrHidden = errors.New("the process is hidden from this user")

// Fact is something that may be known of a process.
type Fact[T any] struct {
	// Value is valid where Note is "".
	Value T
	// Note says in words for the reader why Value is not known; "" where it is.
	Note string
}

// Known reports whether the value is known.
func (f Fact[T]) Known() bool { return f.Note == "" }

// know returns a known fact.
func know[T any](v T) Fact[T] { return Fact[T]{Value: v} }

// unknown returns a fact that is not known, with the reason.
func unknown[T any](note string) Fact[T] { return Fact[T]{Note: note} }

// Details are what is known of one process at one moment. All text comes from outside and may hold any bytes.
type Details struct {
	// PID and Start are its identity; Start is in the source's own unit, as in poller.Process.
	PID   int32
	Start uint64
	// Name is what the system calls it.
	Name string
	// Executable is the path of its program; " (deleted)" is part of it where the file is gone.
	Executable Fact[string]
	// Args is the command line, as the process has it now.
	Args Fact[[]string]
	// Directory is the working directory.
	Directory Fact[string]
	// User is the name of the user it works as, or the number where that has no name.
	User Fact[string]
	// Started is when it was started, by the wall clock.
	Started Fact[time.Time]
	// Parents are the processes it descends from, the nearest first; at most 16.
	Parents Fact[[]Parent]
	// Unit is its systemd unit, Container its container, as the path of its cgroup names them.
	Unit, Container Fact[string]
	// Threads counts threads.
	Threads Fact[int]
	// Resident and Virtual are memory in bytes.
	Resident, Virtual Fact[uint64]
	// CPU is the time it has worked, in user and system mode, all threads together.
	CPU Fact[time.Duration]
	// Read and Written are the bytes that it caused to be read from storage and written to it.
	Read, Written Fact[uint64]
	// Descriptors counts open descriptors, DescriptorLimit is how many it may have.
	Descriptors, DescriptorLimit Fact[uint64]
}

// Parent is a process in the line of descent: a parent or a child.
type Parent struct {
	PID   int32
	Start uint64
	Name  string
}

// maxParents is how many parents are told of.
const maxParents = 16

// Reader reads processes. Make it with [New]; it may be used by several goroutines at once.
type Reader struct{ system system }

// New returns a Reader for this machine.
func New() *Reader { return &Reader{newSystem()} }

// system is the seam to the operating system. It returns what it knows of the process that has the PID now, or ErrGone
// or ErrHidden where there is none to be seen.
type system interface {
	read(ctx context.Context, pid int32) (*Details, error)
	// children returns the processes that the one with the PID started, by their PIDs.
	children(ctx context.Context, pid int32) ([]Parent, error)
}

// Read returns what is known of a process. A start of 0 asks for whichever process has the PID now; any other start
// must be that of the process, or it is [ErrGone].
func (r *Reader) Read(ctx context.Context, pid int32, start uint64) (*Details, error) {
	if pid <= 0 {
		return nil, ErrGone
	}
	d, err := r.system.read(ctx, pid)
	if err != nil {
		return nil, err
	}
	if start != 0 && d.Start != start {
		return nil, ErrGone
	}
	return d, nil
}

// Children returns the processes that a process started and that go on, in the order of their PIDs. They are found by a look
// at every process, so it is for who asks once.
func (r *Reader) Children(ctx context.Context, pid int32) ([]Parent, error) {
	return r.system.children(ctx, pid)
}
