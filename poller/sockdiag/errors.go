package sockdiag

import "errors"

// The reasons for which a dump is not whole. Refusals by the kernel are a syscall.Errno.
var (
	// ErrInterrupted is a dump during which the kernel's table changed under it (NLM_F_DUMP_INTR). Ask again.
	ErrInterrupted = errors.New("dump interrupted")
	// ErrTruncated is a datagram longer than the buffer.
	ErrTruncated = errors.New("datagram truncated")
	// ErrOverrun is data lost by the kernel (NLMSG_OVERRUN).
	ErrOverrun = errors.New("data lost")
	// ErrShort is a message or attribute whose length does not fit the bytes that are there.
	ErrShort = errors.New("wrong length")
	// ErrFamily is an address family that was not asked for.
	ErrFamily = errors.New("unknown address family")
	// ErrLost is returned by [Events.Receive] when the kernel had to drop events because they were not read in time.
	ErrLost = errors.New("events lost")
	// ErrUnsupported is returned by [Dial] and [DialEvents] on systems other than Linux.
	ErrUnsupported = errors.New("sock_diag exists only on Linux")
)
