package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// hostTable is attack C1 of the threat model and its honest neighbours: the Host, and whether it is ours.
var hostTable = []struct {
	host string
	ok   bool
}{
	{"localhost", true},
	{"localhost:8080", true},
	{"LOCALHOST:9999", true}, // an SSH tunnel from another port
	{"localhost.", true},
	{"localhost.:8080", true},
	{"127.0.0.1", true},
	{"127.0.0.1:1", true},
	{"127.8.9.10:8080", true},
	{"[::1]", true},
	{"[::1]:8080", true},
	{"[0:0:0:0:0:0:0:1]", true},
	{"[::ffff:7f00:1]:8080", true},
	{"box.lan", true},
	{"BOX.lan.:8080", true},
	{"192.0.2.77", true},
	{"[2001:db8::77]:8080", true},

	{"", false},
	{"evil.example", false},
	{"evil.example:8080", false},
	{"localhost.evil.example", false},
	{"evil.localhost", false},
	{"notlocalhost", false},
	{"localhost..", false},
	{"127.0.0.1.evil.example", false},
	{"127.1", false},
	{"127.0.0.1.", false},
	{"127.0.0.01", false},
	{"0x7f000001", false},
	{"0x7f.1", false},
	{"2130706433", false},
	{"017700000001", false},
	{"0.0.0.0", false},
	{"0.0.0.0:8080", false},
	{"[::]", false},
	{"[::]:8080", false},
	{"[::ffff:0.0.0.0]", false},
	{"[::1%25lo]", false},
	{"[::1%lo]:8080", false},
	{"[fe80::1]", false},
	{"::1", false},
	{"a@b", false},
	{"localhost@evil.example", false},
	{"evil.example@localhost", false},
	{"localhost:8080@evil.example", false},
	{"localhost, evil.example", false},
	{"localhost evil.example", false},
	{"localhost/evil", false},
	{"localhost:", false},
	{"localhost:99999", false},
	{"loca\u017fhost", false},
	{"192.0.2.78", false},
	{"10.0.0.1", false},
	{"sub.box.lan", false},
	{"box", false},
}

//attack:c1 16 names that are ours, and 38 that are not
func TestHostGate(t *testing.T) {
	s := newTestServer(t, Config{AllowHosts: []string{"Box.lan.", "192.0.2.77", "[2001:db8::77]"}}, testSite{}, defaultLimits)
	for _, tt := range hostTable {
		r := request("GET", "/", "X-Forwarded-Host", "localhost", "Forwarded", "host=localhost")
		r.Host = tt.host
		w := ask(s, r)
		if tt.ok {
			if w.Code != http.StatusOK {
				t.Errorf("host %q: status %d", tt.host, w.Code)
			}
			continue
		}
		checkMisdirected(t, fmt.Sprintf("host %q", tt.host), w.Result(), w.Body.String())
	}
}

// checkMisdirected demands the one refusal of the host gate.
func checkMisdirected(t *testing.T, what string, res *http.Response, body string) {
	t.Helper()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("%s: status %d", what, res.StatusCode)
	}
	if len(body) > 200 || strings.Contains(body, "secret") {
		t.Errorf("%s: body %q", what, body)
	}
	if res.Request == nil || res.Request.Method != "HEAD" {
		if body != "" && !strings.Contains(body, "--allow-host") {
			t.Errorf("%s: body %q does not say how to mend it", what, body)
		}
	}
	if res.Header.Get("Set-Cookie") != "" || res.Header.Get("Location") != "" {
		t.Errorf("%s: header %v", what, res.Header)
	}
	checkHeaders(t, what, res.Header)
}

// everyPath is one request for every way an answer can come about.
func everyPath() map[string]*http.Request {
	long := request("GET", "/?q="+strings.Repeat("x", 9000))
	withBody := request("POST", "/act", "Origin", "http://localhost:8080")
	withBody.ContentLength = 1 << 20
	star := request("OPTIONS", "/")
	star.RequestURI, star.URL.Path = "*", "*"
	return map[string]*http.Request{
		"page": request("GET", "/"), "head": request("HEAD", "/"), "data": request("GET", "/connections.json"),
		"static": request("GET", "/static/app.js"), "404": request("GET", "/nothing"), "405": request("DELETE", "/", "Origin", "http://localhost:8080"),
		"panic": request("GET", "/panic"), "fail": request("GET", "/fail"), "odd path": request("GET", "/a/../b"),
		"options": request("OPTIONS", "/"), "options *": star, "post": request("POST", "/act", "Origin", "http://localhost:8080"),
		"upgrade": upgrade("Origin", "http://evil.example"), "foreign origin": request("POST", "/act", "Origin", "http://evil.example"),
		"414": long, "413": withBody, "bad upgrade": request("GET", "/live"),
	}
}

// The host gate comes before every way of answering (attack C2).
//
//attack:c2
func TestHostGateIsOnEveryPath(t *testing.T) {
	for _, listen := range []string{"localhost:0", ":0", "0.0.0.0:0"} {
		s := newTestServer(t, Config{Listen: listen}, testSite{}, defaultLimits)
		s.bind, _ = fakeBind()
		if err := s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, r := range everyPath() {
			r.Host = "evil.example"
			if r.Header.Get("Origin") != "" {
				r.Header.Set("Origin", "http://evil.example") // what a rebound page sends
			}
			w := ask(s, r)
			checkMisdirected(t, listen+" "+name, w.Result(), w.Body.String())
		}
	}
}

// These are read by net/http before the gate sees them, so they go over a real connection.
func TestHostGateOnTheWire(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	serve(t, s)
	table := []struct {
		name, text string
		status     int
	}{
		{"ours", "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200},
		{"two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400},
		{"two equal hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"no host, HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 421},
		{"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 421},
		{"absolute form wins over Host", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		{"absolute form of ours", "GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 200},
		{"user in Host", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400}, // by net/http,
		{"user in absolute form", "GET http://localhost@evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		{"options star", "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
		{"connect", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 421},
		{"http/2 in clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421},
	}
	for _, addr := range s.Addrs() {
		for _, tt := range table {
			res, body := raw(t, addr, tt.text)
			if res.StatusCode != tt.status {
				t.Errorf("%v %s: status %d, want %d", addr, tt.name, res.StatusCode, tt.status)
			}
			if tt.status != 200 && (strings.Contains(body, "secret") || !res.Close) {
				t.Errorf("%v %s: close %v, body %q", addr, tt.name, res.Close, body)
			}
		}
	}
}

//attack:c2
func TestHostGateOwnAddresses(t *testing.T) {
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	local := netip.MustParseAddr("192.0.2.5")
	if s.gate.allows("192.0.2.5", local) {
		t.Error("an address beyond loopback is allowed while only loopback is bound")
	}
	s.gate.beyond.Store(true)
	now := time.Unix(0, 0)
	calls := 0
	addrs := []net.Addr{&net.IPNet{IP: net.ParseIP("192.0.2.6"), Mask: net.CIDRMask(24, 32)},
		&net.IPNet{IP: net.ParseIP("fe80::6"), Mask: net.CIDRMask(64, 128)},
		&net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}} // an interface without address, on some systems
	var failure error
	s.gate.own = &ownAddresses{now: func() time.Time { return now }, list: func() ([]net.Addr, error) {
		calls++
		return addrs, failure
	}}
	want := func(host string, ok bool) {
		t.Helper()
		if s.gate.allows(host, local) != ok {
			t.Errorf("%s: want %v", host, ok)
		}
	}
	want("192.0.2.5:8080", true) // this very connection
	want("192.0.2.6", true)
	want("[fe80::6]:8080", true)
	want("192.0.2.7", false)
	want("0.0.0.0", false)
	want("[::]", false)
	want("evil.example", false)
	if calls != 1 {
		t.Errorf("the addresses were read %d times within their time", calls)
	}
	now = now.Add(ownTTL)
	addrs = addrs[1:]
	want("192.0.2.6", false) // the network was left
	now = now.Add(ownTTL)
	addrs, failure = nil, errors.New("no netlink")
	want("[fe80::6]", false)
	want("192.0.2.5", true)
}

func TestHostGateRefusesBadAllowHosts(t *testing.T) {
	for _, bad := range []string{"http://box.lan", "box.lan:8080", "*", "*.lan", "box.lan/", "127.1", "fe80::1%eth0", " "} {
		if _, err := New(Config{Listen: "localhost:0", AllowHosts: []string{bad}}, testSite{}); err == nil || !strings.Contains(err.Error(), "box.lan") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A flood of refusals is one line in the log, and nothing in it can forge another.
func TestHostGateLogsRarely(t *testing.T) {
	var log logBuffer
	s := newTestServer(t, Config{Log: log.logger()}, testSite{}, defaultLimits)
	for range 50 {
		r := request("GET", "/")
		r.Host = "evil\nlevel=ERROR msg=forged\x1b[2J" + strings.Repeat("x", 1000)
		ask(s, r)
	}
	text := log.String()
	if n := strings.Count(text, "host refused"); n != 1 {
		t.Errorf("%d lines, want 1:\n%s", n, text)
	}
	if strings.Contains(text, "\nlevel=ERROR") || strings.Contains(text, "\x1b") || strings.Contains(text, strings.Repeat("x", 200)) {
		t.Errorf("log can be forged: %q", text)
	}
}

// Whatever is allowed is, read by other code, a loopback address, an own or a listed one, or a listed name.
//
//attack:c1
func FuzzHostGate(f *testing.F) {
	for _, tt := range hostTable {
		f.Add(tt.host)
	}
	gate, err := newHostGate([]string{"box.lan", "192.0.2.77"}, newTestServer(f, Config{}, testSite{}, defaultLimits).log)
	if err != nil {
		f.Fatal(err)
	}
	gate.beyond.Store(true)
	gate.own = &ownAddresses{now: time.Now, list: func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("2001:db8::5"), Mask: net.CIDRMask(64, 128)}}, nil
	}}
	own := map[string]bool{"192.0.2.77": true, "192.0.2.5": true, "2001:db8::5": true}
	names := map[string]bool{"localhost": true, "localhost.": true, "box.lan": true, "box.lan.": true}
	f.Fuzz(func(t *testing.T, host string) {
		if !gate.allows(host, netip.MustParseAddr("192.0.2.5")) {
			return
		}
		bare, _, err := net.SplitHostPort(host)
		if err != nil {
			bare = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		}
		ip := net.ParseIP(bare)
		if ip == nil && !names[strings.ToLower(bare)] {
			t.Fatalf("%q is allowed: neither address nor listed name", host)
		}
		if ip != nil && !ip.IsLoopback() && !own[ip.String()] {
			t.Fatalf("%q is allowed: not one of our addresses", host)
		}
	})
}
