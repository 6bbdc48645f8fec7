package views

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye/diagnose"
	"sockeye/netinfo"
)

// lan is a network page with an interface that lost something and a device with two addresses.
func lan() Network {
	grown, none, rate := int64(1234), int64(0), 2.5
	return Network{
		Opened: 7, Since: 90 * time.Second,
		Interfaces: []Interface{
			{Interface: netinfo.Interface{Index: 2, Name: "eth0", Kind: netinfo.KindEthernet, MTU: 1500, Up: true, Carrier: netinfo.Yes, Speed: 2500, MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1},
				Addresses: []netinfo.Address{{Prefix: netip.MustParsePrefix("192.0.2.2/24")}}, Counters: &netinfo.Counters{BytesReceived: 5000, ErrorsSent: 2, DropsReceived: 9}},
				Rates: &netinfo.Rates{BytesReceived: 1500}, Lost: &netinfo.Counters{DropsReceived: 4, DropsSent: 1}},
			{Interface: netinfo.Interface{Index: 3, Name: "wlan0\x1b[2J", Kind: netinfo.KindWireless}},
		},
		Routes: []netinfo.Route{
			{Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("192.0.2.1"), Interface: "eth0", Type: netinfo.RouteUnicast, Table: 254, Origin: "dhcp", LinkDown: true},
			{Destination: netip.MustParsePrefix("10.9.0.0/16"), Type: netinfo.RouteBlackhole, Table: 99},
		},
		Devices: []Device{{
			MAC: net.HardwareAddr{0x02, 0, 0, 0, 0, 9}, Interface: "eth0", Local: true, New: true, Router: true, Peer: Peer{Connections: 3, Received: 1000},
			Addresses: []DeviceAddress{
				{Address: netip.MustParseAddr("192.0.2.9"), State: netinfo.Reachable, Name: "radio.example", OwnName: "radio.local", Peer: Peer{Connections: 3}},
				{Address: netip.MustParseAddr("fe80::9%eth0"), State: netinfo.Stale, Name: "radio.example"},
			},
		}},
		Counters: []Counter{
			{Counter: netinfo.Counter{Protocol: "Tcp", Name: "RetransSegs", Value: 5000}, Word: netinfo.Word{Title: "segments sent again", Means: "Lost.", Bad: true}, Grown: &grown, PerSecond: &rate},
			{Counter: netinfo.Counter{Protocol: "Tcp", Name: "InErrs"}, Word: netinfo.Word{Title: "broken segments", Bad: true}, Grown: &none},
		},
		Others: []Counter{{Counter: netinfo.Counter{Protocol: "Tcp", Name: "MaxConn", Value: -1}}},
	}
}

// part renders the article of a network page.
func networkPart(t *testing.T, n Network) string {
	t.Helper()
	var b strings.Builder
	if err := NetworkPart(n).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNetworkPart(t *testing.T) {
	page := networkPart(t, lan())
	for _, want := range []string{
		`data-query="part=1&amp;since=7"`, "since the page was opened, 1m30s ago", "2500 Mbit/s", "1.50 kB/s", "0 / 2", "9 / 0", "+5",
		"wlan0\u241b[2J", "off", "no link", "blackhole", "main", `<span class="tag new">new</span>`, `<span class="tag">router</span>`,
		"address made up by software", "reachable", "stale", `href="/?rip=192.0.2.9"`, "Segments sent again", "5,000", "+1,234", "2.5", "-1", "1 other counters",
		`href="/network?since=7&amp;names=1"`, "IEEE registry of " + netinfo.RegistryDate,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if n := strings.Count(page, "radio.example"); n != 1 {
		t.Errorf("a name that two addresses have stands there %d times", n)
	}
	if strings.Count(page, "data-bad") != 1 {
		t.Error("what grew and is bad is not marked, or what stands still is")
	}
}

// TestNetworkPartUnknown: what is not known has its reason, and no empty table.
func TestNetworkPartUnknown(t *testing.T) {
	n := Network{}
	n.Reasons.Routes, n.Reasons.Devices, n.Reasons.Counters = "Not known: routes.", "Not known: devices.", "Not known: counters."
	page := networkPart(t, n)
	for _, want := range []string{"Not known: routes.", "Not known: devices.", "Not known: counters.", "Changes are counted from now on."} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(page, "names=1") || strings.Count(page, "<table") != 1 {
		t.Error("there is something to ask for, or a table of nothing")
	}
}

func TestNetworkNamesAsked(t *testing.T) {
	n := lan()
	n.Names = true
	if page := networkPart(t, n); !strings.Contains(page, `data-query="part=1&amp;since=7&amp;names=1"`) || !strings.Contains(page, `href="/network?since=7"`) || !strings.Contains(page, "they prove nothing") {
		t.Error("names are asked for, and the page does not go on so")
	}
}

func TestCounterWords(t *testing.T) {
	of := func(v float64) *float64 { return &v }
	for want, c := range map[string]Counter{"–": {}, "0": {PerSecond: of(0)}, "0.1": {PerSecond: of(0.14)}, "1,235": {PerSecond: of(1234.5)}} {
		if got := c.pace(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWorst: the line names the worst, counts the rest, and is there when nothing is wrong.
func TestWorst(t *testing.T) {
	line := func(list ...diagnose.Finding) string {
		var b strings.Builder
		if err := WorstPart(list).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := line(); !said(got, "Nothing wrong") || !strings.Contains(got, `data-severity=""`) || !strings.Contains(got, `href="/diagnosis#findings"`) {
		t.Errorf("%s", got)
	}
	bad := diagnose.Finding{Severity: diagnose.Failure, Sentence: "<b>app</b>\u202e is stuck."}
	if got := line(bad); !strings.Contains(got, "&lt;b&gt;app&lt;/b&gt;") || strings.Contains(got, "\u202e") || strings.Contains(got, "more") && said(got, "and 0 more") || !strings.Contains(got, `data-severity="failure"`) {
		t.Errorf("%s", got)
	}
	if got := line(bad, diagnose.Finding{}, diagnose.Finding{}); !said(got, "and 2 more") {
		t.Errorf("%s", got)
	}
}
