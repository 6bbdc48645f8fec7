package netinfo

import (
	"errors"
	"net/netip"
	"testing"
)

// What this machine is made of is told, or said to be unknown: loopback with its address and its counters, a route to
// it, and counters of each protocol.
func TestWindows(t *testing.T) {
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	loopback := 0
	for _, i := range list {
		if i.Kind == KindLoopback && i.Up && i.Counters != nil && len(i.Addresses) > 0 {
			loopback++
		}
	}
	if loopback == 0 {
		t.Errorf("no loopback among %+v", list)
	}
	if _, err := Routes(); err != nil {
		t.Errorf("routes: %v", err)
	}
	if _, err := Neighbours(); err != nil && !errors.Is(err, ErrUnknown) {
		t.Errorf("neighbours: %v", err)
	}
	if r, err := RouteTo(netip.MustParseAddr("127.0.0.1")); err != nil {
		if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrNoRoute) {
			t.Errorf("the route to loopback: %v", err)
		}
		t.Logf("the route to loopback: %v", err)
	} else if !r.Destination.Contains(netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("the route to loopback: %+v", r)
	}
	counters, err := CountersNow()
	if err != nil {
		t.Fatal(err)
	}
	v := Values(counters)
	for _, key := range []string{"Ip.InReceives", "Tcp.ActiveOpens", "Udp.OutDatagrams", "Icmp.InMsgs"} {
		if _, known := v[key]; !known {
			t.Errorf("no %s", key)
		}
	}
}
