//go:build !linux && !darwin && !freebsd && !windows

package poller

// systemRunning returns a clock that starts now; whether it goes on while the machine sleeps depends on the system.
func systemRunning() runningClock { return sinceNow() }
