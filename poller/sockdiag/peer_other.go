//go:build !linux

package sockdiag

import "net/netip"

// PeerUID returns [ErrUnsupported].
func PeerUID(_, _ netip.AddrPort) (uint32, error) { return 0, ErrUnsupported }
