//go:build darwin || freebsd

package poller

import "time"

// DefaultInterval is the time between polls where none is asked for: one look is a run of lsof through all processes, which costs tenths
// of a second to seconds of a processor.
const DefaultInterval = 5 * time.Second
