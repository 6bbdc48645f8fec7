//go:build !linux

package sockdiag

// Conn exists so that callers compile everywhere; [Dial] never returns one.
type Conn struct{}

// Dial returns [ErrUnsupported].
func Dial() (*Conn, error) { return nil, ErrUnsupported }

// Close returns [ErrUnsupported].
func (*Conn) Close() error { return ErrUnsupported }

// Dump returns [ErrUnsupported].
func (*Conn) Dump(Request, func(*Record)) error { return ErrUnsupported }
