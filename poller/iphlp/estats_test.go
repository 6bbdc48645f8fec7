package iphlp

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"testing"
	"time"
)

// The figures are read from where tcpestats.h has them.
func TestStatistics(t *testing.T) {
	b := make([]byte, KindData.Size())
	binary.LittleEndian.PutUint64(b[72:], 1<<40)
	binary.LittleEndian.PutUint64(b[88:], 7)
	if d, err := ParseData(b); err != nil || d != (Data{Acked: 1 << 40, Received: 7}) {
		t.Errorf("%+v, %v", d, err)
	}
	b = make([]byte, KindPath.Size())
	binary.LittleEndian.PutUint32(b[20:], 3)
	binary.LittleEndian.PutUint32(b[108:], 25)
	if p, err := ParsePath(b); err != nil || p != (Path{RTT: 25 * time.Millisecond, Retransmits: 3}) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := ParseData(make([]byte, dataSize-1)); !errors.Is(err, ErrTruncated) {
		t.Errorf("bytes cut off: %v", err)
	}
	if _, err := ParsePath(nil); !errors.Is(err, ErrTruncated) {
		t.Errorf("path cut off: %v", err)
	}
}

// A connection is named by the row that tcpmib.h describes.
func TestKey(t *testing.T) {
	r := Row{State: Established, Local: netip.MustParseAddrPort("192.0.2.1:443"), Remote: netip.MustParseAddrPort("198.51.100.2:50000"),
		LocalScope: 4, RemoteScope: 5}
	if got := hex.EncodeToString(r.Key(false)); got != "05000000"+"c0000201"+"01bb0000"+"c6336402"+"c3500000" {
		t.Errorf("IPv4: %s", got)
	}
	r.Local, r.Remote = netip.MustParseAddrPort("[2001:db8::1]:443"), netip.MustParseAddrPort("[2001:db8::2]:50000")
	if got := hex.EncodeToString(r.Key(true)); got != "05000000"+
		"20010db8000000000000000000000001"+"04000000"+"01bb0000"+"20010db8000000000000000000000002"+"05000000"+"c3500000" {
		t.Errorf("IPv6: %s", got)
	}
}
