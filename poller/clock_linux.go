package poller

import (
	"time"

	"golang.org/x/sys/unix"
)

// systemRunning returns CLOCK_BOOTTIME, which goes on while the machine sleeps; where it cannot be read, a clock that
// does not.
func systemRunning() func() time.Duration {
	fallback := sinceNow()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return fallback
	}
	return func() time.Duration {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
			return fallback()
		}
		return time.Duration(now.Nano())
	}
}
