//go:build !linux && !darwin && !freebsd

package poller

// systemPorts returns the range that is the default of Windows since Vista; netsh can set another.
func systemPorts() (portRange, error) { return dynamicPorts, nil }
