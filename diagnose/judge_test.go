package diagnose

import (
	"crypto/x509"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/netinfo"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// inOrder is the evidence of a machine at which nothing is wrong.
func inOrder() *evidence {
	up := netinfo.Interface{Name: "eth0", Kind: netinfo.KindEthernet, Up: true, Carrier: netinfo.Yes, Addresses: []netinfo.Address{{Prefix: netip.MustParsePrefix("192.0.2.10/24")}}}
	route := netinfo.Route{Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("192.0.2.1"), Interface: "eth0", Type: netinfo.RouteUnicast, Table: 254}
	web := netip.MustParseAddrPort("198.51.100.7:443")
	good := handshake{attempt: attempt{to: web, outcome: connected}, name: "www.example.org", tls: connected, cert: &x509.Certificate{}}
	return &evidence{
		interfaces: []netinfo.Interface{up}, routes: []netinfo.Route{route}, ways: [2]way{{known: true, route: route, ok: true}, {known: true}},
		gateways:  []gateway{{address: route.Gateway, device: "eth0", chosen: true, alive: netinfo.Yes, onLink: true, ping: connected}},
		internet:  []attempt{{to: web, outcome: connected}},
		resolvers: []resolver{{server: netip.MustParseAddrPort("192.0.2.1:53"), name: "www.example.org.", v4: answer{outcome: connected, addresses: []netip.Addr{web.Addr()}}, v6: answer{outcome: connected}}},
		sites:     []site{{host: "www.example.org", port: 443, tries: []handshake{good}}},
	}
}

// offlineEvidence is the same with nobody answering beyond the router.
func offlineEvidence() *evidence {
	e := inOrder()
	e.internet[0].outcome, e.sites[0].tries[0].outcome, e.sites[0].tries[0].tls = silent, silent, failed
	return e
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name  string
		e     *evidence
		alter func(*evidence)
		place Place
		cause string
	}{
		{"in order", inOrder(), func(*evidence) {}, PlaceNone, ""},
		{"offline", offlineEvidence(), func(*evidence) {}, PlaceLine, causeNoInternet},
		{"a router that ignores pings is no fault", inOrder(), func(e *evidence) { e.gateways[0].ping = silent }, PlaceNone, ""},
		{"a router that seems dead and forwards is none", inOrder(), func(e *evidence) { e.gateways[0].alive = netinfo.No }, PlaceNone, ""},
		{"a dead router explains all", offlineEvidence(), func(e *evidence) { e.gateways[0].alive = netinfo.No; e.resolvers[0].v4.outcome = silent }, PlaceRouter, causeGateway},
		{"the cable explains the router", offlineEvidence(), func(e *evidence) {
			e.interfaces[0].Carrier = netinfo.No
			e.gateways[0].alive = netinfo.No
		}, PlaceMachine, causeNoCarrier},
		{"a bridge of containers is no cable", offlineEvidence(), func(e *evidence) {
			e.interfaces[0].Carrier, e.ways[0].ok, e.routes = netinfo.No, false, nil
			e.interfaces = append(e.interfaces, netinfo.Interface{Name: "docker0", Kind: netinfo.KindBridge, Up: true, Carrier: netinfo.Yes, Addresses: []netinfo.Address{{Prefix: netip.MustParsePrefix("172.17.0.1/16")}}})
		}, PlaceMachine, causeNoCarrier},
		{"no interface", offlineEvidence(), func(e *evidence) { e.interfaces, e.ways[0].ok = nil, false }, PlaceMachine, causeNoInterface},
		{"a prohibited route", offlineEvidence(), func(e *evidence) {
			e.ways[0] = way{known: true, route: netinfo.Route{Type: netinfo.RouteProhibit}, err: netinfo.ErrNoRoute}
		}, PlaceMachine, causeNoRoute},
		{"a system that tells nothing, offline", offlineEvidence(), func(e *evidence) {
			e.interfacesErr, e.routesErr = netinfo.ErrUnknown, netinfo.ErrUnknown
			e.interfaces, e.routes, e.gateways, e.ways = nil, nil, nil, [2]way{}
		}, PlaceLine, causeNoInternet},
		{"loss at a router that is not seen beyond it", inOrder(), func(e *evidence) {
			e.quality = quality{measured: true, router: sample{sent: 40, received: 20}, internet: sample{sent: 40, received: 40}}
		}, PlaceNone, ""},
		{"loss that began at the router", inOrder(), func(e *evidence) {
			e.quality = quality{measured: true, router: sample{sent: 120, received: 100}, internet: sample{sent: 120, received: 95}}
		}, PlaceLocal, causeLossLocal},
		{"loss with an unmeasured router", inOrder(), func(e *evidence) {
			e.quality = quality{measured: true, internet: sample{sent: 120, received: 95}}
		}, PlaceLine, causeLossLine},
		{"a clock that is minutes off", inOrder(), func(e *evidence) { e.portal = portal{asked: true, date: noon.Add(-10 * time.Minute)} }, PlaceMachine, causeClock},
		{"a clock that is a minute off", inOrder(), func(e *evidence) { e.portal = portal{asked: true, date: noon.Add(time.Minute)} }, PlaceNone, ""},
		{"a certificate that ended, of one of two", inOrder(), func(e *evidence) {
			late := e.sites[0]
			late.tries = []handshake{{attempt: attempt{outcome: connected}, tls: connected, expired: true, cert: &x509.Certificate{}}}
			e.sites = append(e.sites, late)
		}, PlaceNone, ""},
		{"a page of somebody else while names work", inOrder(), func(e *evidence) { e.portal = portal{asked: true, captive: true} }, PlaceNone, ""},
		{"a finding of the socket table", inOrder(), func(e *evidence) {
			e.sockets = []Finding{{Place: PlaceMachine, Cause: causeBacklog, Severity: Failure, Sentence: "x"}}
		}, PlaceMachine, causeBacklog},
		{"a notice of the socket table", inOrder(), func(e *evidence) { e.sockets = []Finding{{Cause: causeNewListener}} }, PlaceNone, ""},
		{"a proxy that leads through where nothing else does", offlineEvidence(), func(e *evidence) { e.proxies = []proxy{{status: 200, variables: []string{"https_proxy"}}} }, PlaceNone, ""},
	} {
		c.alter(c.e)
		v := judge(c.e, noon, "linux")
		want := InTrouble
		if c.cause == "" {
			want = Healthy
		}
		if v.State != want || v.Place != c.place || v.Cause != c.cause || v.Sentence == "" {
			t.Errorf("%s: %s, %q, %q: %s", c.name, v.State, v.Place, v.Cause, v.Sentence)
		}
	}
}

func TestJudgeCannotTell(t *testing.T) {
	e := offlineEvidence()
	e.internet[0].outcome = interrupted
	e.sites, e.resolvers = nil, nil
	if v := judge(e, noon, "linux"); v.State != CannotTell {
		t.Errorf("%+v", v)
	}
	if v := judge(&evidence{}, noon, "plan9"); v.State != CannotTell {
		t.Errorf("nothing at all: %+v", v)
	}
}

// TestEveryVerdictIsWhole: whatever the evidence, a verdict has a sentence that ends, and trouble has a place, a cause
// and a mend, on every system.
func TestEveryVerdictIsWhole(t *testing.T) {
	outcomes := []outcome{connected, refused, wasReset, silent, unreachable, denied, noPort, interrupted, failed}
	rapid.Check(t, func(t *rapid.T) {
		e := inOrder()
		draw := rapid.SampledFrom(outcomes)
		e.internet[0].outcome = draw.Draw(t, "internet")
		h := &e.sites[0].tries[0]
		h.outcome, h.tls = draw.Draw(t, "connection"), draw.Draw(t, "TLS")
		h.tlsErr = netinfo.ErrUnknown
		h.err = netinfo.ErrUnknown
		h.badName, h.expired, h.untrusted = rapid.Bool().Draw(t, "name"), rapid.Bool().Draw(t, "expired"), rapid.Bool().Draw(t, "trust")
		h.segment = rapid.SampledFrom([]int{0, 0, 1220}).Draw(t, "segment")
		e.resolvers[0].v4 = answer{outcome: draw.Draw(t, "resolver"), rcode: rapid.SampledFrom([]int{0, 2, 3, 5}).Draw(t, "code"), err: netinfo.ErrUnknown}
		e.gateways[0].alive = rapid.SampledFrom([]netinfo.Truth{netinfo.Unknown, netinfo.No, netinfo.Yes}).Draw(t, "router")
		e.ways[0].ok = rapid.Bool().Draw(t, "route")
		e.interfaces[0].Carrier = rapid.SampledFrom([]netinfo.Truth{netinfo.Unknown, netinfo.No, netinfo.Yes}).Draw(t, "carrier")
		if rapid.Bool().Draw(t, "target") {
			a := *h
			e.target = &target{name: "www.example.org:443", host: "www.example.org", port: 443, lookup: lookup{hosts: []netip.Addr{a.to.Addr()}}, tries: []attempt{a.attempt}, speaksTLS: true, handshakes: []handshake{a}}
		}
		disturb(t, e, draw)
		goos := rapid.SampledFrom([]string{"linux", "darwin", "windows", "freebsd"}).Draw(t, "system")
		v := judge(e, noon, goos)
		if again := judge(e, noon, goos); again.Cause != v.Cause || again.Sentence != v.Sentence {
			t.Fatalf("judged twice: %q, then %q", v.Sentence, again.Sentence)
		}
		if v.Sentence == "" || !strings.HasSuffix(v.Sentence, ".") || v.Mend == nil || v.Also == nil && v.State == Healthy {
			t.Fatalf("%+v", v)
		}
		if v.State == InTrouble && (v.Place == PlaceNone || v.Cause == "" || v.Severity == Notice || len(v.Mend) == 0) {
			t.Fatalf("%+v", v)
		}
	})
}

// disturb alters what is beside the way to the internet: IPv6, further name servers, what stands between, how much is
// lost, and what this machine holds back.
func disturb(t *rapid.T, e *evidence, draw *rapid.Generator[outcome]) {
	yes := func(what string) bool { return rapid.Bool().Draw(t, what) }
	if yes("IPv6") {
		six := netip.MustParseAddrPort("[2001:db8::7]:443")
		e.internet = append(e.internet, attempt{to: six, outcome: draw.Draw(t, "IPv6 outcome")})
		e.interfaces[0].Addresses = append(e.interfaces[0].Addresses, netinfo.Address{Prefix: netip.MustParsePrefix("2001:db8:7::2/64"), Duplicate: yes("duplicate")})
		e.ways[1] = way{known: true, ok: yes("IPv6 route"), route: netinfo.Route{Destination: netip.MustParsePrefix("::/0"), Interface: "eth0", Type: netinfo.RouteUnicast}}
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "further name servers") {
		r := e.resolvers[0]
		r.server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(50 + i)}), 53)
		r.v4 = answer{outcome: draw.Draw(t, "its outcome"), rcode: rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "its code"), took: time.Duration(rapid.IntRange(0, 3000).Draw(t, "took")) * time.Millisecond, err: netinfo.ErrUnknown}
		r.tcp, r.nobody = answer{outcome: draw.Draw(t, "by TCP"), err: netinfo.ErrUnknown}, answer{outcome: draw.Draw(t, "nobody"), rcode: 3, err: netinfo.ErrUnknown}
		e.resolvers = append(e.resolvers, r)
	}
	if yes("portal") {
		e.portal = portal{asked: yes("asked"), captive: yes("captive"), status: 302, host: "sign-in.example", err: netinfo.ErrUnknown, date: noon.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "hours")) * time.Hour)}
	}
	if yes("proxy") {
		e.proxies = []proxy{{variables: []string{"https_proxy"}, value: "http://192.0.2.1:3128", bad: rapid.SampledFrom([]string{"", "it is no address"}).Draw(t, "bad"), dial: attempt{outcome: draw.Draw(t, "dial"), err: netinfo.ErrUnknown}, status: rapid.SampledFrom([]int{0, 200, 407}).Draw(t, "status"), err: netinfo.ErrUnknown}}
	}
	if yes("measured") {
		of := func(what string) sample { return sample{sent: 120, received: rapid.IntRange(0, 120).Draw(t, what)} }
		e.quality = quality{measured: true, router: of("router loss"), resolver: of("name server loss"), internet: of("internet loss"), resolverAt: e.resolvers[0].server, internetAt: e.internet[0].to.Addr()}
	}
	if yes("second route") {
		r := e.ways[0].route
		r.Gateway, r.Interface, r.LinkDown, r.Metric = netip.MustParseAddr("192.0.2.2"), "eth1", yes("link down"), 5
		e.routes = append(e.routes, r)
		e.others = []otherWay{{route: r, works: yes("works"), tries: []attempt{{to: e.internet[0].to, outcome: draw.Draw(t, "by the other")}}}}
	}
	if yes("nothing told") {
		e.routesErr, e.interfacesErr = netinfo.ErrUnknown, netinfo.ErrUnknown
	}
	e.notRepeated = rapid.Int64Range(0, 9).Draw(t, "not repeated")
}
