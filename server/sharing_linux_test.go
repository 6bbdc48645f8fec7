package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/access"
)

// at is an address on an interface.
func at(name, addr string) ownPlace {
	return ownPlace{addr: netip.MustParseAddr(addr), name: name, inner: isInner(name)}
}

// TestPlaces: which addresses are offered, in which order, and which is taken without asking.
func TestPlaces(t *testing.T) {
	for name, test := range map[string]struct {
		own    []ownPlace
		places string
		choice string // "several", "none", or the address
	}{
		"one":           {[]ownPlace{at("eth0", "192.168.1.20")}, "192.168.1.20", "192.168.1.20"},
		"both families": {[]ownPlace{at("eth0", "2001:db8::7"), at("eth0", "192.168.1.20"), at("eth0", "fe80::7")}, "192.168.1.20 2001:db8::7", "192.168.1.20"},
		"with a bridge": {[]ownPlace{at("docker0", "172.17.0.1"), at("br-12ab", "172.18.0.1"), at("wlan0", "192.168.1.20")}, "192.168.1.20 172.17.0.1 172.18.0.1", "192.168.1.20"},
		"two networks":  {[]ownPlace{at("wlan0", "192.168.1.20"), at("eth0", "10.0.0.5")}, "192.168.1.20 10.0.0.5", "several"},
		"IPv6 alone":    {[]ownPlace{at("eth0", "fd00::7"), at("eth0", "fe80::7")}, "fd00::7", "fd00::7"},
		"bridges alone": {[]ownPlace{at("docker0", "172.17.0.1")}, "172.17.0.1", "172.17.0.1"},
		"link-local":    {[]ownPlace{at("eth0", "fe80::7"), at("eth0", "169.254.3.4")}, "", "none"},
		"loopback":      {[]ownPlace{at("dummy", "127.0.0.9"), at("dummy", "::1"), at("x", "0.0.0.0"), at("x", "224.0.0.1")}, "", "none"},
		"no network":    {nil, "", "none"},
	} {
		places := placesOf(test.own)
		var ids []string
		for _, p := range places {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " "); got != test.places {
			t.Errorf("%s: %q, want %q", name, got, test.places)
		}
		chosen, err := choose(places)
		var several *access.SeveralError
		got := chosen.ID
		if errors.As(err, &several) {
			got = "several"
			if !strings.Contains(err.Error(), test.own[0].addr.String()) || !strings.Contains(err.Error(), "wlan0") {
				t.Errorf("%s: the error does not list them: %v", name, err)
			}
		} else if err != nil {
			got = "none"
		}
		if got != test.choice {
			t.Errorf("%s: %q is taken, want %q", name, got, test.choice)
		}
	}
}

// TestPlaceNotes tell what an address is.
func TestPlaceNotes(t *testing.T) {
	for _, test := range []struct{ name, addr, want string }{
		{"wlan0", "192.168.1.20", "local network"}, {"eth0", "203.0.113.5", "public address"}, {"tailscale0", "100.100.1.2", "tailnet"},
		{"docker0", "172.17.0.1", "containers"}, {"eth0", "fd00::7", "local network"},
	} {
		if note := noteOf(at(test.name, test.addr)); !strings.Contains(note, test.want) || !strings.HasPrefix(note, test.name) {
			t.Errorf("%s: %q", test.addr, note)
		}
	}
}

// shareOn returns a server on 127.0.0.1 whose "network" is another address of loopback, which is served until the test
// ends, and what shares it.
func shareOn(t *testing.T, cfg Config, share ShareConfig, addrs ...string) (*Server, *Sharing, *access.Keeper) {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	s, keeper := newStrictServer(t, cfg, testSite{})
	t.Cleanup(serveUntil(t, s))
	sharing, err := s.Share(share)
	if err != nil {
		t.Fatal(err)
	}
	sharing.own = func() ([]ownPlace, error) {
		var list []ownPlace
		for _, a := range addrs {
			list = append(list, at("eth0", a))
		}
		return list, nil
	}
	return s, sharing, keeper
}

// openAt opens an address of loopback past the list of places, where there is no network in a test.
func openAt(t *testing.T, s *Sharing, addr string, plain bool) *opened {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.at(t.Context(), addr, plain)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// get asks for a URL, whatever its certificate, and returns that certificate's fingerprint.
func get(url string) (status int, print string, err error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, "", err
	}
	if res.TLS != nil {
		print = fingerprint(&tls.Certificate{Certificate: [][]byte{res.TLS.PeerCertificates[0].Raw}})
	}
	return res.StatusCode, print, nil
}

// TestShareOpensAndCloses: the address is open after the first link and not before, with the certificate whose
// fingerprint is told; Stop closes it and ends the links.
func TestShareOpensAndCloses(t *testing.T) {
	s, sharing, keeper := shareOn(t, Config{}, ShareConfig{Host: "host-7", CertDir: t.TempDir()}, "127.0.0.2")
	url := fmt.Sprintf("https://127.0.0.2:%d", s.Addrs()[0].Port())
	if _, _, err := get(url); err == nil {
		t.Error("it is open before it is shared")
	}
	o := openAt(t, sharing, "127.0.0.2", false)
	if o.URL != url || o.Plain || o.note != "" {
		t.Errorf("%+v, want %s", o, url)
	}
	if status, print, err := get(url); status != 401 || print != o.Fingerprint || err != nil {
		t.Errorf("%d %s, %v", status, print, err)
	}
	if again := openAt(t, sharing, "127.0.0.2", false); again != o {
		t.Error("it is opened twice")
	}
	if list := sharing.Entrances(); len(list) != 1 || list[0].URL != url {
		t.Errorf("%+v", list)
	}
	_, secret := keeper.Invite(url)
	if err := sharing.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := get(url); err == nil || len(sharing.Entrances()) > 0 {
		t.Error("it is open after its end")
	}
	if _, _, err := keeper.Enter(secret, netip.MustParseAddr("127.0.0.1"), ""); err == nil {
		t.Error("the link is good after its end")
	}
	if status, _, err := get(s.URL()); status != 401 || err != nil {
		t.Errorf("the server's own address: %d, %v", status, err)
	}
	if o := openAt(t, sharing, "127.0.0.2", true); !o.Plain || o.Fingerprint != "" || o.URL != strings.Replace(url, "https", "http", 1) {
		t.Errorf("without TLS: %+v", o)
	}
}

// TestShareNextPort: where the port is taken at the address, the next one is opened.
func TestShareNextPort(t *testing.T) {
	s, sharing, _ := shareOn(t, Config{}, ShareConfig{Host: "host-7"}, "127.0.0.2")
	port := s.Addrs()[0].Port()
	l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.2:%d", port))
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	o := openAt(t, sharing, "127.0.0.2", false)
	if o.entrance.addr.Port() <= port || !strings.Contains(o.note, "next start") {
		t.Errorf("%+v", o)
	}
	if status, _, err := get(o.URL); status != 401 || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}

// TestShareWhereItListens: a server that takes connections to the address in the way that is wanted needs no other.
func TestShareWhereItListens(t *testing.T) {
	s, sharing, _ := shareOn(t, Config{Listen: "127.0.0.1:0"}, ShareConfig{Host: "host-7"})
	if o := openAt(t, sharing, "127.0.0.1", true); o.entrance != nil || o.URL != fmt.Sprintf("http://127.0.0.1:%d", s.Addrs()[0].Port()) {
		t.Errorf("%+v", o)
	}
	if o := openAt(t, sharing, "127.0.0.1", false); o.entrance == nil || !strings.HasPrefix(o.URL, "https://127.0.0.1:") {
		t.Errorf("with TLS: %+v", o)
	}
}

// TestInvite: the link has the view and the secret, and leads nowhere else.
func TestInvite(t *testing.T) {
	_, sharing, keeper := shareOn(t, Config{AllowHosts: []string{"https://box.example"}}, ShareConfig{Host: "host-7"}, "192.0.2.7", "198.51.100.7")
	places, err := sharing.Places()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range places {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]string{"192.0.2.7", "198.51.100.7", "box.example", "localhost"}, ids); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct{ place, page, want string }{
		{"box.example", "/?state=LISTEN&sort=-rxrate", "https://box.example/?state=LISTEN&sort=-rxrate#k="},
		{"localhost", "/ports/443", sharing.server.loopbackURL() + "/ports/443#k="},
		{"localhost", "https://evil.example/", sharing.server.loopbackURL() + "/#k="},
		{"localhost", "//evil.example/", sharing.server.loopbackURL() + "/#k="},
	} {
		made, err := sharing.Invite(t.Context(), test.place, false, test.page)
		secret, ok := strings.CutPrefix(made.URL, test.want)
		if err != nil || !ok || made.Plain {
			t.Errorf("%v: %+v, %v", test, made, err)
		}
		if _, _, err := keeper.Enter(secret, netip.MustParseAddr("127.0.0.1"), ""); err != nil {
			t.Errorf("%v: %v", test, err)
		}
	}
	var several *access.SeveralError
	if _, err := sharing.Invite(t.Context(), "", false, "/"); !errors.As(err, &several) || len(several.Places) != 4 {
		t.Errorf("without a choice: %v", err)
	}
	for _, place := range []string{"192.0.2.99", "evil.example", "0.0.0.0", strings.Repeat("x", 5000)} {
		if _, err := sharing.Invite(t.Context(), place, false, "/"); err == nil || len(err.Error()) > 200 {
			t.Errorf("%.20q: %v", place, err)
		}
	}
	if _, err := sharing.Invite(t.Context(), "192.0.2.7", false, "/"); err == nil { // nobody has this address
		t.Error("an address that cannot be bound")
	}
	if n := len(sharing.Links()); n != 4 {
		t.Errorf("%d links", n)
	}
}

// TestShareEndsWithTheServer: nothing is open, and nothing can be opened, after it.
func TestShareEndsWithTheServer(t *testing.T) {
	s, _ := newStrictServer(t, Config{Listen: "127.0.0.1:0"}, testSite{})
	stop := serveUntil(t, s)
	sharing, err := s.Share(ShareConfig{Host: "host-7"})
	if err != nil {
		t.Fatal(err)
	}
	o := openAt(t, sharing, "127.0.0.2", true)
	stop()
	if _, _, err := get(o.URL); err == nil {
		t.Error("the shared address outlives the server")
	}
	if _, err := s.also(context.Background(), netip.MustParseAddrPort("127.0.0.2:0"), nil); err == nil {
		t.Error("an address is opened after the end")
	}
	if _, err := s.Share(ShareConfig{TLSCert: "only.pem"}); err == nil {
		t.Error("a certificate without a key")
	}
}
