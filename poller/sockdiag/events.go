package sockdiag

import "fmt"

// Group is a multicast group of the sock_diag family that tells of sockets as they are destroyed
// (linux/sock_diag.h). Joining needs no privilege.
type Group uint32

// The groups.
const (
	GroupTCP4Destroy Group = 1 // SKNLGRP_INET_TCP_DESTROY
	GroupUDP4Destroy Group = 2 // SKNLGRP_INET_UDP_DESTROY
	GroupTCP6Destroy Group = 3 // SKNLGRP_INET6_TCP_DESTROY
	GroupUDP6Destroy Group = 4 // SKNLGRP_INET6_UDP_DESTROY
)

// readEvents calls each with every socket that a datagram of a destroy group tells of. Messages of other kinds are
// passed over.
func readEvents(b []byte, r *Record, each func(*Record)) error {
	for len(b) > 0 {
		h, payload, rest, err := NextMessage(b)
		if err != nil {
			return fmt.Errorf("destroy event: %w", err)
		}
		b = rest
		if h.Type != TypeSockByFamily {
			continue
		}
		if err := ParseRecord(payload, r); err != nil {
			return fmt.Errorf("destroy event: %w", err)
		}
		each(r)
	}
	return nil
}
