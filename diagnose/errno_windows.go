package diagnose

import "golang.org/x/sys/windows"

// errnos are the errors of the system that tell something about the network.
var errnos = []struct {
	errno   error
	outcome outcome
}{
	{windows.WSAECONNREFUSED, refused},
	{windows.WSAECONNRESET, wasReset}, {windows.WSAECONNABORTED, wasReset},
	{windows.WSAETIMEDOUT, silent},
	{windows.WSAENETUNREACH, unreachable}, {windows.WSAEHOSTUNREACH, unreachable}, {windows.WSAENETDOWN, unreachable}, {windows.WSAEHOSTDOWN, unreachable},
	{windows.WSAEACCES, denied},
	{windows.WSAEADDRNOTAVAIL, noPort}, {windows.WSAENOBUFS, noPort},
}
