package poller

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// Looking for an owner again, after it was not found: soon, then ever more rarely.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// descriptors lists what processes have open; on Linux it reads /proc.
type descriptors interface {
	// pids appends the ids of all processes.
	pids(dst []int32) ([]int32, error)
	// sockets calls found with the inode of each socket that the process has open, until found returns false.
	// forbidden reports that the process may not be looked at; an error, that it is gone.
	sockets(pid int32, found func(inode uint32) bool) (forbidden bool, err error)
}

// inodeOwners finds owners by the inode numbers of their descriptors. Processes are walked only when there is an
// inode that was never found, and only until it is.
type inodeOwners struct {
	fds       descriptors
	processes *processes
	uid       uint32 // whose processes may be looked at in any case
	byInode   map[uint32]int32
	misses    map[uint32]miss
	forbidden bool // the last whole walk met a process that may not be looked at
	pidBuffer []int32
}

// miss remembers that an inode was looked for without success.
type miss struct {
	wait time.Duration
	next time.Time
}

func newInodeOwners(fds descriptors, read func(pid int32) (Process, error), uid uint32) *inodeOwners {
	return &inodeOwners{
		fds: fds, processes: newProcesses(read), uid: uid,
		byInode: map[uint32]int32{}, misses: map[uint32]miss{},
	}
}

// owner implements ownerLookup.
func (o *inodeOwners) owner(s *Socket) (*Process, OwnerNote) {
	if s.Inode == 0 {
		return nil, OwnerNone
	}
	if pid, ok := o.byInode[s.Inode]; ok {
		if p := o.processes.byPID[pid]; p != nil {
			return p, OwnerKnown
		}
	}
	if _, missed := o.misses[s.Inode]; !missed {
		return nil, OwnerUnsought
	}
	if o.forbidden && (!s.Known.Has(KnownUID) || s.UID != o.uid) {
		return nil, OwnerForbidden
	}
	return nil, OwnerNotFound
}

// verify implements ownerFinder.
func (o *inodeOwners) verify() map[*Process]bool {
	gone := o.processes.verify()
	if len(gone) == 0 {
		return nil
	}
	for inode, pid := range o.byInode {
		if o.processes.byPID[pid] == nil {
			delete(o.byInode, inode)
		}
	}
	return gone
}

// forget implements ownerFinder.
func (o *inodeOwners) forget(s *Socket) {
	delete(o.byInode, s.Inode)
	delete(o.misses, s.Inode)
}

// find implements ownerFinder.
func (o *inodeOwners) find(ctx context.Context, wanted []*Socket, hints []int32, now time.Time) {
	open := map[uint32]bool{}
	for _, s := range wanted {
		if o.due(s.Inode, now) {
			open[s.Inode] = true
		}
	}
	if len(open) == 0 {
		return
	}
	o.walk(ctx, open, hints)
	for inode := range open {
		m := o.misses[inode]
		m.wait = min(max(firstRetry, 2*m.wait), lastRetry)
		m.next = now.Add(m.wait)
		o.misses[inode] = m
	}
}

// due reports whether the inode is to be looked for now.
func (o *inodeOwners) due(inode uint32, now time.Time) bool {
	if inode == 0 {
		return false
	}
	if _, known := o.byInode[inode]; known {
		return false
	}
	m, missed := o.misses[inode]
	return !missed || !now.Before(m.next)
}

// walk looks through processes until every inode in open is found, taking those found out of it.
func (o *inodeOwners) walk(ctx context.Context, open map[uint32]bool, hints []int32) {
	visited := make(map[int32]bool, len(hints))
	forbidden := false
	for _, pid := range hints {
		if len(open) == 0 {
			return
		}
		if !visited[pid] {
			visited[pid] = true
			forbidden = o.scan(pid, open) || forbidden
		}
	}
	pids, err := o.fds.pids(o.pidBuffer[:0])
	if err != nil {
		return // without a list of processes every inode stays a miss, which its rows say
	}
	o.pidBuffer = pids
	for _, pid := range pids {
		if len(open) == 0 || ctx.Err() != nil {
			return
		}
		if !visited[pid] && o.scan(pid, open) {
			forbidden = true
		}
	}
	o.forbidden = forbidden
}

// scan looks through one process. What it finds counts only if the PID stands for the same process before and after.
func (o *inodeOwners) scan(pid int32, open map[uint32]bool) (forbidden bool) {
	found := map[uint32]bool{}
	before, err := o.processes.read(pid)
	if err != nil {
		return errors.Is(err, fs.ErrPermission) // or it has ended
	}
	forbidden, err = o.fds.sockets(pid, func(inode uint32) bool {
		if open[inode] {
			found[inode] = true
		}
		return len(found) < len(open)
	})
	if err != nil || len(found) == 0 {
		return forbidden
	}
	if after, err := o.processes.read(pid); err != nil || after.Start != before.Start {
		return forbidden
	}
	switch known := o.processes.byPID[pid]; {
	case known == nil:
		o.processes.byPID[pid] = &before
	case known.Start != before.Start:
		return forbidden // what the PID stood for has just ended: verify has to tell that first
	}
	for inode := range found {
		o.byInode[inode] = pid
		delete(open, inode)
		delete(o.misses, inode)
	}
	return forbidden
}
