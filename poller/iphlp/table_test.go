package iphlp

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// encode writes a table as Windows does, with rubbish where nothing is meant.
func encode(t Table, c Class, rows []Row) []byte {
	l := layouts[t][c]
	b := make([]byte, l.header+len(rows)*l.size)
	for i := range b {
		b[i] = 0xa5
	}
	binary.LittleEndian.PutUint32(b, uint32(len(rows)))
	for i, r := range rows {
		row := b[l.header+i*l.size:][:l.size]
		for _, w := range []struct {
			at    int
			value uint32
		}{{l.state, r.State}, {l.pid, r.PID}, {l.localScope, r.LocalScope}, {l.remoteScope, r.RemoteScope}} {
			if w.at != none {
				binary.LittleEndian.PutUint32(row[w.at:], w.value)
			}
		}
		copy(row[l.local:], r.Local.Addr().AsSlice())
		binary.BigEndian.PutUint16(row[l.localPort:], r.Local.Port())
		if l.remote != none {
			copy(row[l.remote:], r.Remote.Addr().AsSlice())
			binary.BigEndian.PutUint16(row[l.remotePort:], r.Remote.Port())
		}
		if l.created != none {
			filetime := uint64(0)
			if !r.Created.IsZero() {
				filetime = uint64(r.Created.UnixNano()/100) + epoch
			}
			binary.LittleEndian.PutUint64(row[l.created:], filetime)
		}
	}
	return b
}

// anyEnd draws an end of a socket.
func anyEnd(t *rapid.T, v6 bool, label string) netip.AddrPort {
	port := rapid.Uint16().Draw(t, label+" port")
	if v6 {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label))), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, label))), port)
}

// anyRow draws a row of a table.
func anyRow(table Table, c Class) *rapid.Generator[Row] {
	return rapid.Custom(func(t *rapid.T) Row {
		r := Row{Local: anyEnd(t, table.V6(), "local"), PID: rapid.Uint32().Draw(t, "pid")}
		if table.TCP() {
			r.State, r.Remote = rapid.Uint32().Draw(t, "state"), anyEnd(t, table.V6(), "remote")
		}
		if table.V6() {
			r.LocalScope = rapid.Uint32().Draw(t, "scope")
			if table.TCP() {
				r.RemoteScope = rapid.Uint32().Draw(t, "remote scope")
			}
		}
		if c == OwnerModule && rapid.Bool().Draw(t, "has a moment") {
			r.Created = time.Unix(rapid.Int64Range(1, 1<<32).Draw(t, "created"), 100*rapid.Int64Range(0, 999).Draw(t, "ticks"))
		}
		return r
	})
}

// addresses has rows compared by what they mean.
func addresses() cmp.Option {
	return cmp.Options{cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(time.Time.Equal)}
}

// What is written is read, whatever stands in the bytes between; what is cut off anywhere is an error, never a shorter
// table.
func TestParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := Table(rapid.IntRange(0, NumTables-1).Draw(t, "table"))
		class := rapid.SampledFrom([]Class{OwnerModule, OwnerPID}).Draw(t, "class")
		want := rapid.SliceOfN(anyRow(table, class), 0, 5).Draw(t, "rows")
		b := encode(table, class, want)
		got, err := Parse([]Row{}, table, class, b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]Row{}, want...), got, addresses()); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		if len(want) > 0 {
			cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
			if _, err := Parse(nil, table, class, b[:cut]); !errors.Is(err, ErrTruncated) {
				t.Fatalf("%d of %d bytes: %v", cut, len(b), err)
			}
		}
	})
}

// A number of rows that no memory holds is refused, and not trusted.
func TestParseHugeCount(t *testing.T) {
	for table := range Table(NumTables) {
		b := encode(table, OwnerPID, make([]Row, 0))
		binary.LittleEndian.PutUint32(b, 1<<32-1)
		if _, err := Parse(nil, table, OwnerPID, b); !errors.Is(err, ErrTruncated) {
			t.Errorf("%v: %v", table, err)
		}
	}
}

// A table is read from where tcpmib.h has its fields, byte by byte.
func TestParseBytes(t *testing.T) {
	b, err := hex.DecodeString("01000000" + "a5a5a5a5" + // one row, which begins at 8
		"05000000" + "7f000001" + "25bda5a5" + "c0000207" + "01bba5a5" + "20000000" + // 9661 to 443, process 32
		"00c0eb2c883cda01" + strings.Repeat("a5", 128))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(nil, TCP4, OwnerModule, b)
	want := []Row{{State: Established, Local: netip.MustParseAddrPort("127.0.0.1:9661"), Remote: netip.MustParseAddrPort("192.0.2.7:443"),
		PID: 32, Created: Moment(0x01da3c882cebc000)}}
	if diff := cmp.Diff(want, got, addresses()); diff != "" || err != nil {
		t.Errorf("%v, rows (-want +got):\n%s", err, diff)
	}
}

// A FILETIME is what Windows says it is; none, and one that cannot be, are unknown.
func TestMoment(t *testing.T) {
	for _, tt := range []struct {
		filetime uint64
		want     time.Time
	}{
		{133485408000000000, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
		{133485408000000001, time.Date(2024, 1, 1, 0, 0, 0, 100, time.UTC)},
		{0, time.Time{}}, {epoch, time.Time{}}, {latest, time.Time{}}, {1<<64 - 1, time.Time{}},
	} {
		if got := Moment(tt.filetime); !got.Equal(tt.want) {
			t.Errorf("%d is %v, want %v", tt.filetime, got.UTC(), tt.want)
		}
	}
	if got := Moment(latest - 1); got.Year() != 2262 {
		t.Errorf("the last moment is %v", got)
	}
}

// FuzzParse: no bytes crash it, and it never gives more rows than there is room for.
func FuzzParse(f *testing.F) {
	for table := range Table(NumTables) {
		for _, class := range []Class{OwnerModule, OwnerPID} {
			f.Add(uint8(table), uint8(class), encode(table, class, []Row{{
				Local: netip.AddrPortFrom(netip.IPv6Loopback(), 443), Remote: netip.AddrPortFrom(netip.IPv6Loopback(), 50000),
			}}))
		}
	}
	f.Fuzz(func(t *testing.T, table, class uint8, b []byte) {
		if table >= NumTables || class > uint8(OwnerPID) {
			return
		}
		rows, err := Parse(nil, Table(table), Class(class), b)
		if size := layouts[table][class].size; len(rows)*size > len(b) {
			t.Errorf("%d rows of %d bytes in %d bytes", len(rows), size, len(b))
		}
		if err != nil && len(rows) != 0 {
			t.Errorf("%d rows beside %v", len(rows), err)
		}
		for _, r := range rows {
			if !r.Local.IsValid() || r.Remote.IsValid() != Table(table).TCP() {
				t.Errorf("ends %v and %v", r.Local, r.Remote)
			}
		}
	})
}
