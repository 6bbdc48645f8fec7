//go:build !linux

package sockdiag

// Destroy returns [ErrUnsupported].
func Destroy(Question) error { return ErrUnsupported }
