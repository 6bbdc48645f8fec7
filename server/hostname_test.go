package server

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestParseAuthority(t *testing.T) {
	addr := netip.MustParseAddr
	good := map[string]authority{
		"localhost":                 {name: "localhost"},
		"LocalHost:8080":            {name: "localhost", port: 8080},
		"localhost.:8080":           {name: "localhost.", port: 8080},
		"my_box-1.lan":              {name: "my_box-1.lan"},
		"127.0.0.1:65535":           {addr: addr("127.0.0.1"), port: 65535},
		"[::1]":                     {addr: addr("::1")},
		"[::1]:1":                   {addr: addr("::1"), port: 1},
		"[0:0:0:0:0:0:0:1]:1":       {addr: addr("::1"), port: 1},
		"[::ffff:127.0.0.1]":        {addr: addr("127.0.0.1")},
		"1.2.3.4.example":           {name: "1.2.3.4.example"},
		strings.Repeat("a", 63):     {name: strings.Repeat("a", 63)},
		"xn--bcher-kva.example:443": {name: "xn--bcher-kva.example", port: 443},
	}
	for in, want := range good {
		got, ok := parseAuthority(in)
		if !ok {
			t.Errorf("%q refused", in)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(authority{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
	bad := []string{
		"", ":", ":80", ".", "..", "a..b", ".a", "localhost:", "localhost:0", "localhost:65536", "localhost:http",
		"localhost:+80", "localhost:80:80", "::1", "::1:80", "[]", "[::1", "[::1]80", "[::1]:", "[::1%25lo]", "[::1%lo]",
		"[127.0.0.1]", "[localhost]", "[[::1]]", "127.1", "127.0.0.1.", "127.000.0.1", "0x7f000001", "0x7f.0.0.1", "2130706433",
		"017700000001", "a.0x", "a@b", "a b", "a/b", "a\\b", "a%62", "a\x00", "a\n", "ä.example", "loca\u017fhost", "\u212aelvin",
		strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a",
	}
	for _, in := range bad {
		if got, ok := parseAuthority(in); ok {
			t.Errorf("%q taken for %+v", in, got)
		}
	}
}

// Whatever address and port net writes, parseAuthority reads.
func TestParseAuthorityReadsAddresses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(t, "size")
		addr, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "addr"))
		port := rapid.IntRange(1, 65535).Draw(t, "port")
		got, ok := parseAuthority(net.JoinHostPort(addr.String(), strconv.Itoa(port)))
		if !ok || got.addr != addr.Unmap() || got.port != port || got.name != "" {
			t.Fatalf("%v %d: %+v %v", addr, port, got, ok)
		}
	})
}
