package web

import (
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// calendar knows when rows that do not change come to an age at which a query may match otherwise, so that only those are
// matched again. It costs nothing where no row does.
type calendar struct {
	ages []time.Duration // see [query.Query.Ages]
	at   int64           // the moment up to which it was asked, in nanoseconds since 1970
	// next is by row number: when the row is to be matched again, 0 for never.
	next []int64
	// dates is a heap with the earliest first. One that is not its row's next is of no account.
	dates []date
	noted int // how many dates are of account
}

// date is when a row comes to an age.
type date struct {
	at  int64
	row int32
}

// newCalendar returns a calendar without dates.
func newCalendar(q query.Query) *calendar { return &calendar{ages: q.Ages()} }

// begin forgets all dates; they are to be noted as of a moment.
func (k *calendar) begin(at time.Time) {
	k.at, k.dates, k.noted = at.UnixNano(), k.dates[:0], 0
	clear(k.next)
}

// advance goes on to a later moment. It reports false where that is not later, and all rows are to be matched and noted
// anew.
func (k *calendar) advance(at time.Time) bool {
	if at.UnixNano() < k.at {
		return false
	}
	k.at = at.UnixNano()
	return true
}

// note notes when a row comes to its next age after the calendar's moment. It is called when a row is new or has changed.
func (k *calendar) note(n int32, c *poller.Connection) {
	age, _ := c.Age(time.Unix(0, k.at))
	for _, next := range k.ages {
		if next > age {
			if at := k.at + int64(next-age); at > k.at { // else it is centuries away
				k.set(n, at)
				return
			}
		}
	}
	k.set(n, 0)
}

// set makes a moment the next of a row.
func (k *calendar) set(n int32, at int64) {
	for int(n) >= len(k.next) {
		k.next = append(k.next, 0)
	}
	before := k.next[n]
	if before == at {
		return
	}
	if k.next[n] = at; before != 0 {
		k.noted--
	}
	if at == 0 {
		return
	}
	k.noted++
	k.push(date{at, n})
	if len(k.dates) > 2*k.noted+1024 {
		k.tidy()
	}
}

// forget ends that a row is to be matched again.
func (k *calendar) forget(n int32) {
	if int(n) < len(k.next) {
		k.set(n, 0)
	}
}

// due returns a row that has come to an age by the calendar's moment, each once until it is noted again; ok is false
// where there is no more.
func (k *calendar) due() (n int32, ok bool) {
	for len(k.dates) > 0 && k.dates[0].at <= k.at {
		first := k.pop()
		if k.next[first.row] == first.at {
			k.next[first.row] = 0
			k.noted--
			return first.row, true
		}
	}
	return 0, false
}

// tidy takes out the dates that are of no account, and those that are there twice.
func (k *calendar) tidy() {
	all := k.dates
	k.dates = k.dates[:0]
	for _, d := range all {
		if k.next[d.row] == d.at {
			k.next[d.row] = -d.at // it is kept
			k.push(d)
		}
	}
	for _, d := range k.dates {
		k.next[d.row] = d.at
	}
}

// push adds a date to the heap.
func (k *calendar) push(d date) {
	k.dates = append(k.dates, d)
	i := len(k.dates) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if k.dates[parent].at <= d.at {
			break
		}
		k.dates[i] = k.dates[parent]
		i = parent
	}
	k.dates[i] = d
}

// pop takes the earliest date out of the heap, which has one.
func (k *calendar) pop() date {
	first, last := k.dates[0], k.dates[len(k.dates)-1]
	k.dates = k.dates[:len(k.dates)-1]
	for i := 0; len(k.dates) > 0; {
		child := 2*i + 1
		if child+1 < len(k.dates) && k.dates[child+1].at < k.dates[child].at {
			child++
		}
		if child >= len(k.dates) || last.at <= k.dates[child].at {
			k.dates[i] = last
			break
		}
		k.dates[i] = k.dates[child]
		i = child
	}
	return first
}
