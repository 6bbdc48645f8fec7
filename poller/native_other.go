//go:build !linux && !windows

package poller

import "fmt"

// nativeSource is what this system has of its own: nothing that is read here.
const nativeSource = SourceGopsutil

// openNative says that there is none.
func openNative() (source, error) { return nil, fmt.Errorf("a socket list of its own: %w", errRefused) }
