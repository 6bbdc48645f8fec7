//go:build linux || windows

package owner

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
)

// connection returns both ends of a connection over loopback, the client's first, and what ends it.
func connection(t *testing.T, address string) (client, server netip.AddrPort, end func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("%s: %v", address, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.LocalAddr().(*net.TCPAddr).AddrPort(), c.RemoteAddr().(*net.TCPAddr).AddrPort(), func() { _ = c.Close() }
}

// TestOfPeer (A10): our own connection is ours on both families, one that was closed is nobody's, and so is one that
// never was.
func TestOfPeer(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			client, server, end := connection(t, address)
			user, err := OfPeer(client, server)
			if known := err == nil && slices.Contains(Users(os.LookupEnv), user); known != tells(address) {
				t.Errorf("user %q, %v; owners %q", user, err, Users(os.LookupEnv))
			}
			never := netip.AddrPortFrom(client.Addr(), 1)
			if user, err := OfPeer(never, server); !errors.Is(err, ErrUnknown) || user != "" {
				t.Errorf("a connection that is not there: user %q, %v", user, err)
			}
			end()
			if user, err := OfPeer(client, server); !errors.Is(err, ErrUnknown) || user != "" {
				t.Errorf("a closed connection: user %q, %v", user, err)
			}
		})
	}
}
