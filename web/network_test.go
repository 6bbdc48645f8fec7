package web

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/netinfo"
	"sockeye/poller"
	"sockeye/views"
)

// openedWith finds the number of the reading in a page.
var openedWith = regexp.MustCompile(`data-query="part=1&amp;since=(\d+)(&amp;names=1)?"`)

func TestNetworkPage(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	w := ask(t, s, "/network", "")
	for _, want := range []string{"The network of this machine", "Interfaces", "Routes", "Devices on the local network", "Protocol counters", "Changes are counted from now on", "js/port.js", `href="/network?since=1"`} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d, no %q", w.Code, want)
		}
	}
	if m := openedWith.FindStringSubmatch(w.Body.String()); m == nil || m[1] != "1" || m[2] != "" {
		t.Errorf("opened with %q", m)
	}
}

// TestNetworkPart: what the script asks for is the article alone, and it goes on from the reading of the page.
func TestNetworkPart(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	ask(t, s, "/network", "")
	ask(t, s, "/network", "")
	for _, c := range []struct{ query, opened string }{
		{"part=1&since=1", "1"}, {"part=1&since=2", "2"},
		{"part=1&since=99", "5"}, // a server that was started again: it begins anew
		{"part=1&since=-1", "6"}, {"part=1", "7"},
	} {
		body := ask(t, s, "/network", c.query).Body.String()
		if m := openedWith.FindStringSubmatch(body); m == nil || m[1] != c.opened || strings.Contains(body, "<html") || strings.Contains(body, "<h1") {
			t.Errorf("%s: opened with %q, want %s", c.query, m, c.opened)
		}
	}
}

// TestNetworkNames: nobody is asked for names unless the reader wants it, and a link of another site is not the reader.
func TestNetworkNames(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	ask(t, s, "/network", "")
	ask(t, s, "/network.json", "")
	r := httptest.NewRequest(http.MethodGet, "/network?names=1", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, r)
	if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, "names=1&#34;") || openedWith.FindStringSubmatch(body)[2] != "" {
		t.Errorf("another site has names asked for: %d", w.Code)
	}
	m.set(func(m *machine) {
		if len(m.asked) > 0 {
			t.Errorf("asked for %v", m.asked)
		}
	})
	body := ask(t, s, "/network", "names=1").Body.String()
	if match := openedWith.FindStringSubmatch(body); match == nil || match[2] == "" {
		t.Error("the script asks for no names")
	}
}

// TestNameDevices: what is asked for is each address, and the answers stand beside them.
func TestNameDevices(t *testing.T) {
	m := office()
	m.hosts = map[string]string{"192.0.2.9": "<i>radio</i>.local."}
	s := newTestSite(t, m, poller.MaxInterval)
	list := s.network.devicesOf([]netinfo.Neighbour{neighbour(t, "192.0.2.9", "02:00:00:00:00:09"), neighbour(t, "192.0.2.8", "02:00:00:00:00:08")}, nil, time.Now())
	s.nameDevices(owners(t), list, nameTimeout)
	if a := list[1].Addresses[0]; a.Name != "<i>radio</i>.local" || a.OwnName != a.Name || list[0].Addresses[0].Name != "" {
		t.Errorf("%+v", list)
	}
	if s.network.interfaceOf(netip.MustParseAddr("192.0.2.9")) != "eth0" || s.network.interfaceOf(netip.MustParseAddr("192.0.2.77")) != "" {
		t.Error("it is not known where they are")
	}
	var page strings.Builder
	if err := views.NetworkPart(views.Network{Devices: list, Names: true}).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); !strings.Contains(text, "<bdi>&lt;i&gt;radio&lt;/i&gt;.local</bdi>") || strings.Count(text, "radio") != 1 {
		t.Errorf("%s", text)
	}
}

func TestNetworkData(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	var data networkJSON
	w := ask(t, s, "/network.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &data); err != nil || data.Reading != 1 || data.SinceSeconds != nil || data.RegistryDate != netinfo.RegistryDate || len(data.Interfaces) == 0 {
		t.Errorf("%v: %s", err, w.Body)
	}
	if err := json.Unmarshal(ask(t, s, "/network.json", "since=1").Body.Bytes(), &data); err != nil || data.Reading != 1 || data.SinceSeconds == nil {
		t.Error("the second look does not compare")
	}
}

// neighbour makes one on eth0.
func neighbour(t *testing.T, address, mac string) netinfo.Neighbour {
	t.Helper()
	n := netinfo.Neighbour{Address: netip.MustParseAddr(address), Interface: "eth0", State: netinfo.Reachable}
	if mac != "" {
		m, err := net.ParseMAC(mac)
		if err != nil {
			t.Fatal(err)
		}
		n.MAC = m
	}
	return n
}

// TestDevices: who made them, which are new, and what they have to do with this machine.
func TestDevices(t *testing.T) {
	var n network
	now := time.Unix(1e9, 0)
	peers := map[netip.Addr]views.Peer{netip.MustParseAddr("192.0.2.1"): {Connections: 3, Received: 10}}
	one, two := neighbour(t, "192.0.2.1", "00:00:00:00:00:01"), neighbour(t, "192.0.2.2", "02:00:00:00:00:02")
	first := n.devicesOf([]netinfo.Neighbour{one}, peers, now)
	if d := first[0]; d.New || d.Maker != "XEROX CORPORATION" || d.Connections != 3 || d.Received != 10 {
		t.Errorf("%+v", d)
	}
	second := n.devicesOf([]netinfo.Neighbour{two, one}, nil, now.Add(time.Minute))
	if second[0].New || !second[1].New || !second[1].Local || second[1].Connections != 0 {
		t.Errorf("%+v", second)
	}
	if third := n.devicesOf([]netinfo.Neighbour{two}, nil, now.Add(time.Hour)); third[0].New {
		t.Error("new for ever")
	}
}

// TestDevicesHaveManyAddresses: what has one hardware address is one device; what has none yet is one each.
func TestDevicesHaveManyAddresses(t *testing.T) {
	var n network
	peers := map[netip.Addr]views.Peer{
		netip.MustParseAddr("192.0.2.5"): {Connections: 1, Received: 10, SendRate: 2}, netip.MustParseAddr("fe80::5"): {Connections: 2, Received: 5, SendRate: 3},
	}
	router := neighbour(t, "fe80::5%eth0", "02:00:00:00:00:05")
	router.Router = true
	elsewhere := neighbour(t, "198.51.100.5", "02:00:00:00:00:05")
	elsewhere.Interface = "eth1"
	list := n.devicesOf([]netinfo.Neighbour{
		router, neighbour(t, "192.0.2.77", ""), neighbour(t, "192.0.2.5", "02:00:00:00:00:05"), neighbour(t, "192.0.2.78", ""), elsewhere,
	}, peers, time.Unix(1e9, 0))
	if len(list) != 4 {
		t.Fatalf("%d devices: %+v", len(list), list)
	}
	d := list[0]
	if len(d.Addresses) != 2 || d.Addresses[0].Address.String() != "192.0.2.5" || !d.Router || d.Connections != 3 || d.Received != 15 || d.SendRate != 5 || d.Addresses[1].Connections != 2 {
		t.Errorf("%+v", d)
	}
	if list[3].Interface != "eth1" || len(list[1].Addresses) != 1 {
		t.Errorf("%+v", list)
	}
}

// TestCountersGrow: those that are explained come with what they grew by; a counter that went back has no growth.
func TestCountersGrow(t *testing.T) {
	at := time.Unix(1e9, 0)
	list := func(v int64) []netinfo.Counter {
		return []netinfo.Counter{{Protocol: "Tcp", Name: "RetransSegs", Value: v}, {Protocol: "Tcp", Name: "RtoMin", Value: 200}, {Protocol: "Tcp", Name: "MaxConn"}}
	}
	opened := reading{number: 1, at: at, counters: netinfo.Values(list(5))}
	explained, others := countersSince(list(9), &opened, &opened, at.Add(2*time.Second))
	if len(explained) != 1 || explained[0].Title == "" || *explained[0].Grown != 4 || *explained[0].PerSecond != 2 {
		t.Errorf("%+v", explained)
	}
	if len(others) != 1 || others[0].Name != "RtoMin" || others[0].Title != "" {
		t.Errorf("others: %+v", others)
	}
	explained, _ = countersSince(list(1), &opened, &reading{}, at)
	if explained[0].Grown != nil || explained[0].PerSecond != nil {
		t.Errorf("%+v", explained)
	}
}

// TestInterfacesSince: rates come from the reading before, losses from the one with which the page was opened.
func TestInterfacesSince(t *testing.T) {
	at := time.Unix(1e9, 0)
	is := func(bytes, drops uint64) []netinfo.Interface {
		return []netinfo.Interface{{Name: "eth0", Counters: &netinfo.Counters{BytesReceived: bytes, DropsReceived: drops}}, {Name: "tun0"}}
	}
	opened := reading{number: 1, at: at, traffic: trafficOf(is(100, 1))}
	before := reading{number: 2, at: at.Add(8 * time.Second), traffic: trafficOf(is(500, 3))}
	got := interfacesSince(is(900, 4), &opened, &before, at.Add(10*time.Second))
	if got[0].Rates == nil || got[0].Rates.BytesReceived != 200 || got[0].Lost == nil || got[0].Lost.DropsReceived != 3 || got[1].Rates != nil || got[1].Lost != nil {
		t.Errorf("%+v", got)
	}
	if got = interfacesSince(is(50, 0), &opened, &reading{}, at); got[0].Rates != nil || got[0].Lost != nil {
		t.Errorf("made anew: %+v", got[0])
	}
}

// TestReadings: whoever asks whenever, rates come from a moment that is not too near and not too far, changes from the
// reading asked for as long as it is remembered, and what is remembered is bounded.
func TestReadings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r readings
		now := time.Unix(1e9, 0)
		moments := map[uint64]time.Time{}
		for range rapid.IntRange(1, 150).Draw(t, "looks") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, 100 * time.Millisecond, time.Second, 5 * time.Second, time.Hour}).Draw(t, "later"))
			since := rapid.Uint64Range(0, uint64(len(moments)+2)).Draw(t, "since")
			remembered := slices.ContainsFunc(r.opened, func(o reading) bool { return o.number == since })
			opened, before := r.take(reading{at: now}, since)
			moments[r.last] = now
			if remembered && opened.number != since || !remembered && opened.number != r.last || !moments[opened.number].Equal(opened.at) {
				t.Fatalf("asked for %d, got %d", since, opened.number)
			}
			if span := now.Sub(before.at); before.number != 0 && (span < leastSpan || span > mostSpan) {
				t.Fatalf("a rate over %s", span)
			}
			if len(r.recent) > mostRecent || len(r.opened) > mostOpened {
				t.Fatalf("%d and %d are remembered", len(r.recent), len(r.opened))
			}
		}
	})
}
