//go:build !linux

package e2e

import "errors"

// rawSockets are made on Linux only.
type rawSockets struct{}

func (rawSockets) open([]string) error { return errors.New("no sockets with options on this system") }
