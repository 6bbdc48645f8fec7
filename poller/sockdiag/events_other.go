//go:build !linux

package sockdiag

// Events exists so that callers compile everywhere; [DialEvents] never returns one.
type Events struct{}

// DialEvents returns [ErrUnsupported].
func DialEvents(...Group) (*Events, error) { return nil, ErrUnsupported }

// Lost returns [ErrUnsupported].
func (*Events) Lost() (uint64, error) { return 0, ErrUnsupported }

// Close returns [ErrUnsupported].
func (*Events) Close() error { return ErrUnsupported }

// Receive returns [ErrUnsupported].
func (*Events) Receive(func(*Record)) error { return ErrUnsupported }
