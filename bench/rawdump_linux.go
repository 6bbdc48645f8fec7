package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/poller/sockdiag"
)

// rawRequests are what a look at all sockets has to ask the kernel for.
var rawRequests = [...]sockdiag.Request{
	{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
	{Family: sockdiag.FamilyIPv6, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
	{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolUDP, States: sockdiag.AllStates},
	{Family: sockdiag.FamilyIPv6, Protocol: sockdiag.ProtocolUDP, States: sockdiag.AllStates},
}

// rawDump has the kernel list all sockets and throws the list away: the least that any look at them can cost.
type rawDump struct {
	fd       int
	requests [len(rawRequests)][]byte // their sequence numbers are their places
	buffer   []byte
}

// openRawDump opens the netlink socket. The caller closes it.
func openRawDump() (*rawDump, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("raw dump: socket: %w", err)
	}
	limit := unix.NsecToTimeval((10 * time.Second).Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return nil, errors.Join(fmt.Errorf("raw dump: receive timeout: %w", err), unix.Close(fd))
	}
	return newRawDump(fd), nil
}

// newRawDump prepares the messages that are sent and the room for the answers.
func newRawDump(fd int) *rawDump {
	r := &rawDump{fd: fd, buffer: make([]byte, 64<<10)}
	for i, q := range rawRequests {
		r.requests[i] = sockdiag.AppendRequest(nil, uint32(i), q)
	}
	return r
}

// Close closes the netlink socket.
func (r *rawDump) Close() error { return unix.Close(r.fd) }

// time asks for all sockets once, and returns how long that took and how many bytes came. It allocates nothing.
func (r *rawDump) time() (took time.Duration, bytes int, err error) {
	start := time.Now()
	for i := range r.requests {
		n, err := r.dump(i)
		if err != nil {
			return 0, 0, fmt.Errorf("raw dump: %w", err)
		}
		bytes += n
	}
	return time.Since(start), bytes, nil
}

// dump reads the i-th dump to its end.
func (r *rawDump) dump(i int) (bytes int, err error) {
	if _, err := unix.Write(r.fd, r.requests[i]); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	for {
		n, err := unix.Read(r.fd, r.buffer)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return bytes, fmt.Errorf("receive: %w", err)
		}
		bytes += n
		if end, err := ends(r.buffer[:n], uint32(i)); end || err != nil {
			return bytes, err
		}
	}
}

// doneLen is the length of the message that ends a dump: a header and an errno.
const doneLen = 20

// ends reports whether a datagram is the last of a dump, without a look at what lies between: a refusal comes first
// in a datagram and the end comes last. The errno in either is the error.
func ends(b []byte, sequence uint32) (bool, error) {
	first, payload, _, err := sockdiag.NextMessage(b)
	if err != nil {
		return false, err
	}
	if first.Type == sockdiag.TypeError {
		return true, refusal(payload)
	}
	if len(b) < doneLen || binary.NativeEndian.Uint32(b[len(b)-doneLen:]) != doneLen {
		return false, nil
	}
	last, payload, _, err := sockdiag.NextMessage(b[len(b)-doneLen:])
	if err != nil || last.Type != sockdiag.TypeDone || last.Sequence != sequence {
		return false, nil // the tail of a record
	}
	return true, refusal(payload)
}

// refusal reads the negative errno that a payload starts with; nil for 0.
func refusal(payload []byte) error {
	if len(payload) < 4 {
		return errors.New("a message without its errno")
	}
	if errno := int32(binary.NativeEndian.Uint32(payload)); errno < 0 {
		return fmt.Errorf("refused: %w", syscall.Errno(-errno))
	}
	return nil
}
