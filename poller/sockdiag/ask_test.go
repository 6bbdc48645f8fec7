package sockdiag

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// question is the one that the tests ask.
func question() Question {
	return Question{
		Family: FamilyIPv4, Protocol: ProtocolTCP, Cookie: 0x1122334455667788, Interface: 3,
		Local: netip.MustParseAddrPort("192.0.2.1:80"), Remote: netip.MustParseAddrPort("192.0.2.2:50000"),
	}
}

// The request names both ends and the cookie; a search names the ports alone.
func TestAppendAsk(t *testing.T) {
	for _, search := range []bool{false, true} {
		h, body, _, err := NextMessage(appendAsk(nil, 9, question(), search))
		check(t, err)
		id := body[8:]
		if h.Sequence != 9 || h.Type != TypeSockByFamily || (h.Flags&flagDump != 0) != search {
			t.Errorf("header %+v", h)
		}
		if body[0] != FamilyIPv4 || body[1] != ProtocolTCP || body[2] != 0xff {
			t.Errorf("request %x", body[:8])
		}
		if binary.BigEndian.Uint16(id) != 80 || binary.BigEndian.Uint16(id[2:]) != 50000 {
			t.Errorf("ports %x", id[:4])
		}
		cookie := uint64(order.Uint32(id[40:])) | uint64(order.Uint32(id[44:]))<<32
		if named := bytes.Equal(id[4:8], []byte{192, 0, 2, 1}) && order.Uint32(id[36:]) == 3 && cookie == question().Cookie; named == search {
			t.Errorf("search %v: identity %x", search, id)
		}
	}
	q := question()
	q.Protocol = ProtocolUDP
	_, body, _, err := NextMessage(appendAsk(nil, 9, q, false))
	check(t, err)
	if binary.BigEndian.Uint16(body[8:]) != 50000 {
		t.Error("UDP: the kernel wants the remote end first")
	}
}

// What can come back, and what it means.
func TestReadAnswer(t *testing.T) {
	truncated := say(socket(1))
	truncated.datagrams[0].truncated = true
	stranger := say(socket(2), socket(1))
	stranger.datagrams[0].from = 77
	for name, tt := range map[string]struct {
		kernel *kernel
		search bool
		err    error
	}{
		"the socket":              {kernel: say(socket(1))},
		"of another sender first": {kernel: stranger},
		"another cookie":          {kernel: say(socket(2)), err: ErrGone},
		"not there":               {kernel: say(message(TypeError, 0, number(-int32(syscall.ENOENT)))), err: ErrGone},
		"another one there":       {kernel: say(message(TypeError, 0, number(-staleErrno))), err: ErrGone},
		"refused":                 {kernel: say(message(TypeError, 0, number(-int32(syscall.EPERM)))), err: syscall.EPERM},
		"truncated":               {kernel: truncated, err: ErrTruncated},
		"lost":                    {kernel: say(message(TypeOverrun, 0, nil)), err: ErrOverrun},
		"silence":                 {kernel: say(), err: errEnd},
		"short record":            {kernel: say(message(TypeSockByFamily, 0, []byte{1})), err: ErrShort},
		"found in a list":         {kernel: say(join(socket(3), socket(1)), join(socket(4), done(0))), search: true},
		"not in a list":           {kernel: say(join(socket(3), done(0))), search: true, err: ErrGone},
		"list cut short":          {kernel: say(socket(3), done(-int32(syscall.ENOMEM))), search: true, err: syscall.ENOMEM},
	} {
		d, err := readAnswer(tt.kernel, testPort, testSequence, 1, tt.search)
		if !errors.Is(err, tt.err) || err == nil && d.Cookie != 1 {
			t.Errorf("%s: %+v, %v, want %v", name, d, err, tt.err)
		}
	}
}

// attributes is the wire form of a record with more attributes than a dump has.
func attributes() []byte {
	b := appendAttribute(plain(7), attrCong, []byte("bbr\x00"))
	b = appendAttribute(b, attrTOS, []byte{0x10})
	b = appendAttribute(b, attrTClass, []byte{0x20})
	b = appendAttribute(b, attrShutdown, []byte{2})
	b = appendAttribute(b, attrMark, order.AppendUint32(nil, 42))
	b = appendAttribute(b, attrSockOpt, order.AppendUint16(nil, 1<<2|1<<1|1<<5))
	var memory []byte
	for n := range uint32(9) {
		memory = order.AppendUint32(memory, n+1)
	}
	b = appendAttribute(b, attrSkMemInfo, memory)
	var bbr []byte
	for _, n := range []uint32{5, 1, 300, 256, 512} {
		bbr = order.AppendUint32(bbr, n)
	}
	return appendAttribute(b, attrBBR, bbr)
}

func TestParseDetail(t *testing.T) {
	var d Detail
	check(t, ParseDetail(attributes(), &d))
	want := Detail{
		Record: d.Record, Congestion: "bbr", TOS: 0x10, HasTOS: true, TClass: 0x20, HasTClass: true,
		Shutdown: 2, HasShutdown: true, Mark: 42, HasMark: true, Options: 1<<2 | 1<<1 | 1<<5, HasOptions: true,
		HasMemory: true, Memory: Memory{1, 2, 3, 4, 5, 6, 7, 8, 9},
		HasBBR: true, BBR: BBR{Bandwidth: 1<<32 | 5, MinRTT: 300, PacingGain: 256, WindowGain: 512},
	}
	if diff := cmp.Diff(want, d, equal()); diff != "" || d.Cookie != 7 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"freebind", "transparent"}, d.OptionNames()); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

// Attributes that are shorter than their type tell nothing.
func TestParseDetailShort(t *testing.T) {
	b := plain(7)
	for _, kind := range []uint16{attrCong, attrTOS, attrTClass, attrShutdown, attrMark, attrSockOpt, attrSkMemInfo, attrBBR, attrInfo} {
		b = appendAttribute(b, kind, nil)
	}
	var d Detail
	check(t, ParseDetail(b, &d))
	if diff := cmp.Diff(Detail{Record: d.Record}, d, equal()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A kernel that knows fewer fields sends less of the struct; what it sends is read as from one that knows all.
func TestTCPInfoLengths(t *testing.T) {
	var b [300]byte
	for i := range b {
		b[i] = byte(i)
	}
	var whole TCPInfo
	if !whole.parse(b[:]) || whole.Len != LenTotalRTO {
		t.Fatalf("300 bytes gave length %d", whole.Len)
	}
	if whole.RTT != order.Uint32(b[68:]) || whole.BytesSent != order.Uint64(b[200:]) || whole.TotalRTOTime != order.Uint32(b[244:]) || whole.SndWnd != order.Uint32(b[228:]) {
		t.Errorf("fields are not where the kernel has them: %+v", whole)
	}
	for n := range LenTotalRTO {
		var i TCPInfo
		if got := i.parse(b[:n]); got != (n >= LenBasic) {
			t.Errorf("%d bytes: %v", n, got)
		}
		if n >= LenBasic && (i.Len != n || i.Has(LenSent) != (n >= LenSent) || i.RTO != whole.RTO) {
			t.Errorf("%d bytes: %+v", n, i)
		}
		if n == LenPacing && (i.PacingRate != whole.PacingRate || i.BytesAcked != 0) {
			t.Errorf("Linux 3.15: %+v", i)
		}
	}
}

// FuzzParseDetail: bytes of any kind are read without a fault, and to the same record as in a dump.
//
//attack:k1
func FuzzParseDetail(f *testing.F) {
	f.Add(attributes())
	f.Add(plain(1))
	noise := make([]byte, 200)
	for i := range noise {
		noise[i] = byte(rand.IntN(256))
	}
	f.Add(noise)
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Record
		var d Detail
		one, two := ParseRecord(b, &r), ParseDetail(b, &d)
		if (one == nil) != (two == nil) || one == nil && d.Record != r {
			t.Errorf("record %v, detail %v", one, two)
		}
	})
}
