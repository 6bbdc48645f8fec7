//go:build !linux

package sockdiag

import (
	"errors"
	"testing"
)

// Away from Linux everything says that there is no sock_diag.
func TestUnsupported(t *testing.T) {
	c, err := Dial()
	if c != nil || !errors.Is(err, ErrUnsupported) {
		t.Errorf("Dial gave %v, %v", c, err)
	}
	c = &Conn{}
	if err := c.Dump(Request{}, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Dump gave %v", err)
	}
	if err := c.Close(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Close gave %v", err)
	}
}
