//go:build !linux && !windows

package netinfo

import (
	"errors"
	"net/netip"
	"testing"
)

// TestUnknownIsSaid: what cannot be read is an error that says so, and no empty list.
func TestUnknownIsSaid(t *testing.T) {
	if _, err := CountersNow(); !errors.Is(err, ErrUnknown) {
		t.Errorf("counters: %v", err)
	}
	routes, err := Routes()
	if len(routes) == 0 && !errors.Is(err, ErrUnknown) {
		t.Errorf("routes: %v", err)
	}
	if _, err = RouteTo(netip.MustParseAddr("127.0.0.1")); err != nil && !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrNoRoute) {
		t.Errorf("the route to an address: %v", err)
	}
	if _, err = Neighbours(); err != nil && !errors.Is(err, ErrUnknown) {
		t.Errorf("neighbours: %v", err)
	}
}
