package diagnose

import (
	"net"
	"net/netip"
	"testing"
)

func TestARP(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	a := netip.MustParseAddr("192.0.2.9")
	b := arpRequest(mac, a, netip.MustParseAddr("192.0.2.1"))
	if got, has, ok := parseARP(b); !ok || got.String() != mac.String() || has != a {
		t.Errorf("%v, %v, %v", got, has, ok)
	}
	if _, _, ok := parseARP(arpRequest(mac, netip.IPv4Unspecified(), a)); ok {
		t.Error("a probe is taken for a claim")
	}
	if _, _, ok := parseARP(b[:27]); ok {
		t.Error("half a packet is read")
	}
}

func TestAdvertisement(t *testing.T) {
	a := netip.MustParseAddr("fe80::1")
	b := append([]byte{136, 0, 0, 0, 0xe0, 0, 0, 0}, a.AsSlice()...)
	if mac, of, ok := parseAdvertisement(b); !ok || len(mac) != 0 || of != a {
		t.Errorf("without its option: %v, %v, %v", mac, of, ok)
	}
	b = append(b, 2, 1, 2, 0, 0, 0, 0, 9)
	if mac, _, ok := parseAdvertisement(b); !ok || mac.String() != "02:00:00:00:00:09" {
		t.Errorf("%v, %v", mac, ok)
	}
	b[25] = 0 // an option of no length
	if _, _, ok := parseAdvertisement(b); ok {
		t.Error("an option of no length is read")
	}
}

// FuzzNeighbours: no packet makes the readers fail.
func FuzzNeighbours(f *testing.F) {
	f.Add([]byte{136, 0, 0, 0, 0xe0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 2, 0, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		if mac, _, ok := parseAdvertisement(b); ok && len(mac) != 0 && len(mac) != 6 {
			t.Errorf("%x: %v", b, mac)
		}
		if _, has, ok := parseARP(b); ok && !has.Is4() {
			t.Errorf("%x: %v", b, has)
		}
	})
}

// TestChecksum: a packet with its checksum in it sums up to nothing (RFC 1071).
func TestChecksum(t *testing.T) {
	b := ipPacket(netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.7"), []byte{8, 0, 0, 0, 0, 0, 0, 1})
	if checksum(b[:20]) != 0 || len(b) != 28 {
		t.Errorf("%x", b)
	}
	if checksum([]byte{0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7}) != ^uint16(0xddf2) || checksum([]byte{1}) != ^uint16(0x0100) {
		t.Error("not the sum of RFC 1071")
	}
}
