package server

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isAddrInUse reports whether err says that somebody else has the address and port. WSAEACCES is what Windows answers
// for a port that its holder opened for exclusive use, and for one that is reserved, which nobody holds.
func isAddrInUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// isFamilyAbsent reports whether err says that the machine has no such address family, or it is switched off.
func isFamilyAbsent(err error) bool {
	return errors.Is(err, windows.WSAEADDRNOTAVAIL) || errors.Is(err, windows.WSAEAFNOSUPPORT)
}
