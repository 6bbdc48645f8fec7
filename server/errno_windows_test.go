package server

import "golang.org/x/sys/windows"

// The errors of the system that the tests of listen.go hand out.
const (
	errInUse        = windows.WSAEADDRINUSE
	errFamilyAbsent = windows.WSAEAFNOSUPPORT
)
