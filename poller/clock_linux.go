package poller

import "golang.org/x/sys/unix"

// systemRunning returns CLOCK_BOOTTIME, which goes on while the machine sleeps (clock_gettime(2)).
func systemRunning() runningClock { return runningBy(unix.CLOCK_BOOTTIME) }
