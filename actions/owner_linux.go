package actions

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"sockeye/poller/sockdiag"
)

// ownerUIDs are root, the user that started this program and, where that was by sudo, the one behind it.
func ownerUIDs() []uint32 {
	all := []uint32{0, uint32(os.Getuid())}
	if os.Getuid() == 0 {
		if n, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32); err == nil {
			all = append(all, uint32(n))
		}
	}
	return all
}

// peerUID asks the kernel for the socket at the other end: the one whose local end is our remote one.
func peerUID(local, peer netip.AddrPort) (uint32, error) {
	q := sockdiag.Question{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Local: peer, Remote: local, Cookie: sockdiag.AnyCookie}
	if local.Addr().Is6() {
		q.Family = sockdiag.FamilyIPv6
	}
	d, err := sockdiag.Ask(q)
	if err != nil {
		return 0, fmt.Errorf("user of the other end: %w", err)
	}
	return userOf(&d.Record, local, peer)
}

// userOf returns the user of a socket. One that no descriptor refers to any more has no inode, and its user is 0 with
// some kernels whoever it was: it is nobody's.
func userOf(r *sockdiag.Record, local, peer netip.AddrPort) (uint32, error) {
	if plainEnd(r.Source) != peer || plainEnd(r.Destination) != local {
		return 0, errors.New("user of the other end: another socket was told of")
	}
	if r.Inode == 0 {
		return 0, errors.New("user of the other end: its socket is closed")
	}
	return r.UID, nil
}
