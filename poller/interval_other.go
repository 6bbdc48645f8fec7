//go:build !darwin && !freebsd

package poller

import "time"

// DefaultInterval is the time between polls where none is asked for.
const DefaultInterval = time.Second
