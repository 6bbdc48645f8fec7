package query

import (
	"math"
	"slices"
	"time"
)

// Ages returns the ages, in order and each once, at which a connection that does not change can begin or cease to match:
// between two of them it does the one or the other throughout. Of q that is not [Query.Timed] there are none.
func (q Query) Ages() []time.Duration {
	var ages []time.Duration
	for _, v := range q.values() {
		switch v := v.(type) {
		case *aged:
			if v.low > 0 {
				ages = append(ages, milliseconds(v.low))
			}
			if 0 <= v.high && v.high < math.MaxInt64 {
				ages = append(ages, milliseconds(v.high+1))
			}
		case *condition:
			if v.until != 0 {
				ages = append(ages, v.until+1)
			}
		}
	}
	slices.Sort(ages)
	return slices.Compact(ages)
}

// milliseconds returns so many, or the greatest length where that is too much.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(n, int64(math.MaxInt64/time.Millisecond))) * time.Millisecond
}
