package poller

import (
	"errors"
	"io/fs"
	"slices"
)

// descriptors lists what processes have open; on Linux it reads /proc.
type descriptors interface {
	// pids appends the ids of all processes, in ascending order.
	pids(dst []int32) ([]int32, error)
	// open gives access to what one process has open. The error is fs.ErrPermission where that may not be looked at;
	// any other means that the process is gone. The caller closes what it gets before it opens the next.
	open(pid int32) (openFiles, error)
}

// openFiles is the descriptors of one process.
type openFiles interface {
	// process returns whose they are. They stay that process's: it is an error once that has ended, though its PID
	// may stand for another by then.
	process() (Process, error)
	// numbers appends the numbers in use, in ascending order.
	numbers(dst []int32) ([]int32, error)
	// socket returns the inode of the socket behind a number. It is 0 where something else is, and the error is
	// fs.ErrNotExist where nothing is, fs.ErrPermission where it may not be seen.
	socket(number int32) (inode uint32, err error)
	Close() error
}

// place is where a socket was found: a process and the number of its descriptor.
type place struct{ pid, number int32 }

// holding is what is known of the descriptors of one process.
type holding struct {
	sockets map[int32]uint32 // by number, the inode of each socket in the table
	holes   []int32          // numbers whose socket is gone; the system gives the lowest free one out first
	top     int32            // the highest number seen
}

// The system gives out the lowest free number, so after a few that are empty none above is likely to be new.
const (
	emptyHoles = 8
	emptyTops  = 2
)

// finding takes a socket that was found behind a number, and tells whether it was wanted and whether more are.
type finding func(number int32, inode uint32) (wanted, more bool)

// reuse looks at the numbers that a new descriptor most likely got: those whose socket is gone, and the ones after the
// highest. It hands each socket to found until no more is wanted. A number with a socket that nobody wants yet, since
// it is newer than the dump, is looked at again the next time.
func (h *holding) reuse(files openFiles, found finding) {
	h.tidy()
	kept, empty, more := h.holes[:0], 0, true
	for i, number := range h.holes {
		if !more || empty == emptyHoles {
			kept = append(kept, h.holes[i:]...)
			break
		}
		inode, err := files.socket(number)
		if err != nil {
			empty++
			kept = append(kept, number)
			continue
		}
		empty = 0
		wanted := false
		if inode != 0 {
			wanted, more = found(number, inode)
		}
		if inode != 0 && !wanted {
			kept = append(kept, number)
		}
	}
	h.holes = kept
	if more {
		h.beyond(files, found)
	}
}

// beyond looks at the numbers after the highest.
func (h *holding) beyond(files openFiles, found finding) {
	empty, more := 0, true
	for number := h.top + 1; more && empty < emptyTops; number++ {
		inode, err := files.socket(number)
		if err != nil {
			empty++
			continue
		}
		empty = 0
		wanted := false
		if inode != 0 {
			wanted, more = found(number, inode)
		}
		h.top = number
		if inode != 0 && !wanted {
			h.holes = append(h.holes, number)
		}
	}
}

// tidy sorts the holes and leaves out what is none.
func (h *holding) tidy() {
	slices.Sort(h.holes)
	h.holes = slices.DeleteFunc(slices.Compact(h.holes), func(number int32) bool {
		_, taken := h.sockets[number]
		return taken
	})
}

// list looks at every number that is not known to be a socket of the table, or, if all is set, at every number. It
// hands each socket to found until no more is wanted. forbidden reports that some could not be seen.
func (h *holding) list(files openFiles, buffer []int32, all bool, found finding) (numbers []int32, forbidden bool, err error) {
	numbers, err = files.numbers(buffer[:0])
	if err != nil {
		return numbers, errors.Is(err, fs.ErrPermission), err
	}
	if n := len(numbers); n > 0 {
		h.top = numbers[n-1]
	}
	for _, number := range numbers {
		if _, known := h.sockets[number]; known && !all {
			continue
		}
		inode, err := files.socket(number)
		forbidden = forbidden || errors.Is(err, fs.ErrPermission)
		if inode == 0 {
			continue
		}
		if _, more := found(number, inode); !more {
			break
		}
	}
	return numbers, forbidden, nil
}
