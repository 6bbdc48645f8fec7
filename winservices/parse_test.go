package winservices

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// base is where a list stands in the memory of the tests.
const base = 0x7ff6_1234_5678_0000

// service is an entry of a list.
type service struct {
	name string
	pid  uint32
}

// encode writes a list as Windows does: the entries, and behind them their names.
func encode(list []service) []byte {
	b := make([]byte, len(list)*entrySize)
	for i, s := range list {
		binary.LittleEndian.PutUint64(b[i*entrySize:], base+uint64(len(b)))
		binary.LittleEndian.PutUint32(b[i*entrySize+pidAt:], s.pid)
		for _, letter := range append(utf16.Encode([]rune(s.name)), 0) {
			b = binary.LittleEndian.AppendUint16(b, letter)
		}
	}
	return b
}

// Services are found by their process, those of one process together and in order; what does not run is left out.
func TestParse(t *testing.T) {
	got, err := parse(encode([]service{{"NlaSvc", 812}, {"Spooler", 4}, {"Dnscache", 812}, {"Größe\u202e", 7}, {"stopped", 0}}), 5, base)
	want := Names{812: {"Dnscache", "NlaSvc"}, 4: {"Spooler"}, 7: {"Größe\u202e"}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := parse(nil, 0, base); err != nil || len(got) != 0 {
		t.Errorf("an empty list: %v, %v", got, err)
	}
}

// A list that is cut off anywhere, or points elsewhere, is an error.
func TestParseRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z]{1,8}`), 1, 4).Draw(t, "names")
		var list []service
		for i, n := range names {
			list = append(list, service{n, uint32(i + 1)})
		}
		b := encode(list)
		if got, err := parse(b, uint32(len(list)), base); err != nil || len(got) != len(list) {
			t.Fatalf("%v, %v", got, err)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, err := parse(slices.Clip(b[:cut]), uint32(len(list)), base); !errors.Is(err, errTruncated) {
			t.Fatalf("%d of %d bytes: %v", cut, len(b), err)
		}
		if _, err := parse(b, uint32(len(list)), base+uint64(len(b))); !errors.Is(err, errTruncated) {
			t.Fatalf("pointers before the list: %v", err)
		}
	})
	if _, err := parse(encode([]service{{string(make([]rune, 0, 9)) + "x", 1}}), 1<<32-1, base); !errors.Is(err, errTruncated) {
		t.Errorf("more entries than there is room for: %v", err)
	}
}

// FuzzParse: no bytes crash it, and every name was in them.
func FuzzParse(f *testing.F) {
	f.Add(encode([]service{{"Dnscache", 812}, {"NlaSvc", 812}}), uint32(2), uint64(base))
	f.Fuzz(func(t *testing.T, b []byte, n uint32, at uint64) {
		names, err := parse(b, n, at)
		count := 0
		for pid, list := range names {
			count += len(list)
			if pid == 0 || len(list) == 0 || !slices.IsSorted(list) {
				t.Errorf("process %d: %q", pid, list)
			}
		}
		if err == nil && count > len(b)/entrySize {
			t.Errorf("%d names in %d bytes", count, len(b))
		}
	})
}
