package web

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye/netinfo"
	"sockeye/poller"
	"sockeye/views"
)

func TestNetworkPage(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	w := ask(t, s, "/network", "")
	for _, want := range []string{"The network of this machine", "Interfaces", "Routes", "Devices on the local network", "Protocol counters", "Load the page again"} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d, no %q", w.Code, want)
		}
	}
	if w = ask(t, s, "/network", ""); !strings.Contains(w.Body.String(), "since the look before") {
		t.Error("the second look does not compare")
	}
}

func TestNetworkData(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	var data networkJSON
	w := ask(t, s, "/network.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &data); err != nil || data.SinceSeconds != nil || data.RegistryDate != netinfo.RegistryDate || len(data.Interfaces) == 0 {
		t.Errorf("%v: %s", err, w.Body)
	}
	if err := json.Unmarshal(ask(t, s, "/network.json", "").Body.Bytes(), &data); err != nil || data.SinceSeconds == nil {
		t.Error("the second look does not compare")
	}
}

// TestDevices: who made them, which are new, and what they have to do with this machine.
func TestDevices(t *testing.T) {
	at := func(last byte, mac string) netinfo.Neighbour {
		m, err := net.ParseMAC(mac)
		if err != nil {
			t.Fatal(err)
		}
		return netinfo.Neighbour{Address: netip.AddrFrom4([4]byte{192, 0, 2, last}), MAC: m, Interface: "eth0", State: netinfo.Reachable}
	}
	var n network
	now := time.Unix(1e9, 0)
	peers := map[netip.Addr]views.Peer{netip.MustParseAddr("192.0.2.1"): {Connections: 3, Received: 10}}
	first := n.neighbours([]netinfo.Neighbour{at(1, "00:00:00:00:00:01")}, peers, now)
	if d := first[0]; d.New || d.Maker != "XEROX CORPORATION" || d.Connections != 3 || d.Received != 10 {
		t.Errorf("%+v", d)
	}
	second := n.neighbours([]netinfo.Neighbour{at(1, "00:00:00:00:00:01"), at(2, "02:00:00:00:00:02")}, nil, now.Add(time.Minute))
	if second[0].New || !second[1].New || !second[1].Local || second[1].Connections != 0 {
		t.Errorf("%+v", second)
	}
	if third := n.neighbours([]netinfo.Neighbour{at(2, "02:00:00:00:00:02")}, nil, now.Add(time.Hour)); third[0].New {
		t.Error("new for ever")
	}
}

// TestCountersGrow: only what is explained is shown, with what it grew by; a counter that went back has no growth.
func TestCountersGrow(t *testing.T) {
	var n network
	list := func(v int64) []netinfo.Counter {
		return []netinfo.Counter{{Protocol: "Tcp", Name: "RetransSegs", Value: v}, {Protocol: "Tcp", Name: "RtoMin", Value: 200}}
	}
	if got := n.count(list(5)); len(got) != 1 || got[0].Grown != nil || got[0].Title == "" {
		t.Errorf("%+v", got)
	}
	if got := n.count(list(9)); got[0].Grown == nil || *got[0].Grown != 4 {
		t.Errorf("%+v", got)
	}
	if got := n.count(list(1)); got[0].Grown != nil {
		t.Errorf("%+v", got)
	}
}
