//go:build !windows

package server

import (
	"errors"
	"syscall"
)

// isAddrInUse reports whether err says that somebody else has the address and port.
func isAddrInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// isFamilyAbsent reports whether err says that the machine has no such address family, or it is switched off.
func isFamilyAbsent(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
