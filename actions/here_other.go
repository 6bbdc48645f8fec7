//go:build !linux && !windows

package actions

// Supported tells whether this system can do any of it.
const Supported = false
