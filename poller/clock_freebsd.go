package poller

import "golang.org/x/sys/unix"

// systemRunning returns CLOCK_MONOTONIC. FreeBSD has had no clock that counts sleep, and means this one to, once one
// does (commit 108de784513d, which makes CLOCK_BOOTTIME another name of it): so it is not relied on.
func systemRunning() runningClock {
	c := runningBy(unix.CLOCK_MONOTONIC)
	c.countsSleep = false
	return c
}
