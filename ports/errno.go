package ports

import (
	"errors"
	"syscall"
)

// errnoWords are the errors of binding (bind(2), listen(2)) in words. On Windows the system's own numbers stand for
// the same; see windowsErrnos.
var errnoWords = []struct {
	errno       syscall.Errno
	name, words string
}{
	{syscall.EADDRINUSE, "EADDRINUSE", "the address is in use"},
	{syscall.EACCES, "EACCES", "permission denied: the port is privileged or set aside"},
	{syscall.EPERM, "EPERM", "not permitted: a rule of the system forbids it to this program"},
	{syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL", "this machine does not have the address"},
	{syscall.EAFNOSUPPORT, "EAFNOSUPPORT", "this machine does not have the address family"},
	{syscall.EPROTONOSUPPORT, "EPROTONOSUPPORT", "this machine does not have the protocol"},
	{syscall.EMFILE, "EMFILE", "sockeye has too many files open; that says nothing of the port"},
	{syscall.ENFILE, "ENFILE", "the system has too many files open; that says nothing of the port"},
	{syscall.ENOBUFS, "ENOBUFS", "the system has no memory for a socket; that says nothing of the port"},
	{syscall.ENOMEM, "ENOMEM", "the system has no memory for a socket; that says nothing of the port"},
}

// windowsErrnos are the numbers that Windows has for the errors of sockets (winsock2.h).
var windowsErrnos = map[syscall.Errno]syscall.Errno{
	10048: syscall.EADDRINUSE, 10013: syscall.EACCES, 10049: syscall.EADDRNOTAVAIL, 10047: syscall.EAFNOSUPPORT,
	10043: syscall.EPROTONOSUPPORT, 10024: syscall.EMFILE, 10055: syscall.ENOBUFS,
}

// explain returns the name of the system's error and what it means; the error's own text where it is none of those
// that binding is known to give.
func explain(err error) (name, words string) {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return "", err.Error()
	}
	if known, ok := windowsErrnos[errno]; ok {
		errno = known
	}
	for _, e := range errnoWords {
		if e.errno == errno {
			return e.name, e.words
		}
	}
	return "", errno.Error()
}
