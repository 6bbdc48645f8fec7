//go:build linux || darwin || freebsd

package poller

import (
	"time"

	"golang.org/x/sys/unix"
)

// runningBy returns the reading of a system clock; where it cannot be read, one that knows no sleep.
func runningBy(id int32) runningClock {
	fallback := sinceNow()
	var now unix.Timespec
	if err := unix.ClockGettime(id, &now); err != nil {
		return fallback
	}
	return runningClock{countsSleep: true, now: func() time.Duration {
		var now unix.Timespec
		if err := unix.ClockGettime(id, &now); err != nil {
			return fallback.now()
		}
		return time.Duration(now.Nano())
	}}
}
