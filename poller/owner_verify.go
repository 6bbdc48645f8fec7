package poller

import (
	"cmp"
	"slices"
)

// youth is a socket whose place was found a short while ago. A server often hands a connection to a child right after
// it took it.
type youth struct {
	inode uint32
	poll  int // when it was found
}

// Where a socket was found is looked at again: once after youngPolls polls, and later by chance, sampleSize sockets a
// poll.
const (
	youngPolls = 2
	sampleSize = 32
	maxYoung   = 4096 // what is found beyond it is left to chance
)

// retireEvery is every how many polls processes that hold no socket any more are forgotten: each that is known is read
// again in every poll.
const retireEvery = 60

// verify implements ownerFinder.
func (o *inodeOwners) verify() (gone map[*Process]bool, lost map[uint32]bool) {
	o.polls++
	gone = o.processes.verify()
	for pid, h := range o.held {
		switch {
		case o.processes.byPID[pid] == nil:
			o.bury(pid)
		case len(h.sockets) == 0 && o.polls%retireEvery == 0:
			o.bury(pid)
			delete(o.processes.byPID, pid)
		}
	}
	lost = o.recheck()
	for _, inode := range o.displaced {
		lost = with(lost, inode)
	}
	o.displaced = o.displaced[:0]
	return gone, lost
}

// with adds an inode to a set that may be nil.
func with(set map[uint32]bool, inode uint32) map[uint32]bool {
	if set == nil {
		set = map[uint32]bool{}
	}
	set[inode] = true
	return set
}

// bury forgets what was known of the descriptors of a process.
func (o *inodeOwners) bury(pid int32) {
	for _, inode := range o.held[pid].sockets {
		delete(o.byInode, inode)
	}
	delete(o.held, pid)
}

// recheck looks again at the places of some sockets and returns those that are not there any more, though they live:
// their descriptor was closed after another process got a copy.
func (o *inodeOwners) recheck() (lost map[uint32]bool) {
	due := o.places[:0]
	n := 0
	for n < len(o.young) && o.young[n].poll+youngPolls <= o.polls {
		if at, ok := o.byInode[o.young[n].inode]; ok {
			due = append(due, at)
		}
		n++
	}
	o.young = append(o.young[:0], o.young[n:]...)
	sampled := 0
	for _, at := range o.byInode { // the order is by chance
		if sampled++; sampled > sampleSize {
			break
		}
		due = append(due, at)
	}
	o.places = due
	slices.SortFunc(due, func(a, b place) int { return cmp.Or(cmp.Compare(a.pid, b.pid), cmp.Compare(a.number, b.number)) })
	for len(due) > 0 {
		pid, n := due[0].pid, 1
		for n < len(due) && due[n].pid == pid {
			n++
		}
		lost = o.recheckProcess(pid, due[:n], lost)
		due = due[n:]
	}
	return lost
}

// recheckProcess looks again at descriptors of one process.
func (o *inodeOwners) recheckProcess(pid int32, places []place, lost map[uint32]bool) map[uint32]bool {
	h := o.held[pid]
	files, err := o.fds.open(pid)
	if err != nil && !isGone(err) {
		return lost // nothing can be said of it now
	}
	if err == nil {
		defer files.Close()
	}
	for _, at := range places {
		inode, known := h.sockets[at.number]
		if !known || err == nil && stillHolds(files, at.number, inode) {
			continue
		}
		o.drop(inode)
		lost = with(lost, inode)
	}
	return lost
}

// stillHolds reports whether a number stands for a socket.
func stillHolds(files openFiles, number int32, inode uint32) bool {
	now, err := files.socket(number)
	return err == nil && now == inode
}
