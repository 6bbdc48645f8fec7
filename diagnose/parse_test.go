package diagnose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseHosts(t *testing.T) {
	text := "127.0.0.1 localhost\n# 10.0.0.1 a.example\n10.0.0.2\ta.example b.example # c.example\n::1 A.Example.\nnonsense a.example\n10.0.0.3\n10.0.0.4 a.example a.example\n"
	for name, want := range map[string][]string{"a.example": {"10.0.0.2", "::1", "10.0.0.4"}, "B.EXAMPLE": {"10.0.0.2"}, "c.example": nil, "10.0.0.3": nil, "a.example.": {"10.0.0.2", "::1", "10.0.0.4"}} {
		if got := texts(parseHosts([]byte(text), name)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestParseResolvConf(t *testing.T) {
	c := parseResolvConf([]byte("; a comment\n#nameserver 192.0.2.9\nsearch old.example\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver x\nsearch corp.example home.arpa\noptions timeout:1 ndots:5 rotate\nnameserver\n"))
	want := []string{"192.0.2.1", "fe80::1%eth0"}
	if !slices.Equal(texts(c.servers), want) || !slices.Equal(c.search, []string{"corp.example", "home.arpa"}) || c.ndots != 5 {
		t.Errorf("%+v", c)
	}
	if c = parseResolvConf([]byte("options ndots:99 ndots:-1\n")); c.ndots != 15 {
		t.Errorf("ndots is %d", c.ndots)
	}
	if c = parseResolvConf([]byte(strings.Repeat("nameserver 192.0.2.1\n", 50))); len(c.servers) != maxResolvers {
		t.Errorf("%d servers", len(c.servers))
	}
}

func TestCandidates(t *testing.T) {
	for _, c := range []struct {
		conf resolvConf
		name string
		want []string
	}{
		{resolvConf{ndots: 1}, "a.b", []string{"a.b."}},
		{resolvConf{ndots: 1, search: []string{"x", ".y."}}, "a.b", []string{"a.b.", "a.b.x.", "a.b.y."}},
		{resolvConf{ndots: 1, search: []string{"x"}}, "a", []string{"a.x.", "a."}},
		{resolvConf{ndots: 3, search: []string{"x", "."}}, "a.b.c", []string{"a.b.c.x.", "a.b.c."}},
		{resolvConf{ndots: 3, search: []string{"x"}}, "a.", []string{"a."}},
	} {
		if got := c.conf.candidates(c.name); !slices.Equal(got, c.want) {
			t.Errorf("%+v, %s: %v", c.conf, c.name, got)
		}
	}
}

func TestSplitTarget(t *testing.T) {
	for text, want := range map[string]string{
		"example.org:443": "example.org 443", "[2001:db8::1]:22": "2001:db8::1 22", "192.0.2.1:1": "192.0.2.1 1", "a_b-c.:65535": "a_b-c. 65535", "[fe80::1%eth0]:80": "fe80::1%eth0 80",
	} {
		host, port, err := splitTarget(text)
		if got := host + " " + strings.TrimPrefix(netip.AddrPortFrom(netip.IPv4Unspecified(), port).String(), "0.0.0.0:"); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "example.org", ":443", "a:0", "a:65536", "a:https", "a b:1", "a..b:1", "$(x):1", "ä.example:1", "2001:db8::1:22", strings.Repeat("a", 64) + ":1", strings.Repeat("a.", 127) + ":1"} {
		if CheckTarget(text) == nil {
			t.Errorf("%q is taken for a server", text)
		}
	}
}

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]string{
		"http://192.0.2.1:3128": "80:", "proxy.example:8080": "8080:", "https://proxy.example": "443:", "socks5h://proxy.example": "1080:", "http://user:secret@proxy.example": "80:",
		"ftp://proxy.example": "21:it begins with ftp://, which is no kind of proxy", "http://": ":its value has no host", "proxy example org": ":its value is no address", "http://[::1": ":its value is no address",
	} {
		p := parseProxy(text)
		if strings.Contains(p.value, "secret") {
			t.Errorf("%s: the password is shown: %s", text, p.value)
		}
		if _, bad, _ := strings.Cut(want, ":"); p.bad != bad {
			t.Errorf("%s: %q, want %q", text, p.bad, bad)
		}
		if port, bad, _ := strings.Cut(want, ":"); bad == "" && p.port() != port && p.address.Port() == "" {
			t.Errorf("%s: port %s, want %s", text, p.port(), port)
		}
	}
}

func TestFactsOfText(t *testing.T) {
	if a, b, err := parsePair([]byte("32768\t60999\n")); a != 32768 || b != 60999 || err != nil {
		t.Error(a, b, err)
	}
	for _, text := range []string{"", "1", "1 2 3", "a 1", "1 b", "1 65536"} {
		if _, _, err := parsePair([]byte(text)); err == nil {
			t.Errorf("%q is a pair", text)
		}
	}
	limits := "Limit                     Soft Limit           Hard Limit           Units     \nMax processes             1   2   processes\nMax open files            1024                 524288               files     \n"
	for text, want := range map[string]int64{limits: 1024, "": 0, "Max open files unlimited unlimited files\n": 0, "Max open files": 0, "Max open files -5 9 files": 0} {
		if got := parseOpenLimit([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// ip4 makes an IPv4 packet.
func ip4(protocol byte, from, to string, body ...byte) []byte {
	b := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0}
	b = append(append(b, netip.MustParseAddr(from).AsSlice()...), netip.MustParseAddr(to).AsSlice()...)
	return append(b, body...)
}

// tcp makes a TCP header with flags.
func tcpHeader(from, to uint16, flags byte) []byte {
	return []byte{byte(from >> 8), byte(from), byte(to >> 8), byte(to), 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags}
}

func TestSightings(t *testing.T) {
	s := newSightings()
	see := func(b []byte, left bool) {
		if p, ok := parsePacket(b); ok {
			s.file(p, left)
		}
	}
	own, other := "192.0.2.1", "198.51.100.7"
	see(ip4(6, own, other, tcpHeader(40000, 443, 2)...), true)
	see(ip4(6, other, own, tcpHeader(443, 40000, 0x12)...), false)
	see(ip4(6, other, own, tcpHeader(443, 40000, 0x14)...), false)
	see(ip4(6, other, own, tcpHeader(443, 40000, 0x10)...), false) // of no interest
	see(ip4(6, own, other, tcpHeader(40000, 443, 0x04)...), true)
	see(ip4(17, own, other, 0x9c, 0x40, 0, 53), true)
	see(ip4(17, other, own, 0, 53, 0x9c, 0x40), false)
	unreachable := append([]byte{3, 1, 0, 0, 0, 0, 0, 0}, ip4(6, own, other, tcpHeader(40000, 443, 2)...)...)
	see(ip4(1, "192.0.2.254", own, unreachable...), false)
	web, names := netip.MustParseAddrPort(other+":443"), netip.MustParseAddrPort(other+":53")
	if got := s.of(web); got != (sighting{1, 1, 1, 1}) {
		t.Errorf("web: %+v", got)
	}
	if got := s.of(names); got != (sighting{1, 1, 0, 0}) {
		t.Errorf("names: %+v", got)
	}
}

func TestSightingsAreBounded(t *testing.T) {
	s := newSightings()
	for i := range maxSightings + 100 {
		s.add(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), func(v *sighting) { v.resets++ })
	}
	if len(s.seen) != maxSightings {
		t.Errorf("%d are remembered", len(s.seen))
	}
}

// FuzzParsePacket: whatever comes, what is read has ports where it is TCP or UDP and stands in the packet.
func FuzzParsePacket(f *testing.F) {
	f.Add(ip4(6, "192.0.2.1", "198.51.100.7", tcpHeader(1, 2, 2)...))
	f.Add(ip4(1, "192.0.2.1", "198.51.100.7", append([]byte{3, 1, 0, 0, 0, 0, 0, 0}, ip4(17, "192.0.2.1", "198.51.100.7", 1, 2, 3, 4)...)...))
	f.Add(append([]byte{0x60, 0, 0, 0, 0, 20, 6, 64}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := parsePacket(b)
		if !ok {
			return
		}
		for _, a := range []netip.AddrPort{p.from, p.to} {
			if !a.IsValid() || !bytes.Contains(b, a.Addr().AsSlice()) {
				t.Errorf("%x: %+v", b, p)
			}
		}
		if p.icmp != p.about.IsValid() {
			t.Errorf("%x: %+v", b, p)
		}
	})
}

// FuzzParseConf: what is read of a resolv.conf can be written and read again.
func FuzzParseConf(f *testing.F) {
	f.Add([]byte("nameserver 192.0.2.1\nsearch a b\noptions ndots:3\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := parseResolvConf(b)
		var text strings.Builder
		for _, s := range texts(c.servers) {
			text.WriteString("nameserver " + s + "\n")
		}
		if len(c.search) > 0 {
			text.WriteString("search " + strings.Join(c.search, " ") + "\n")
		}
		text.WriteString("options ndots:" + string(rune('0'+c.ndots/10)) + string(rune('0'+c.ndots%10)) + "\n")
		again := parseResolvConf([]byte(text.String()))
		if !slices.Equal(again.servers, c.servers) || !slices.Equal(again.search, c.search) || again.ndots != c.ndots {
			t.Errorf("%q became %q: %+v, %+v", b, text.String(), c, again)
		}
		for _, a := range parseHosts(b, "a.example") {
			if !a.IsValid() {
				t.Errorf("%q: an address that is none", b)
			}
		}
	})
}

// TestEchoes: an echo is known again by its token, and only by it.
func TestEchoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token, seq := rapid.Uint64().Draw(t, "token"), rapid.IntRange(0, 60000).Draw(t, "seq")
		for _, to := range []string{"192.0.2.1", "2001:db8::1"} {
			a := netip.MustParseAddr(to)
			b := echo(a, token, seq)
			if _, ok := parseEcho(b, a.Is6(), token); ok {
				t.Fatal("a request is taken for its reply")
			}
			b[0] = map[bool]byte{false: 0, true: 129}[a.Is6()]
			if got, ok := parseEcho(b, a.Is6(), token); !ok || got != seq {
				t.Fatalf("%s: %d, %v", to, got, ok)
			}
			if _, ok := parseEcho(b, a.Is6(), token+1); ok {
				t.Fatal("another's echo is taken")
			}
		}
	})
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		sent, received int
		want           bool
	}{{40, 40, false}, {40, 38, false}, {40, 37, true}, {120, 116, false}, {120, 114, true}, {40, 0, false}, {0, 0, false}} {
		if got := (sample{sent: c.sent, received: c.received}).loses(); got != c.want {
			t.Errorf("%d of %d: %v", c.received, c.sent, got)
		}
	}
	s := sample{sent: 2, received: 1, times: nil}.with(sample{sent: 3, received: 3})
	if diff := cmp.Diff([]int{s.sent, s.received, percent(s.lost())}, []int{5, 4, 20}); diff != "" {
		t.Error(diff)
	}
}

// TestWords: what came back is said in words, whatever it was.
func TestWords(t *testing.T) {
	one := []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	for want, a := range map[string]answer{
		"the port is closed":      {outcome: refused},
		"no such name":            {outcome: connected, rcode: 3},
		"refuses: SERVFAIL":       {outcome: connected, rcode: 2},
		"no address of this kind": {outcome: connected},
		"192.0.2.1":               {outcome: connected, addresses: one},
		"failed: broken":          {outcome: failed, err: errors.New("broken")},
	} {
		if got := a.words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, p := range map[string]portal{
		"not asked": {}, "nobody stands between": {asked: true}, "it leads to sign-in.example": {asked: true, captive: true, host: "sign-in.example"},
		"a page with status 200 that the server would not send": {asked: true, captive: true, status: 200}, "failed: broken": {err: errors.New("broken")},
	} {
		if got := p.words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestClassify: what an error of the network means, also where it is wrapped.
func TestClassify(t *testing.T) {
	for want, err := range map[outcome]error{
		refused: syscall.ECONNREFUSED, wasReset: syscall.ECONNRESET, silent: context.DeadlineExceeded, unreachable: syscall.EHOSTUNREACH,
		noPort: syscall.EADDRNOTAVAIL, interrupted: context.Canceled, failed: errors.New("something else"),
	} {
		if got := classify(fmt.Errorf("dial: %w", err)); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	if got := classify(os.ErrDeadlineExceeded); got != silent {
		t.Errorf("a deadline: %q", got)
	}
}

// TestAnyAndAll: of no attempts nothing holds, and "all" implies "any".
func TestAnyAndAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SampledFrom([]outcome{connected, refused, silent})
		var list []attempt
		for range rapid.IntRange(0, 4).Draw(t, "attempts") {
			list = append(list, attempt{outcome: draw.Draw(t, "outcome")})
		}
		if len(list) == 0 && (anyIs(list, connected, refused, silent) || allAre(list, connected, refused, silent)) {
			t.Fatal("of none")
		}
		if allAre(list, connected) && !anyIs(list, connected) || allAre(list, connected) && anyIs(list, refused, silent) {
			t.Fatalf("%v", list)
		}
	})
}
