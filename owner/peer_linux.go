package owner

import (
	"fmt"
	"net/netip"
	"strconv"

	"sockeye/poller/sockdiag"
)

// overflowUID is what Linux tells of users that a user namespace has no number for
// (/proc/sys/kernel/overflowuid): it may be anybody.
const overflowUID = 65534

// OfPeer returns the user whose socket is the client's end of a TCP connection between two addresses of this machine.
// The kernel is asked for exactly this connection (sock_diag(7)). Safe for use by several goroutines.
func OfPeer(client, server netip.AddrPort) (user string, err error) {
	uid, err := sockdiag.PeerUID(client, server)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUnknown, err)
	case uid == overflowUID:
		return "", fmt.Errorf("%w: this user namespace has no number for it", ErrUnknown)
	}
	return strconv.FormatUint(uint64(uid), 10), nil
}
