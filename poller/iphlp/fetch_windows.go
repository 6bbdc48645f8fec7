package iphlp

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// fetchTries is how often a table is asked for again because it has grown meanwhile.
const fetchTries = 8

// classNumbers are the values of UDP_TABLE_CLASS and TCP_TABLE_CLASS (iprtrmib.h).
var classNumbers = [2][2]uintptr{{OwnerModule: 2, OwnerPID: 1}, {OwnerModule: 8, OwnerPID: 5}}

// Fetch returns the bytes of a table. They lie in buffer where they fit, and in a larger one otherwise, which is returned
// for the next call. The error is a windows.Errno, or says that the system has no such function.
func Fetch(t Table, c Class, buffer []byte) (table, next []byte, err error) {
	name, kind, family := "GetExtendedUdpTable", 0, uintptr(windows.AF_INET)
	if t.TCP() {
		name, kind = "GetExtendedTcpTable", 1
	}
	if t.V6() {
		family = windows.AF_INET6
	}
	call := windows.NewLazySystemDLL("iphlpapi.dll").NewProc(name)
	if err := call.Find(); err != nil {
		return nil, buffer, err
	}
	if len(buffer) == 0 {
		buffer = make([]byte, 64<<10)
	}
	for range fetchTries {
		size := uint32(len(buffer))
		r, _, _ := call.Call(uintptr(unsafe.Pointer(&buffer[0])), uintptr(unsafe.Pointer(&size)), 0, family, classNumbers[kind][c], 0)
		switch errno := windows.Errno(r); errno {
		case 0:
			return buffer[:min(int(size), len(buffer))], buffer, nil
		case windows.ERROR_INSUFFICIENT_BUFFER:
			buffer = make([]byte, int(size)+int(size)/4+4<<10)
		default:
			return nil, buffer, errno
		}
	}
	return nil, buffer, windows.ERROR_INSUFFICIENT_BUFFER
}
