package poller

import (
	"context"
	"errors"
	"io/fs"
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
	rest      rest
	strangers strangers

	// Memory that is used again by each search.
	pidBuffer []int32
	numbers   []int32
	places    []place
	missing   []*Socket
	search    search
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
	s := &o.search
	s.reset(o)
	o.missing = o.missing[:0]
	for _, w := range wanted {
		if o.due(w.Inode, now) {
			s.open[w.Inode] = true
			o.missing = append(o.missing, w)
		}
	}
	if len(s.open) == 0 {
		return
	}
	s.reuse()
	held := len(s.open) > 0 && s.further(ctx, hints, now)
	for inode := range s.open {
		m, missed := o.misses[inode]
		if missed && held {
			continue // it still waits for a search that goes as far as it is due
		}
		m.wait = min(max(firstRetry, 2*m.wait), lastRetry)
		m.next = now.Add(m.wait)
		o.misses[inode] = m
	}
}

// further searches processes for what is open still. It is held where it went less far than it would have to, since the
// last search through everything was too short a while ago.
func (s *search) further(ctx context.Context, hints func([]*Socket) []int32, now time.Time) (held bool) {
	o := s.owners
	s.exert()
	if held = s.effort > quick && o.rest.due(now); held {
		s.effort = quick
	}
	began := time.Now()
	s.walk(ctx, hints(o.missing))
	if s.effort > quick {
		o.rest.walked(now, time.Since(began))
	}
	return held
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
	owners  *inodeOwners
	open    map[uint32]bool // the inodes that are still looked for
	effort  effort
	found   []discovery // in the process that is being looked at
	visited map[int32]bool
}

// discovery is a socket that is looked for, behind a number of the process that is being looked at.
type discovery struct {
	number int32
	inode  uint32
}

// reset begins a new search, in the memory of the last.
func (s *search) reset(o *inodeOwners) {
	if s.open == nil {
		s.open, s.visited = map[uint32]bool{}, map[int32]bool{}
	}
	clear(s.open)
	clear(s.visited)
	s.owners, s.effort = o, quick
}

// exert decides how far to go for what is open still. A socket that was missed before and is found where new
// descriptors are is worth no more than that.
func (s *search) exert() {
	for inode := range s.open {
		s.effort = max(s.effort, effortAfter(s.owners.misses[inode].wait))
	}
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
		if s.owners.processes.byPID[pid] == nil {
			continue
		}
		files, err := s.owners.fds.open(pid)
		if err != nil {
			continue // it ends, or hides itself: the walk finds out
		}
		h.reuse(files, s.take)
		s.keep(pid, files)
		_ = files.Close()
	}
}

// take gathers a socket if it is looked for, until all are found.
func (s *search) take(number int32, inode uint32) (wanted, more bool) {
	if wanted = s.open[inode]; wanted {
		s.found = append(s.found, discovery{number, inode})
		delete(s.open, inode)
	}
	return wanted, len(s.open) > 0
}

// keep takes over what was found in a process.
func (s *search) keep(pid int32, files openFiles) {
	if len(s.found) == 0 {
		return
	}
	if s.owners.knows(pid, files) {
		h := s.owners.holding(pid)
		for _, f := range s.found {
			s.owners.settle(pid, h, f)
		}
	} else {
		for _, f := range s.found {
			s.open[f.inode] = true
		}
	}
	s.found = s.found[:0]
}

// knows has the process remembered whose descriptors these are. It is false where that has ended, or where its PID
// still stands for one that ended before it: verify has to tell of that first.
func (o *inodeOwners) knows(pid int32, files openFiles) bool {
	p, err := files.process()
	if err != nil {
		return false
	}
	if known := o.processes.byPID[pid]; known != nil {
		return known.Start == p.Start
	}
	o.processes.byPID[pid] = &p
	return true
}

// settle notes where a socket was found.
func (o *inodeOwners) settle(pid int32, h *holding, f discovery) {
	if old, taken := h.sockets[f.number]; taken && old != f.inode {
		delete(o.byInode, old)
		o.displaced = append(o.displaced, old)
	}
	h.sockets[f.number] = f.inode
	o.byInode[f.inode] = place{pid, f.number}
	o.grow(f.inode)
	delete(o.misses, f.inode)
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
	forbidden := false
	visit := func(pids []int32) (done bool) {
		for _, pid := range pids {
			if len(s.open) == 0 || ctx.Err() != nil {
				return true
			}
			if !s.visited[pid] {
				s.visited[pid] = true
				forbidden = s.scan(pid) || forbidden
			}
		}
		return len(s.open) == 0
	}
	o.pidBuffer = o.pidBuffer[:0]
	for pid := range o.held {
		o.pidBuffer = append(o.pidBuffer, pid)
	}
	slices.Sort(o.pidBuffer)
	if visit(hints) || visit(o.pidBuffer) {
		return
	}
	pids, err := o.fds.pids(o.pidBuffer[:0])
	if err != nil {
		return // without a list of processes every inode stays a miss, which its rows say
	}
	o.pidBuffer = pids
	if s.effort == quick {
		pids = o.strangers.some(pids)
	}
	if done, all := visit(pids), len(pids) == len(o.pidBuffer); !done && all {
		o.forbidden = forbidden
	}
}

// scan looks through one process.
func (s *search) scan(pid int32) (forbidden bool) {
	o := s.owners
	h := o.held[pid]
	if h == nil {
		h = &holding{}
	}
	if s.effort == quick && len(h.sockets) > manySockets {
		return false
	}
	files, err := o.fds.open(pid)
	if err != nil {
		return errors.Is(err, fs.ErrPermission) // or it has ended
	}
	defer files.Close()
	o.numbers, forbidden, err = h.list(files, o.numbers, s.effort == complete, s.take)
	if err == nil && len(s.found) > 0 {
		top := h.top
		s.keep(pid, files)
		o.holding(pid).top = top
		return forbidden
	}
	for _, f := range s.found {
		s.open[f.inode] = true
	}
	s.found = s.found[:0]
	return forbidden
}
