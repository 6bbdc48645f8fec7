package poller

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"time"
)

// ownerFinder finds the processes that hold sockets. One goroutine uses it.
type ownerFinder interface {
	ownerLookup
	// verify looks again at what is known, once a poll. It returns the processes that ended or go by another name
	// now, and the inodes of sockets that are not where they were found. Both are forgotten; the rows that show them
	// are to be looked for again.
	verify() (gone map[*Process]bool, lost map[uint32]bool)
	// find looks for the owners of the sockets. The processes that hints names for those not known are looked at first.
	find(ctx context.Context, wanted []*Socket, hints func(missing []*Socket) []int32, now time.Time)
	// forget drops what is remembered of a socket that is gone.
	forget(s *Socket)
}

// processes remembers the processes that hold sockets, by PID, and notices when a PID stands for another one.
type processes struct {
	read  func(pid int32) (Process, error)
	byPID map[int32]*Process
}

func newProcesses(read func(pid int32) (Process, error)) *processes {
	return &processes{read: read, byPID: map[int32]*Process{}}
}

// get returns the process with this PID, asking the system where it is not known yet.
func (p *processes) get(pid int32) (*Process, error) {
	if known := p.byPID[pid]; known != nil {
		return known, nil
	}
	read, err := p.read(pid)
	if err != nil {
		return nil, err
	}
	p.byPID[pid] = &read
	return &read, nil
}

// verify reads every known process again, drops those that are gone or changed, and returns them.
func (p *processes) verify() map[*Process]bool {
	var gone map[*Process]bool
	for pid, known := range p.byPID {
		now, err := p.read(pid)
		if err == nil && now == *known || err != nil && !isGone(err) {
			continue // as it was, or nothing can be said of it now
		}
		if gone == nil {
			gone = map[*Process]bool{}
		}
		gone[known] = true
		delete(p.byPID, pid)
	}
	return gone
}

// isGone reports whether an error means that a process is not there, or not for us to see.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || errors.Is(err, fs.ErrPermission)
}

// pidOwners serves a source that names the PID of each socket itself.
type pidOwners struct{ processes *processes }

func (o *pidOwners) verify() (map[*Process]bool, map[uint32]bool) { return o.processes.verify(), nil }

func (o *pidOwners) find(_ context.Context, wanted []*Socket, _ func([]*Socket) []int32, _ time.Time) {
	for _, s := range wanted {
		if s.PID > 0 {
			_, _ = o.processes.get(s.PID) // a process that has ended is unknown, which its row says
		}
	}
}

func (o *pidOwners) forget(*Socket) {}

func (o *pidOwners) owner(s *Socket) (*Process, OwnerNote) {
	if p := o.processes.byPID[s.PID]; p != nil && s.PID > 0 {
		return p, OwnerKnown
	}
	if s.State == StateTimeWait || s.State == StateFinWait2 {
		return nil, OwnerNone
	}
	return nil, OwnerNotFound
}
