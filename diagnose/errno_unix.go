//go:build !windows

package diagnose

import "syscall"

// errnos are the errors of the system that tell something about the network.
var errnos = []struct {
	errno   error
	outcome outcome
}{
	{syscall.ECONNREFUSED, refused},
	{syscall.ECONNRESET, wasReset}, {syscall.EPIPE, wasReset}, {syscall.ECONNABORTED, wasReset},
	{syscall.ETIMEDOUT, silent},
	{syscall.ENETUNREACH, unreachable}, {syscall.EHOSTUNREACH, unreachable}, {syscall.ENETDOWN, unreachable}, {syscall.EHOSTDOWN, unreachable},
	{syscall.EPERM, denied}, {syscall.EACCES, denied},
	{syscall.EADDRNOTAVAIL, noPort},
}
