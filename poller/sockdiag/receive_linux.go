package sockdiag

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveFrom reads one datagram into b by recvfrom(2) and tells the sender's port id, 0 for the kernel. n is the
// datagram's whole length, which is more than len(b) where b was too short for it. It is written out because
// unix.Recvfrom and unix.Recvmsg make a new address for every datagram, thousands a second.
func receiveFrom(fd int, b []byte, flags int) (n int, from uint32, err error) {
	var address unix.RawSockaddrNetlink
	size := uint32(unsafe.Sizeof(address))
	r, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		uintptr(flags|unix.MSG_TRUNC), uintptr(unsafe.Pointer(&address)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, 0, syscall.Errno(errno)
	}
	return int(r), address.Pid, nil
}
