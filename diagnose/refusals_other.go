//go:build !linux

package diagnose

// Refusals would hear of connections that others ask for in vain. Here the system tells nobody of them.
type Refusals struct{}

// Take returns none.
func (*Refusals) Take([]uint16) []Try { return nil }

// Close does nothing.
func (*Refusals) Close() {}
