package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/access"
)

// TestOwnerByUser: who comes straight from loopback is known by the user of the socket; who comes by way of a proxy, by
// another name, or from elsewhere is not, whatever that user is.
func TestOwnerByUser(t *testing.T) {
	s, _ := newStrictServer(t, Config{Listen: ":0", AllowHosts: []string{"box.lan", "https://box.example"}}, testSite{})
	s.gate.beyond.Store(true)
	for _, test := range []struct {
		name, host string
		owner      bool
		header     []string
		want       int
	}{
		{"straight", "localhost:8080", true, nil, 200},
		{"by address", "127.0.0.1:8080", true, nil, 200},
		{"by address of IPv6", "[::1]:8080", true, nil, 200},
		{"another user", "localhost:8080", false, nil, 401},
		{"a name of --allow-host", "box.lan:8080", true, nil, 401},
		{"a name with TLS", "box.example", true, nil, 401},
		{"for another", "localhost:8080", true, []string{"X-Forwarded-For", "192.0.2.9"}, 401},
		{"for another, of a kind", "localhost:8080", true, []string{"X-Forwarded-Anything", ""}, 401},
		{"for another, by RFC 7239", "localhost:8080", true, []string{"Forwarded", "for=192.0.2.9"}, 401},
		{"through a tunnel of Cloudflare", "localhost:8080", true, []string{"Cf-Connecting-Ip", "192.0.2.9"}, 401},
		{"through nginx", "localhost:8080", true, []string{"X-Real-IP", "192.0.2.9"}, 401},
		{"through a tailnet", "localhost:8080", true, []string{"Tailscale-User-Login", "a@example.org"}, 401},
		{"via", "localhost:8080", true, []string{"Via", "1.1 proxy"}, 401},
	} {
		r := request("GET", "/", test.header...)
		r.Host = test.host
		if w := ask(s, sentBy(r, "127.0.0.1", test.owner)); w.Code != test.want {
			t.Errorf("%s: %d, want %d", test.name, w.Code, test.want)
		}
	}
	old := request("GET", "/")
	old.ProtoMajor, old.ProtoMinor = 1, 0
	if w := ask(s, sentBy(old, "127.0.0.1", true)); w.Code != 401 {
		t.Errorf("HTTP/1.0: %d", w.Code)
	}
}

// TestOwnerOnTheWire: the user is asked for once a connection, with its two ends, and what cannot be told is nobody.
func TestOwnerOnTheWire(t *testing.T) {
	for _, test := range []struct {
		name  string
		user  string
		err   error
		owns  []string
		want  int
		asked int
	}{
		{"the owner", "1000", nil, []string{"0", "1000"}, 200, 1},
		{"root", "0", nil, []string{"0", "1000"}, 200, 1},
		{"another", "1001", nil, []string{"0", "1000"}, 401, 1},
		{"unknown", "0", errors.New("gone"), []string{"0", "1000"}, 401, 1},
		{"no user at all", "", nil, []string{"", "1000"}, 401, 1},
		{"nobody owns it", "", nil, nil, 401, 1},
	} {
		asked := 0
		var client, server netip.AddrPort
		cfg := Config{Listen: "127.0.0.1:0", Owners: test.owns, UserOf: func(c, s netip.AddrPort) (string, error) {
			asked++
			client, server = c, s
			return test.user, test.err
		}}
		s, _ := newStrictServer(t, cfg, testSite{})
		stop := serveUntil(t, s)
		c := &http.Client{Transport: &http.Transport{}}
		for range 3 {
			res, err := c.Get(s.URL())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != test.want {
				t.Errorf("%s: %d, want %d", test.name, res.StatusCode, test.want)
			}
		}
		c.CloseIdleConnections()
		stop()
		if asked != test.asked || server != s.Addrs()[0] || !client.Addr().IsLoopback() || client.Port() == server.Port() {
			t.Errorf("%s: asked %d times, for %v and %v", test.name, asked, client, server)
		}
	}
}

// twoEnds is a connection that has addresses and nothing else.
type twoEnds struct {
	net.Conn
	remote, local netip.AddrPort
}

func (c twoEnds) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }
func (c twoEnds) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }

// TestOnlyLoopbackHasUsers: of who comes from elsewhere no user is asked for, and none would count.
func TestOnlyLoopbackHasUsers(t *testing.T) {
	everybody := newOwners(Config{Owners: []string{"0"}, UserOf: func(_, _ netip.AddrPort) (string, error) { return "0", nil }}, new(logBuffer).logger())
	for addr, want := range map[string]bool{"127.0.0.1": true, "::1": true, "192.0.2.9": false, "2001:db8::9": false} {
		a := netip.AddrPortFrom(netip.MustParseAddr(addr), 40000)
		c := &conn{Conn: twoEnds{remote: a, local: a}, peer: a.Addr()}
		if (everybody.ownerOf(c) == "0") != want {
			t.Errorf("%s: want %v", addr, want)
		}
	}
	nobody := newOwners(Config{Owners: []string{"0"}}, new(logBuffer).logger())
	if here := netip.MustParseAddrPort("127.0.0.1:40000"); nobody.ownerOf(&conn{Conn: twoEnds{remote: here, local: here}, peer: here.Addr()}) != "" {
		t.Error("nobody can be asked, and everybody is the owner")
	}
}

// serveUntil serves until the returned function is called.
func serveUntil(t *testing.T, s *Server) (stop func()) {
	t.Helper()
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	return func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	}
}

// TestSecretInHeader: a program sends the secret with each request; a wrong one is refused and counted.
func TestSecretInHeader(t *testing.T) {
	s, keeper := newStrictServer(t, Config{}, testSite{})
	_, secret := keeper.Invite("")
	send := func(value string) int {
		return ask(s, sentBy(request("GET", "/", "Authorization", value), "127.0.0.1", false)).Code
	}
	if code := send("Bearer " + secret); code != 200 {
		t.Errorf("the secret: %d", code)
	}
	for _, wrong := range []string{secret, "Basic " + secret, "bearer" + secret} {
		if code := send(wrong); code != 401 {
			t.Errorf("%q: %d", wrong, code)
		}
	}
	for i := range 12 {
		if code, limited := send("Bearer wrong"), i >= 10; limited != (code == 429) || !limited && code != 401 {
			t.Errorf("guess %d: %d", i, code)
		}
	}
}

// TestPlainIsViewer: over plain HTTP from elsewhere even the owner's secret makes a viewer; over loopback and TLS it does
// not.
func TestPlainIsViewer(t *testing.T) {
	s, keeper := newStrictServer(t, Config{}, testSite{})
	s.gate.beyond.Store(true)
	_, cookie, err := keeper.Enter(keeper.OwnerSecret(), netip.MustParseAddr("192.0.2.9"), "")
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]int{"127.0.0.1": 200, "192.0.2.9": 403} {
		r := request("POST", "/act", "Cookie", "sockeye-8080="+cookie, "Origin", "http://localhost:8080")
		if w := ask(s, sentBy(r, addr, false)); w.Code != want {
			t.Errorf("from %s: %d, want %d", addr, w.Code, want)
		}
	}
	if w := ask(s, sentBy(request("GET", "/", "Cookie", "sockeye-8080="+cookie), "192.0.2.9", false)); w.Code != 200 {
		t.Errorf("to look: %d", w.Code)
	}
}

// enterBy posts a secret.
func enterBy(s *Server, host, origin, secret, to string, headers ...string) (*http.Response, *http.Cookie) {
	r := request("POST", "/enter", append(headers, "Content-Type", "application/x-www-form-urlencoded", "Origin", origin)...)
	r.Host = host
	body := url.Values{"k": {secret}, "to": {to}}.Encode()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	res := ask(s, sentBy(r, "127.0.0.1", false)).Result()
	if cookies := res.Cookies(); len(cookies) == 1 {
		return res, cookies[0]
	}
	return res, nil
}

// TestEnter: a secret becomes a cookie that scripts cannot read and other sites cannot use; a form is sent on to its page
// and nowhere else; a known cookie that somebody brings along is not taken over.
func TestEnter(t *testing.T) {
	s, keeper := newStrictServer(t, Config{AllowHosts: []string{"https://box.example"}}, testSite{})
	_, secret := keeper.Invite("")
	res, cookie := enterBy(s, "localhost:8080", "http://localhost:8080", secret, "", "Accept", "application/json", "Cookie", "sockeye-8080=chosen-by-another")
	if res.StatusCode != 204 || cookie == nil || cookie.Name != "sockeye-8080" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode ||
		cookie.Secure || cookie.Path != "/" || cookie.Domain != "" || cookie.Value == "chosen-by-another" || cookie.MaxAge != 0 {
		t.Fatalf("%d %+v", res.StatusCode, cookie)
	}
	if w := ask(s, sentBy(request("GET", "/", "Cookie", "sockeye-8080="+cookie.Value), "127.0.0.1", false)); w.Code != 200 {
		t.Errorf("the cookie: %d", w.Code)
	}
	if w := ask(s, sentBy(request("GET", "/", "Cookie", "sockeye-8080=chosen-by-another"), "127.0.0.1", false)); w.Code != 401 {
		t.Errorf("a cookie that was chosen by another: %d", w.Code)
	}
	if w := ask(s, sentBy(request("GET", "/enter", "Cookie", "sockeye-8080="+cookie.Value), "127.0.0.1", false)); w.Body.String() != `{"role":"viewer"}`+"\n" {
		t.Errorf("the role: %s", w.Body)
	}
	res, cookie = enterBy(s, "box.example", "https://box.example", "https://box.example/?a#k="+secret, "/ports/443?x=1")
	if res.StatusCode != 303 || res.Header.Get("Location") != "/ports/443?x=1" || cookie == nil || cookie.Name != "__Host-sockeye" || !cookie.Secure {
		t.Errorf("%d %s %+v", res.StatusCode, res.Header.Get("Location"), cookie)
	}
	for _, to := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "/..//evil.example", "javascript:alert(1)", "", "ports", "https://evil.example/ports", "//evil.example/ports"} {
		_, secret := keeper.Invite("")
		if res, _ := enterBy(s, "localhost:8080", "http://localhost:8080", secret, to); res.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", to, res.Header.Get("Location"))
		}
	}
}

// TestEnterRefuses: wrong secrets, and pages of other sites.
func TestEnterRefuses(t *testing.T) {
	s, keeper := newStrictServer(t, Config{}, testSite{})
	_, secret := keeper.Invite("")
	if res, cookie := enterBy(s, "localhost:8080", "http://evil.example", secret, ""); res.StatusCode != 403 || cookie != nil {
		t.Errorf("from another site: %d %v", res.StatusCode, cookie)
	}
	for i := range 11 {
		res, cookie := enterBy(s, "localhost:8080", "http://localhost:8080", "wrong", "")
		if want := map[bool]int{true: 429, false: 401}[i >= 10]; res.StatusCode != want || cookie != nil {
			t.Errorf("guess %d: %d %v", i, res.StatusCode, cookie)
		}
	}
}

// TestSessionEndsItsRequests: what a visitor has under way when sent away ends, and says why where it has not begun.
func TestSessionEndsItsRequests(t *testing.T) {
	entered := make(chan struct{})
	site := testSite{more: func(e *echo.Echo) {
		e.GET("/connections.json", func(c echo.Context) error {
			close(entered)
			<-c.Request().Context().Done()
			return context.Cause(c.Request().Context())
		})
	}}
	s, keeper := newStrictServer(t, Config{}, site)
	session, cookie := guest(t, keeper)
	answer := make(chan string)
	go func() {
		w := ask(s, sentBy(request("GET", "/connections.json", "Cookie", "sockeye-8080="+cookie), "127.0.0.1", false))
		answer <- http.StatusText(w.Code) + ": " + w.Body.String()
	}()
	<-entered
	keeper.End(session.ID)
	select {
	case text := <-answer:
		if text != "Unauthorized: "+access.ErrRevoked.Text {
			t.Errorf("%q", text)
		}
	case <-time.After(10 * time.Second):
		t.Error("the request goes on")
	}
	w := ask(s, sentBy(request("GET", "/", "Cookie", "sockeye-8080="+cookie), "127.0.0.1", false))
	if w.Code != 401 || w.Body.String() != access.ErrRevoked.Text || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("the next one: %d %s", w.Code, w.Body)
	}
}

// TestVisitorIsCounted: page and bytes.
func TestVisitorIsCounted(t *testing.T) {
	s, keeper := newStrictServer(t, Config{}, testSite{})
	_, cookie := guest(t, keeper)
	for _, path := range []string{"/ports/443?x=1", "/static/x.js"} {
		ask(s, sentBy(request("GET", path, "Cookie", "sockeye-8080="+cookie), "127.0.0.1", false))
	}
	if v := keeper.Visitors()[0]; v.Page != "/ports/443?x=1" || v.Bytes != uint64(len("secret 443")+len("secret x.js")) {
		t.Errorf("%+v", v)
	}
}

// TestOriginBehindProxies: behind a proxy that ends TLS the origin is https, where that is known from --allow-host or
// from the proxy itself; nobody else can claim it, and no other origin is taken.
func TestOriginBehindProxies(t *testing.T) {
	s, keeper := newStrictServer(t, Config{AllowHosts: []string{"box.lan", "https://box.example", "https://[2001:db8::77]"}}, testSite{})
	session, cookie := guest(t, keeper)
	_ = session
	for _, test := range []struct {
		name, host, origin, peer string
		header                   []string
		ok                       bool
	}{
		{"declared", "box.example", "https://box.example", "127.0.0.1", nil, true},
		{"declared, with a port", "box.example:8443", "https://box.example:8443", "127.0.0.1", nil, true},
		{"declared, an address", "[2001:db8::77]", "https://[2001:db8::77]", "127.0.0.1", nil, true},
		{"declared, another port", "box.example", "https://box.example:8443", "127.0.0.1", nil, false},
		{"declared, without TLS", "box.example", "http://box.example", "127.0.0.1", nil, false},
		{"declared, another site", "box.example", "https://evil.example", "127.0.0.1", nil, false},
		{"declared, below it", "box.example", "https://a.box.example", "127.0.0.1", nil, false},
		{"told", "box.lan", "https://box.lan", "127.0.0.1", []string{"X-Forwarded-Proto", "https"}, true},
		{"told, without TLS", "box.lan", "http://box.lan", "127.0.0.1", []string{"X-Forwarded-Proto", "https"}, false},
		{"told http", "box.lan", "http://box.lan", "127.0.0.1", []string{"X-Forwarded-Proto", "http"}, true},
		{"told twice", "box.lan", "https://box.lan", "127.0.0.1", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Proto", "https"}, false},
		{"told a list", "box.lan", "https://box.lan", "127.0.0.1", []string{"X-Forwarded-Proto", "https, http"}, false},
		{"told from elsewhere", "box.lan", "https://box.lan", "192.0.2.9", []string{"X-Forwarded-Proto", "https"}, false},
		{"told of localhost", "localhost:8080", "https://localhost:8080", "127.0.0.1", []string{"X-Forwarded-Proto", "https"}, false},
		{"told another host", "localhost:8080", "https://evil.example", "127.0.0.1", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example"}, false},
		{"not told", "box.lan", "https://box.lan", "127.0.0.1", nil, false},
		{"null", "box.example", "null", "127.0.0.1", nil, false},
	} {
		for _, upgrade := range []bool{true, false} {
			method, target := "POST", "/act"
			header := append([]string{"Origin", test.origin}, test.header...)
			if upgrade {
				method, target = "GET", "/live"
				header = append(header, "Connection", "Upgrade", "Upgrade", "websocket")
			}
			for _, name := range []string{"sockeye", "sockeye-8443", "sockeye-8080"} {
				header = append(header, "Cookie", name+"="+cookie, "Cookie", "__Host-"+name+"="+cookie)
			}
			r := request(method, target, header...)
			r.Host = test.host
			w := ask(s, sentBy(r, test.peer, false))
			refused := strings.HasPrefix(w.Body.String(), "This request did not come from a page of this sockeye")
			if refused == test.ok {
				t.Errorf("%s, upgrade %v: %d %.80s", test.name, upgrade, w.Code, w.Body)
			}
		}
	}
}

// TestProxiedNames are offered as places of links.
func TestProxiedNames(t *testing.T) {
	gate, err := newHostGate([]string{"box.lan", "https://box.example.", "https://[2001:db8::77]"}, new(logBuffer).logger())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(gate.proxied(), " "); got != "[2001:db8::77] box.example" {
		t.Errorf("%q", got)
	}
	for _, host := range []string{"box.lan", "box.example", "box.example.:443", "[2001:db8::77]"} {
		if !gate.allows(host, netip.Addr{}) {
			t.Errorf("%s is refused", host)
		}
	}
	for _, bad := range []string{"https://", "https://box.lan:8443", "https://box.lan/", "HTTPS://box.lan", "https://*", "https://https://a"} {
		if _, err := newHostGate([]string{bad}, new(logBuffer).logger()); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
