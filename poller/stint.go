package poller

import (
	"slices"
	"time"
)

// restAfter is how many times as long as a search through all processes took none is made after it, so that on the
// largest machine such searches take a twentieth of the time at the most. Sockets that are never found, since another
// user or another namespace has them, ask for one again and again.
const restAfter = 20

// rest keeps searches through all processes apart.
type rest struct{ until time.Time }

// due reports whether it is too early for another.
func (r *rest) due(now time.Time) bool { return now.Before(r.until) }

// walked notes how long one took that began now.
func (r *rest) walked(now time.Time, took time.Duration) { r.until = now.Add(restAfter * took) }

// maxStrangers is how many processes that hold no socket so far are looked at in a quick search, beside those that are
// new.
const maxStrangers = 256

// strangers chooses whom a quick search looks at. New processes come first, since a new process is why most sockets
// are new. The others take turns, and what is missed is searched for with more effort later.
type strangers struct {
	known  []int32 // all processes of the last list, in ascending order
	chosen []int32
	turn   int32 // the last that had its turn
}

// some returns those of the processes, which are in ascending order, that are looked at now. It is valid until the next
// call.
func (s *strangers) some(pids []int32) []int32 {
	if len(pids) <= maxStrangers {
		s.known = append(s.known[:0], pids...)
		return pids
	}
	s.chosen = s.chosen[:0]
	for _, pid := range pids {
		if _, known := slices.BinarySearch(s.known, pid); !known {
			s.chosen = append(s.chosen, pid)
		}
	}
	s.known = append(s.known[:0], pids...)
	from, _ := slices.BinarySearch(pids, s.turn+1)
	for i := range maxStrangers {
		s.turn = pids[(from+i)%len(pids)]
		s.chosen = append(s.chosen, s.turn)
	}
	return s.chosen
}
