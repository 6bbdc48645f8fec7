package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"sockeye/access"
)

// strictRules are rules for some routes of testSite, and for one that is not there.
var strictRules = []Rule{
	{Method: "GET", Pattern: "/static/*"},
	{Method: "GET", Pattern: enterPath},
	{Method: "POST", Pattern: enterPath, Body: formBody},
	{Method: "GET", Pattern: "/", Least: Viewer},
	{Method: "GET", Pattern: "/live", Least: Viewer},
	{Method: "GET", Pattern: "/ports/:port", Least: Viewer, OwnerParams: []string{"try"}},
	{Method: "GET", Pattern: "/connections.json", Least: Viewer, AtOnce: 1},
	{Method: "POST", Pattern: "/act", Least: Owner, Body: 8},
	{Method: "GET", Pattern: "/nothing", Least: Nobody},
}

// newStrictServer returns a server with strictRules, and its keeper.
func newStrictServer(t *testing.T, cfg Config, site Site) (*Server, *access.Keeper) {
	t.Helper()
	keeper := access.NewKeeper()
	t.Cleanup(keeper.Close)
	cfg.Keeper = keeper
	if cfg.Listen == "" {
		cfg.Listen = "localhost:0"
	}
	s, err := newServer(cfg, site, strictRules, defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, keeper
}

// sentBy has a request come from an address, whose user is the owner or not.
func sentBy(r *http.Request, addr string, owner bool) *http.Request {
	p := &peer{addr: netip.MustParseAddr(addr), owner: func() string {
		if owner {
			return "1000"
		}
		return ""
	}}
	return r.WithContext(context.WithValue(r.Context(), peerKey{}, p))
}

// guest returns the cookie of a viewer who came by a link.
func guest(t *testing.T, k *access.Keeper) (s *access.Session, cookie string) {
	t.Helper()
	_, secret := k.Invite("")
	s, cookie, err := k.Enter(secret, netip.MustParseAddr("192.0.2.9"), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s, cookie
}

// TestRules: every kind of rule with every role.
func TestRules(t *testing.T) {
	s, keeper := newStrictServer(t, Config{}, testSite{})
	_, cookie := guest(t, keeper)
	sameOrigin := []string{"Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin"}
	for _, test := range []struct {
		method, target         string
		nobody, viewer, owner_ int
	}{
		{"GET", "/static/a.js", 200, 200, 200},
		{"HEAD", "/", 401, 200, 200},
		{"GET", "/", 401, 200, 200},
		{"GET", "/ports/443", 401, 200, 200},
		{"GET", "/ports/443?try=1", 401, 403, 200},
		{"GET", "/ports/443?x=1&try", 401, 403, 200},
		{"POST", "/act", 401, 403, 200},
		{"GET", "/fail", 403, 403, 403},      // a route without a rule
		{"DELETE", "/act", 403, 403, 403},    // the same, beside one that has
		{"GET", "/nothing", 401, 404, 404},   // a rule without a route
		{"GET", "/elsewhere", 401, 404, 404}, // neither
		{"PUT", "/", 401, 405, 405},          // another method
		{"PROPFIND", "/act", 401, 405, 405},  // an unknown one
		{"OPTIONS", "/", 405, 405, 405},      // the origin gate's
	} {
		for _, who := range []struct {
			name   string
			owner  bool
			header []string
			want   int
		}{
			{"nobody", false, nil, test.nobody},
			{"viewer", false, []string{"Cookie", "sockeye-8080=" + cookie}, test.viewer},
			{"owner", true, nil, test.owner_},
			{"owner with a viewer's cookie", true, []string{"Cookie", "sockeye-8080=" + cookie}, test.owner_},
		} {
			r := request(test.method, test.target, append(who.header, sameOrigin...)...)
			w := ask(s, sentBy(r, "127.0.0.1", who.owner))
			if w.Code != who.want {
				t.Errorf("%s %s as %s: %d, want %d", test.method, test.target, who.name, w.Code, who.want)
			}
			if strings.Contains(w.Body.String(), "secret") != (who.want == 200) {
				t.Errorf("%s %s as %s: %q", test.method, test.target, who.name, w.Body)
			}
			if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s as %s: headers are missing", test.method, test.target, who.name)
			}
		}
	}
}

// TestRouteWithoutRuleIsTold in the log, once, at the start.
func TestRouteWithoutRuleIsTold(t *testing.T) {
	var log logBuffer
	newStrictServer(t, Config{Log: log.logger()}, testSite{})
	for _, want := range []string{"pattern=/fail", "pattern=/panic"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("nothing of %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "pattern=/live") {
		t.Error("a route with a rule is complained of")
	}
}

// TestRuleOfBodies: a rule's length counts, with and without an announcement.
func TestRuleOfBodies(t *testing.T) {
	s, _ := newStrictServer(t, Config{}, testSite{})
	for body, want := range map[string]int{"": 200, "12345678": 200, "123456789": 413} {
		for _, announced := range []bool{true, false} {
			r := httptest.NewRequest("POST", "/act", strings.NewReader(body))
			r.Host = "localhost:8080"
			r.Header.Set("Origin", "http://localhost:8080")
			if !announced {
				r.ContentLength = -1
			}
			if w := ask(s, r); w.Code != want {
				t.Errorf("%q, announced %v: %d, want %d", body, announced, w.Code, want)
			}
		}
	}
}

// TestAtOnce: a viewer has as many requests of a kind under way as the rule says; another viewer and the owner are not
// kept from theirs.
func TestAtOnce(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	site := testSite{more: func(e *echo.Echo) {
		e.GET("/connections.json", func(c echo.Context) error {
			if c.QueryParam("wait") != "" {
				entered <- struct{}{}
				<-leave
			}
			return c.NoContent(http.StatusOK)
		})
	}}
	s, keeper := newStrictServer(t, Config{}, site)
	_, one := guest(t, keeper)
	_, other := guest(t, keeper)
	get := func(target, cookie string, owner bool) int {
		return ask(s, sentBy(request("GET", target, "Cookie", "sockeye-8080="+cookie), "127.0.0.1", owner)).Code
	}
	first := make(chan int)
	go func() { first <- get("/connections.json?wait=1", one, false) }()
	<-entered
	if code := get("/connections.json", one, false); code != http.StatusTooManyRequests {
		t.Errorf("the second of one viewer: %d", code)
	}
	if a, b := get("/connections.json", other, false), get("/connections.json", one, true); a != 200 || b != 200 {
		t.Errorf("another viewer %d, the owner %d", a, b)
	}
	close(leave)
	if code := <-first; code != 200 {
		t.Errorf("the first: %d", code)
	}
	if code := get("/connections.json", one, false); code != 200 {
		t.Errorf("after it: %d", code)
	}
}
