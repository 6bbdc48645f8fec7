//go:build !linux

package diagnose

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// errNoARP says that neighbours cannot be asked directly here.
var errNoARP = fmt.Errorf("ask a neighbour for its hardware address: %w", errors.ErrUnsupported)

// arpProbe is not possible here.
func arpProbe(context.Context, string, netip.Addr) (net.HardwareAddr, error) { return nil, errNoARP }

// askNeighbour is not possible here.
func askNeighbour(context.Context, string, netip.Addr) (net.HardwareAddr, error) {
	return nil, errNoARP
}
