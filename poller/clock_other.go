//go:build !linux

package poller

import "time"

// systemRunning returns a clock that starts now; whether it goes on while the machine sleeps depends on the system.
func systemRunning() func() time.Duration { return sinceNow() }
