package netinfo

import (
	"bytes"
	"net"
	"slices"
	"strconv"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestMaker(t *testing.T) {
	v, err := LoadVendors()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mac, name string
		local, ok bool
	}{
		{"00:00:00:12:34:56", "XEROX CORPORATION", false, true},
		{"00:55:da:0f:ff:ff", "Shinko Technos co.,ltd.", false, true}, // 28 bits
		{"00:55:da:1f:ff:ff", "KoolPOS Inc.", false, true},
		{"02:42:ac:11:00:02", "", true, false},
		{"00:00:00:12:34:56:78:9a", "", false, false},
	} {
		mac, err := net.ParseMAC(c.mac)
		if err != nil {
			t.Fatal(err)
		}
		if name, local, ok := v.Maker(mac); name != c.name || local != c.local || ok != c.ok {
			t.Errorf("%s: %q, %v, %v", c.mac, name, local, ok)
		}
	}
	if len(v.prefixes) < 50000 || !slices.IsSorted(v.prefixes) {
		t.Errorf("%d prefixes, in order: %v", len(v.prefixes), slices.IsSorted(v.prefixes))
	}
}

// TestLongerPrefixWins: a block that was handed on in parts belongs to the one who has the part.
func TestLongerPrefixWins(t *testing.T) {
	v := &Vendors{text: []string{"all", "part", "small"}, names: []uint32{0, 1, 2},
		prefixes: []uint64{vendorKey(24, 0x001122), vendorKey(28, 0x0011223), vendorKey(36, 0x001122334)}}
	for mac, want := range map[string]string{"00:11:22:00:00:00": "all", "00:11:22:30:00:00": "part", "00:11:22:33:4f:ff": "small"} {
		m, _ := net.ParseMAC(mac)
		if name, _, _ := v.Maker(m); name != want {
			t.Errorf("%s: %q, want %q", mac, name, want)
		}
	}
}

// FuzzParseVendors: what can be read is written again to what reads the same.
func FuzzParseVendors(f *testing.F) {
	f.Add((&Vendors{text: []string{"a", "b"}, names: []uint32{1, 0}, prefixes: []uint64{5, 70000}}).encode())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseVendors(b)
		if err != nil {
			return
		}
		again, err := parseVendors(v.encode())
		if err != nil || !slices.Equal(again.prefixes, v.prefixes) || !slices.Equal(again.names, v.names) || !slices.Equal(again.text, v.text) {
			t.Errorf("%x became %x, %v", b, again.encode(), err)
		}
		if !bytes.Equal(again.encode(), v.encode()) {
			t.Error("not stable")
		}
	})
}
