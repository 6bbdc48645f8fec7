package web

import (
	"slices"
	"sync"
	"time"

	"sockeye/netinfo"
)

// reading is what the counters of the network were at a moment.
type reading struct {
	number   uint64 // from 1 on
	at       time.Time
	counters map[string]int64             // nil where they are not known
	traffic  map[string]*netinfo.Counters // by interface
}

// readings remembers the last readings, which rates come from, and those with which pages were opened, which changes
// come from. The zero value is one that knows none. It is safe for concurrent use.
type readings struct {
	mu     sync.Mutex
	last   uint64
	recent []reading // oldest first
	opened []reading // oldest first
}

// Between how far apart readings rates are told, how many readings are remembered for that, and how many for pages.
const (
	leastSpan  = 900 * time.Millisecond
	mostSpan   = 15 * time.Second
	mostRecent = 32
	mostOpened = 64
)

// take numbers a reading and remembers it. since is the number of the reading with which the page was opened, 0 for
// one that is opened now or is forgotten: that of this reading then takes its place. before is the reading that rates
// come from; its number is 0 where there is none.
func (r *readings) take(now reading, since uint64) (opened, before reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	now.number = r.last
	for _, old := range slices.Backward(r.recent) {
		if span := now.at.Sub(old.at); span >= leastSpan {
			if span <= mostSpan {
				before = old
			}
			break
		}
	}
	if len(r.recent) == mostRecent {
		r.recent = slices.Delete(r.recent, 0, 1)
	}
	r.recent = append(r.recent, now)
	if i := slices.IndexFunc(r.opened, func(o reading) bool { return o.number == since }); i >= 0 {
		return r.opened[i], before
	}
	if len(r.opened) == mostOpened {
		r.opened = slices.Delete(r.opened, 0, 1)
	}
	r.opened = append(r.opened, now)
	return now, before
}

// grown returns by how much a counter grew since a reading, nil where that is not known or it went back.
func (r *reading) grown(key string, value int64) *int64 {
	old, known := r.counters[key]
	if !known || value < old {
		return nil
	}
	by := value - old
	return &by
}

// perSecond returns by how much a counter grew in a second since a reading, nil where that is not known.
func (r *reading) perSecond(key string, value int64, now time.Time) *float64 {
	by := r.grown(key, value)
	if r.number == 0 || by == nil {
		return nil
	}
	rate := float64(*by) / now.Sub(r.at).Seconds()
	return &rate
}
