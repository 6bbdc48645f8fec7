package netinfo

import "time"

// Rates are what an interface's counters grew by in a second.
type Rates struct {
	BytesReceived, BytesSent     float64
	PacketsReceived, PacketsSent float64
	ErrorsReceived, ErrorsSent   float64
	DropsReceived, DropsSent     float64
}

// RatesOf returns the rates between two readings that are elapsed apart. ok is false where there is none: no time has
// passed, or a counter went backwards because the interface was made anew.
func RatesOf(before, after *Counters, elapsed time.Duration) (r Rates, ok bool) {
	if before == nil || after == nil || elapsed <= 0 {
		return Rates{}, false
	}
	ok = true
	rate := func(b, a uint64) float64 {
		if a < b {
			ok = false
			return 0
		}
		return float64(a-b) / elapsed.Seconds()
	}
	r = Rates{
		BytesReceived:   rate(before.BytesReceived, after.BytesReceived),
		BytesSent:       rate(before.BytesSent, after.BytesSent),
		PacketsReceived: rate(before.PacketsReceived, after.PacketsReceived),
		PacketsSent:     rate(before.PacketsSent, after.PacketsSent),
		ErrorsReceived:  rate(before.ErrorsReceived, after.ErrorsReceived),
		ErrorsSent:      rate(before.ErrorsSent, after.ErrorsSent),
		DropsReceived:   rate(before.DropsReceived, after.DropsReceived),
		DropsSent:       rate(before.DropsSent, after.DropsSent),
	}
	if !ok {
		return Rates{}, false
	}
	return r, true
}

// Lost returns by how much the errors and drops of an interface grew between two readings; nil where they did not, or a
// counter went backwards because the interface was made anew.
func Lost(before, after *Counters) *Counters {
	lost := Counters{
		ErrorsReceived: after.ErrorsReceived - before.ErrorsReceived, ErrorsSent: after.ErrorsSent - before.ErrorsSent,
		DropsReceived: after.DropsReceived - before.DropsReceived, DropsSent: after.DropsSent - before.DropsSent,
	}
	back := after.ErrorsReceived < before.ErrorsReceived || after.ErrorsSent < before.ErrorsSent || after.DropsReceived < before.DropsReceived || after.DropsSent < before.DropsSent
	if back || lost == (Counters{}) {
		return nil
	}
	return &lost
}
