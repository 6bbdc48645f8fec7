package actions

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

var nowForTest = time.Now

// request is one that came on a connection between two ends.
func request(local, peer, host string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr, r.Host = peer, host
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if local == "" {
		return r
	}
	addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, addr))
}

// TestOwner (X2): only the owner, only on loopback, only by the machine's own names, and not through a proxy.
func TestOwner(t *testing.T) {
	user := uint32(1000)
	var failure error
	o := &Owner{uids: []uint32{0, 1000}, uidOf: func(_, _ netip.AddrPort) (uint32, error) { return user, failure }}
	for name, test := range map[string]struct {
		r    *http.Request
		want bool
	}{
		"owner":              {request("127.0.0.1:8080", "127.0.0.1:5000", "localhost:8080"), true},
		"IPv6":               {request("[::1]:8080", "[::1]:5000", "[::1]:8080"), true},
		"mapped":             {request("[::ffff:127.0.0.1]:8080", "[::ffff:127.0.0.1]:5000", "127.0.0.1:8080"), true},
		"by a name":          {request("127.0.0.1:8080", "127.0.0.1:5000", "sockeye.localhost"), true},
		"from the LAN":       {request("192.0.2.1:8080", "192.0.2.9:5000", "localhost:8080"), false},
		"own LAN address":    {request("192.0.2.1:8080", "192.0.2.1:5000", "localhost:8080"), false},
		"half loopback":      {request("127.0.0.1:8080", "192.0.2.9:5000", "localhost:8080"), false},
		"by a foreign name":  {request("127.0.0.1:8080", "127.0.0.1:5000", "box.example:8080"), false},
		"by a LAN address":   {request("127.0.0.1:8080", "127.0.0.1:5000", "192.0.2.1:8080"), false},
		"without a host":     {request("127.0.0.1:8080", "127.0.0.1:5000", ""), false},
		"through a proxy":    {request("127.0.0.1:8080", "127.0.0.1:5000", "localhost:8080", "X-Forwarded-For", "127.0.0.1"), false},
		"through another":    {request("127.0.0.1:8080", "127.0.0.1:5000", "localhost:8080", "Forwarded", "for=127.0.0.1"), false},
		"no local address":   {request("", "127.0.0.1:5000", "localhost:8080"), false},
		"no address of peer": {request("127.0.0.1:8080", "@", "localhost:8080"), false},
	} {
		who, err := o.May(test.r)
		if (err == nil) != test.want || err != nil && reasonOf(t, err) != Denied {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (who.UID == nil || *who.UID != 1000 || who.Peer == "") {
			t.Errorf("%s: %+v", name, who)
		}
	}
	r := request("127.0.0.1:8080", "127.0.0.1:5000", "localhost:8080")
	for user = range uint32(1001) {
		if _, err := o.May(r); (err == nil) != (user == 0 || user == 1000) {
			t.Fatalf("user %d: %v", user, err)
		}
	}
	failure = errors.New("not told")
	user = 0
	if _, err := o.May(r); reasonOf(t, err) != Denied {
		t.Errorf("where the user is not told: %v", err)
	}
}
