//go:build !windows

package server

import "syscall"

// The errors of the system that the tests of listen.go hand out.
const (
	errInUse        = syscall.EADDRINUSE
	errFamilyAbsent = syscall.EAFNOSUPPORT
)
