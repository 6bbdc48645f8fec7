package sockdiag

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// record draws a record as the kernel could tell it.
func record() *rapid.Generator[Record] {
	return rapid.Custom(func(t *rapid.T) Record {
		u8, u32, u64 := rapid.Uint8(), rapid.Uint32(), rapid.Uint64()
		r := Record{
			Family: rapid.SampledFrom([]uint8{FamilyIPv4, FamilyIPv6}).Draw(t, "family"),
			State:  u8.Draw(t, "state"), Timer: u8.Draw(t, "timer"), Retrans: u8.Draw(t, "retrans"),
			Interface: u32.Draw(t, "interface"), Cookie: u64.Draw(t, "cookie"), Expires: u32.Draw(t, "expires"),
			ReceiveQueue: u32.Draw(t, "receive queue"), SendQueue: u32.Draw(t, "send queue"),
			UID: u32.Draw(t, "uid"), Inode: u32.Draw(t, "inode"),
			HasInfo: rapid.Bool().Draw(t, "info"), HasV6: rapid.Bool().Draw(t, "v6"), HasCgroup: rapid.Bool().Draw(t, "cgroup"),
		}
		r.Source, r.Destination = end(t, r.Family), end(t, r.Family)
		r.V6Only = r.HasV6 && rapid.Bool().Draw(t, "v6 only")
		if r.HasCgroup {
			r.CgroupID = u64.Draw(t, "cgroup id")
		}
		if r.HasDrops = rapid.Bool().Draw(t, "memory"); r.HasDrops {
			r.Drops = u32.Draw(t, "drops")
		}
		if r.HasInfo {
			r.Info = info(t)
		}
		return r
	})
}

// end draws one end of a socket; v4-mapped addresses are among those of family IPv6.
func end(t *rapid.T, family uint8) netip.AddrPort {
	b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
	addr := netip.AddrFrom16(b)
	switch {
	case family == FamilyIPv4:
		addr = netip.AddrFrom4([4]byte(b[:4]))
	case rapid.Bool().Draw(t, "mapped"):
		addr = netip.AddrFrom16(netip.AddrFrom4([4]byte(b[:4])).As16())
	}
	return netip.AddrPortFrom(addr, rapid.Uint16().Draw(t, "port"))
}

// info draws what kernels of three ages know.
func info(t *rapid.T) Info {
	u32, u64 := rapid.Uint32(), rapid.Uint64()
	i := Info{Unacked: u32.Draw(t, "unacked"), RTT: u32.Draw(t, "rtt"), TotalRetrans: u32.Draw(t, "retransmits")}
	age := rapid.IntRange(0, 2).Draw(t, "age")
	if i.HasBytes = age > 0; i.HasBytes {
		i.BytesAcked, i.BytesReceived = u64.Draw(t, "acked"), u64.Draw(t, "received")
	}
	if i.HasSent = age > 1; i.HasSent {
		i.BytesSent, i.BytesRetrans = u64.Draw(t, "sent"), u64.Draw(t, "repeated")
	}
	return i
}

// What is written is read back to the same value, whatever was in the record before.
func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, got := record().Draw(t, "record"), record().Draw(t, "used record")
		if err := ParseRecord(AppendRecord(nil, &want), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, equal()); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
	})
}

// A whole dump hands on every record, in order, however the kernel splits it into datagrams.
func TestDumpRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(record()).Draw(t, "records")
		k, datagram := &kernel{}, []byte(nil)
		for i := range want {
			datagram = append(datagram, message(TypeSockByFamily, 0, AppendRecord(nil, &want[i]))...)
			if rapid.Bool().Draw(t, "split") {
				k.datagrams, datagram = append(k.datagrams, say(datagram).datagrams...), nil
			}
		}
		k.datagrams = append(k.datagrams, say(append(datagram, done(0)...)).datagrams...)
		got := []Record{}
		if err := readDump(k, testPort, testSequence, func(r *Record) { got = append(got, *r) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, equal()); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

// Kernels of every age send as much of struct tcp_info as they have.
func TestInfoLengths(t *testing.T) {
	full := Info{Unacked: 7, RTT: 1, TotalRetrans: 2, BytesAcked: 3, BytesReceived: 4, BytesSent: 5, BytesRetrans: 6, HasBytes: true, HasSent: true}
	middle := Info{Unacked: 7, RTT: 1, TotalRetrans: 2, BytesAcked: 3, BytesReceived: 4, HasBytes: true}
	basic := Info{Unacked: 7, RTT: 1, TotalRetrans: 2}
	wire := append(full.append(nil), make([]byte, 280-infoSentLen)...)
	for _, tt := range []struct {
		length int
		has    bool
		want   Info
	}{
		{0, false, Info{}}, {103, false, Info{}},
		{104, true, basic}, {135, true, basic},
		{136, true, middle}, {192, true, middle}, {215, true, middle},
		{216, true, full}, {280, true, full},
	} {
		var r Record
		b := appendAttribute(plain(1), attrInfo, bytes.Repeat([]byte{0xff}, 280)) // the later one counts
		check(t, ParseRecord(appendAttribute(b, attrInfo, wire[:tt.length]), &r))
		if r.HasInfo != tt.has || r.Info != tt.want {
			t.Errorf("%d bytes: %v %+v, want %v %+v", tt.length, r.HasInfo, r.Info, tt.has, tt.want)
		}
	}
}

// Attributes that are unknown, flagged or too short for their type do no harm to those around them.
func TestAttributes(t *testing.T) {
	const nested, byteOrder = 0x8000, 0x4000
	b := appendAttribute(plain(1), 300, []byte("unknown"))
	b = appendAttribute(b, attrV6Only, nil)
	b = appendAttribute(b, attrCgroupID, make([]byte, 7))
	b = appendAttribute(b, attrMemory, make([]byte, memoryDrops+3)) // the array of a kernel before SK_MEMINFO_DROPS
	var r Record
	check(t, ParseRecord(b, &r))
	if r.HasV6 || r.HasCgroup || r.HasDrops {
		t.Errorf("taken over from too few bytes: %+v", r)
	}
	b = appendAttribute(b, attrV6Only|nested, []byte{2})
	b = appendAttribute(b, attrCgroupID|byteOrder, order.AppendUint64(nil, 1<<40))
	b = appendAttribute(b, attrMemory, append(make([]byte, memoryDrops), 5, 0, 0, 0, 9, 9, 9, 9))
	check(t, ParseRecord(append(b, 1, 2, 3), &r)) // less than an attribute is padding
	if !r.HasV6 || !r.V6Only || !r.HasCgroup || r.CgroupID != 1<<40 || !r.HasDrops || r.Drops != order.Uint32([]byte{5, 0, 0, 0}) {
		t.Errorf("not taken over: %+v", r)
	}
}

// The family says how long an address is; its bytes do not.
func TestFamilyIsNotGuessed(t *testing.T) {
	for _, address := range []string{"2001:db8::", "::", "::ffff:192.0.2.1", "c000:201::"} {
		want := netip.AddrPortFrom(netip.MustParseAddr(address), 443)
		var r Record
		check(t, ParseRecord(AppendRecord(nil, &Record{Family: FamilyIPv6, Source: want, Destination: want}), &r))
		if r.Source != want || r.Destination != want {
			t.Errorf("%v was read as %v and %v", want, r.Source, r.Destination)
		}
	}
}

// A record of an unknown family says which one.
func TestUnknownFamily(t *testing.T) {
	for family := range 256 {
		b := plain(1)
		b[0] = byte(family)
		err := ParseRecord(b, &Record{})
		known := family == int(FamilyIPv4) || family == int(FamilyIPv6)
		if known != (err == nil) || !known && (!errors.Is(err, ErrFamily) || err.Error() != fmt.Sprintf("inet_diag record: unknown address family %d", family)) {
			t.Errorf("family %d: %v", family, err)
		}
	}
}

// BenchmarkDump reads a dump of 1,000 sockets with struct tcp_info from datagrams as large as the kernel's.
func BenchmarkDump(b *testing.B) {
	r := Record{Family: FamilyIPv6, HasInfo: true, HasV6: true, HasCgroup: true, Info: Info{HasBytes: true, HasSent: true}}
	r.Source = netip.MustParseAddrPort("[2001:db8::1]:443")
	r.Destination = netip.MustParseAddrPort("[2001:db8::2]:50000")
	k, one := &kernel{}, message(TypeSockByFamily, 0, AppendRecord(nil, &r))
	for sent, perDatagram := 0, 32<<10/len(one); sent < 1000; sent += perDatagram {
		var d []byte
		for range min(perDatagram, 1000-sent) {
			d = append(d, one...)
		}
		k.datagrams = append(k.datagrams, datagram{data: d})
	}
	k.datagrams = append(k.datagrams, datagram{data: done(0)})
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		k.received, n = 0, 0
		if err := readDump(k, testPort, testSequence, func(*Record) { n++ }); err != nil || n != 1000 {
			b.Fatal(n, err)
		}
	}
}
