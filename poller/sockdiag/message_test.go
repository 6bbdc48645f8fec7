package sockdiag

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A message is split where its header says, and the next one begins at a multiple of 4 bytes.
func TestNextMessage(t *testing.T) {
	h := Header{Type: TypeNoop, Flags: 5, Sequence: 6, PortID: 7}
	for payload := range 6 {
		first := AppendMessage(nil, h, bytes.Repeat([]byte{0xaa}, payload))
		got, body, rest, err := NextMessage(append(first, "rest"...))
		check(t, err)
		want := h
		want.Length = uint32(headerLen + payload)
		if got != want || len(body) != payload || string(rest) != "rest" {
			t.Errorf("%d bytes: %+v, payload %x, rest %q", payload, got, body, rest)
		}
	}
}

// The last message of a datagram may lack its padding.
func TestNextMessageUnpadded(t *testing.T) {
	b := AppendMessage(nil, Header{Type: TypeNoop}, []byte{1, 2, 3})
	_, payload, rest, err := NextMessage(b[:len(b)-1])
	check(t, err)
	if !bytes.Equal(payload, []byte{1, 2, 3}) || len(rest) != 0 {
		t.Errorf("payload %v, rest %v", payload, rest)
	}
}

// The flag of an interrupted dump is told apart from the others.
func TestInterrupted(t *testing.T) {
	for bit := range 16 {
		h := Header{Flags: 1 << bit}
		if h.Interrupted() != (bit == 4) {
			t.Errorf("flags %#x: interrupted %v", h.Flags, h.Interrupted())
		}
	}
}

// The request is the one of linux/inet_diag.h: nlmsghdr, then inet_diag_req_v2 with an empty socket id.
func TestAppendRequest(t *testing.T) {
	littleEndian(t)
	got := AppendRequest([]byte{0xee}, 0x01020304, Request{Family: FamilyIPv6, Protocol: ProtocolUDP, Extensions: WithInfo, States: AllStates})
	want := "ee" +
		"48000000" + "1400" + "0103" + "04030201" + "00000000" +
		"0a" + "11" + "02" + "00" + "ff3f0000"
	if diff := cmp.Diff(want, hex.EncodeToString(got[:len(got)-socketIDLen])); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if !slices.Equal(got[len(got)-socketIDLen:], make([]byte, socketIDLen)) {
		t.Errorf("the socket id is not empty: %x", got)
	}
}

// Both families together are asked for by the older request, and a part of the sockets by a filter that compares a port.
func TestAppendRequestForParts(t *testing.T) {
	littleEndian(t)
	const old = "000000" + "02" // family and prefix lengths, then the extensions
	for _, tt := range []struct {
		r    Request
		want string // type, the start of the body, and what follows it
		body int
		code string
	}{
		{Request{Protocol: ProtocolTCP, Extensions: WithInfo, States: AllStates}, "1200", oldRequestLen, ""},
		{Request{Protocol: ProtocolTCP, Extensions: WithInfo, Cut: PortCut{Port: 0x1234}}, "1200", oldRequestLen, "0c000100" + "03080c00" + "00003312"},
		{Request{Protocol: ProtocolTCP, Extensions: WithInfo, Cut: PortCut{Port: 0x1234, Upper: true}}, "1200", oldRequestLen, "0c000100" + "02080c00" + "00003412"},
		{Request{Protocol: ProtocolTCP, Extensions: WithInfo, Cut: PortCut{Port: 0x1234, Remote: true}}, "1200", oldRequestLen, "0c000100" + "05080c00" + "00003312"},
		{Request{Family: FamilyIPv4, Protocol: ProtocolTCP, Cut: PortCut{Port: 0x1234, Remote: true, Upper: true}}, "1400", requestLen, "0c000100" + "04080c00" + "00003412"},
	} {
		got := AppendRequest(nil, 1, tt.r)
		if kind := hex.EncodeToString(got[4:6]); kind != tt.want || int(order.Uint32(got)) != len(got) {
			t.Errorf("%+v: type %s, length %d of %d bytes", tt.r, kind, order.Uint32(got), len(got))
		}
		if code := hex.EncodeToString(got[headerLen+tt.body:]); code != tt.code {
			t.Errorf("%+v: code %s, want %s", tt.r, code, tt.code)
		}
		if tt.body == oldRequestLen && hex.EncodeToString(got[headerLen:headerLen+4]) != old {
			t.Errorf("%+v: body %x", tt.r, got[headerLen:headerLen+4])
		}
	}
}

// littleEndian skips a test whose bytes were recorded on a little-endian machine.
func littleEndian(t testing.TB) {
	if order.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the bytes of this test are little-endian, this machine is not")
	}
}

// The port at the local end stands where the socket id begins, in both forms of the request; the kernel passes over
// other sockets.
func TestAppendRequestForAPort(t *testing.T) {
	for _, tt := range []struct {
		family uint8
		at     int
	}{{FamilyIPv4, requestLen - socketIDLen}, {FamilyAny, 4}} {
		got := AppendRequest(nil, 1, Request{Family: tt.family, Protocol: ProtocolTCP, LocalPort: 0x1f90})
		if port := hex.EncodeToString(got[headerLen+tt.at:][:4]); port != "1f900000" {
			t.Errorf("family %d: ports %s", tt.family, port)
		}
	}
}
