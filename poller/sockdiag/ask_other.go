//go:build !linux

package sockdiag

// Ask returns [ErrUnsupported].
func Ask(Question) (*Detail, error) { return nil, ErrUnsupported }
