package poller

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// Looking for an owner again, after it was not found: soon, then ever more rarely.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// inodeOwners finds owners by the inode numbers of their descriptors. It looks only when there is an inode that was
// never found, only until it is, and first where it most likely is: at the numbers of descriptors whose sockets are
// gone, in the processes that the hints name, in those that hold sockets already, and only then in all. A descriptor
// that is known to be a socket in the table is not read again on the way.
type inodeOwners struct {
	fds       descriptors
	processes *processes
	uid       uint32 // whose processes may be looked at in any case
	byInode   map[uint32]place
	held      map[int32]*holding // by PID
	misses    map[uint32]miss
	young     []youth
	displaced []uint32 // inodes that were not where they were found, for verify to tell
	polls     int
	forbidden bool // the last whole walk met a process that may not be looked at
	pidBuffer []int32
	numbers   []int32
}

// miss remembers that an inode was looked for without success.
type miss struct {
	wait time.Duration
	next time.Time
}

func newInodeOwners(fds descriptors, read func(pid int32) (Process, error), uid uint32) *inodeOwners {
	return &inodeOwners{
		fds: fds, processes: newProcesses(read), uid: uid,
		byInode: map[uint32]place{}, held: map[int32]*holding{}, misses: map[uint32]miss{},
	}
}

// owner implements ownerLookup.
func (o *inodeOwners) owner(s *Socket) (*Process, OwnerNote) {
	if s.Inode == 0 {
		return nil, OwnerNone
	}
	if at, ok := o.byInode[s.Inode]; ok {
		if p := o.processes.byPID[at.pid]; p != nil {
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

// forget implements ownerFinder. The number of its descriptor is free now, or will be another's.
func (o *inodeOwners) forget(s *Socket) {
	o.drop(s.Inode)
	delete(o.misses, s.Inode)
}

// drop forgets where an inode was found.
func (o *inodeOwners) drop(inode uint32) {
	at, ok := o.byInode[inode]
	if !ok {
		return
	}
	delete(o.byInode, inode)
	if h := o.held[at.pid]; h != nil {
		delete(h.sockets, at.number)
		h.holes = append(h.holes, at.number)
	}
}

// find implements ownerFinder.
func (o *inodeOwners) find(ctx context.Context, wanted []*Socket, hints func([]*Socket) []int32, now time.Time) {
	s := search{owners: o, open: map[uint32]bool{}}
	var missing []*Socket
	for _, w := range wanted {
		if !o.due(w.Inode, now) {
			continue
		}
		s.open[w.Inode] = true
		missing = append(missing, w)
		s.effort = max(s.effort, effortAfter(o.misses[w.Inode].wait))
	}
	if len(s.open) == 0 {
		return
	}
	s.reuse()
	if len(s.open) > 0 {
		s.walk(ctx, hints(missing))
	}
	for inode := range s.open {
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

// search is one search for owners.
type search struct {
	owners *inodeOwners
	open   map[uint32]bool // the inodes that are still looked for
	effort effort
}

// effort is how far a search goes. Most sockets that are not found at once are gone by then, and are not worth a look
// at everything.
type effort int

const (
	quick    effort = iota // processes with many sockets only where their new descriptors most likely are
	thorough               // every number in every process that is not known to be a socket of the table
	complete               // every number in every process
)

// manySockets is how many sockets a process holds that is not listed in a quick search.
const manySockets = 200

// effortAfter returns how far to go for an inode that was missed until the wait for it had grown to this.
func effortAfter(wait time.Duration) effort {
	switch {
	case wait == 0:
		return quick
	case wait < 4*firstRetry:
		return thorough
	}
	return complete
}

// reuse looks at the descriptors that new sockets most likely got.
func (s *search) reuse() {
	for pid, h := range s.owners.held {
		if len(s.open) == 0 {
			return
		}
		known := s.owners.processes.byPID[pid]
		if known == nil {
			continue
		}
		files, err := s.owners.fds.open(pid)
		if err != nil {
			continue // it ends, or hides itself: the walk finds out
		}
		found := map[int32]uint32{}
		h.reuse(files, s.collect(found))
		_ = files.Close()
		s.keep(pid, known, found)
	}
}

// collect gathers those sockets that are looked for, until all are found.
func (s *search) collect(found map[int32]uint32) finding {
	seen := map[uint32]bool{}
	return func(number int32, inode uint32) (wanted, more bool) {
		if wanted = s.open[inode] && !seen[inode]; wanted {
			found[number], seen[inode] = inode, true
		}
		return wanted, len(seen) < len(s.open)
	}
}

// keep takes over what was found in a process, if its PID still stands for the one that it did before.
func (s *search) keep(pid int32, before *Process, found map[int32]uint32) {
	o := s.owners
	if len(found) == 0 {
		return
	}
	if after, err := o.processes.read(pid); err != nil || after.Start != before.Start {
		return
	}
	switch known := o.processes.byPID[pid]; {
	case known == nil:
		o.processes.byPID[pid] = before
	case known.Start != before.Start:
		return // what the PID stood for has just ended: verify has to tell that first
	}
	h := o.holding(pid)
	for number, inode := range found {
		if old, taken := h.sockets[number]; taken && old != inode {
			delete(o.byInode, old)
			o.displaced = append(o.displaced, old)
		}
		h.sockets[number] = inode
		o.byInode[inode] = place{pid, number}
		o.grow(inode)
		delete(s.open, inode)
		delete(o.misses, inode)
	}
}

// grow has the place of a socket looked at again soon; not that of sockets which were there before the first poll.
func (o *inodeOwners) grow(inode uint32) {
	if o.polls > 1 && len(o.young) < maxYoung {
		o.young = append(o.young, youth{inode, o.polls})
	}
}

// holding returns what is known of a process's descriptors.
func (o *inodeOwners) holding(pid int32) *holding {
	h := o.held[pid]
	if h == nil {
		h = &holding{sockets: map[int32]uint32{}}
		o.held[pid] = h
	}
	return h
}

// walk looks through processes until every inode is found: the hints, those that hold sockets, then all others.
func (s *search) walk(ctx context.Context, hints []int32) {
	o := s.owners
	visited := make(map[int32]bool, len(hints)+len(o.held))
	forbidden := false
	visit := func(pids []int32) (done bool) {
		for _, pid := range pids {
			if len(s.open) == 0 || ctx.Err() != nil {
				return true
			}
			if !visited[pid] {
				visited[pid] = true
				forbidden = s.scan(pid) || forbidden
			}
		}
		return len(s.open) == 0
	}
	if visit(hints) || visit(slices.Sorted(maps.Keys(o.held))) {
		return
	}
	pids, err := o.fds.pids(o.pidBuffer[:0])
	if err != nil {
		return // without a list of processes every inode stays a miss, which its rows say
	}
	o.pidBuffer = pids
	if !visit(pids) {
		o.forbidden = forbidden
	}
}

// scan looks through one process. What it finds counts only if the PID stands for the same process before and after.
func (s *search) scan(pid int32) (forbidden bool) {
	o := s.owners
	h := o.held[pid]
	if h == nil {
		h = &holding{}
	}
	if s.effort == quick && len(h.sockets) > manySockets {
		return false
	}
	before, err := o.processes.read(pid)
	if err != nil {
		return errors.Is(err, fs.ErrPermission) // or it has ended
	}
	files, err := o.fds.open(pid)
	if err != nil {
		return errors.Is(err, fs.ErrPermission)
	}
	found := map[int32]uint32{}
	o.numbers, forbidden, err = h.list(files, o.numbers, s.effort == complete, s.collect(found))
	_ = files.Close()
	if err != nil {
		return forbidden
	}
	top := h.top
	s.keep(pid, &before, found)
	if h := o.held[pid]; h != nil {
		h.top = top
	}
	return forbidden
}
