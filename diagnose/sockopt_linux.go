package diagnose

import "golang.org/x/sys/unix"

// setSegment limits the segments of both directions: the option is also announced to the peer (RFC 9293 section 3.7.1).
func setSegment(fd uintptr, bytes int) error {
	return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, bytes)
}

// setDevice has a socket leave by one interface; anybody may since Linux 5.7.
func setDevice(fd uintptr, name string) error { return unix.BindToDevice(int(fd), name) }
