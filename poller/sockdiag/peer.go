package sockdiag

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrNoPeer is returned by [PeerUID] where there is no established connection that belongs to somebody.
var ErrNoPeer = errors.New("no established connection of a user")

// peerQuestion asks for the client's end of a connection: what is remote to us is local to it.
func peerQuestion(client, server netip.AddrPort) Question {
	q := Question{Family: FamilyIPv4, Protocol: ProtocolTCP, Local: client, Remote: server}
	if client.Addr().Is6() {
		q.Family = FamilyIPv6
	}
	return q
}

// peerUser reads the user out of the record of the client's end.
//
// Only an established connection with an inode has one: a client that has closed its socket leaves one behind that
// belongs to nobody, and the kernel says 0 for that, as if it were root's.
func peerUser(r *Record, client, server netip.AddrPort) (uint32, error) {
	switch {
	case unmapped(r.Source) != client || unmapped(r.Destination) != server:
		return 0, fmt.Errorf("%w: the kernel tells of another one", ErrNoPeer)
	case r.State != Established || r.Timer == TimerTimeWait || r.Inode == 0:
		return 0, fmt.Errorf("%w: the client's end is closed", ErrNoPeer)
	}
	return r.UID, nil
}

// unmapped returns an end with an IPv4 address where that is mapped into IPv6.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
