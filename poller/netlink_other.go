//go:build !linux

package poller

import "fmt"

// openNetlink says that there is no netlink here.
func openNetlink() (source, error) { return nil, fmt.Errorf("netlink: %w", errRefused) }
