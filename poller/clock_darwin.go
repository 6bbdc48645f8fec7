package poller

import "golang.org/x/sys/unix"

// systemRunning returns CLOCK_MONOTONIC_RAW, which goes on while the machine sleeps, other than CLOCK_UPTIME_RAW and
// Go's own clock, and follows no correction of the time (clock_gettime(3) of macOS).
func systemRunning() runningClock { return runningBy(unix.CLOCK_MONOTONIC_RAW) }
