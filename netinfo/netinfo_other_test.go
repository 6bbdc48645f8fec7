//go:build !linux && !windows

package netinfo

import (
	"errors"
	"net/netip"
	"testing"
)

func TestUnknownIsSaid(t *testing.T) {
	_, routes := Routes()
	_, to := RouteTo(netip.IPv6Loopback())
	_, neighbours := Neighbours()
	_, counters := CountersNow()
	for _, err := range []error{routes, to, neighbours, counters} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%v", err)
		}
	}
}
