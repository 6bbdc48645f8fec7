package ports

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// excludedText is what netsh writes of ranges; those of administrators have a star.
const excludedText = "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port      \r\n----------    --------      \r\n" +
	"      5357        5357      \r\n     50000       50059     *\r\n     49675       49774      \r\n     49775       49874      \r\n\r\n" +
	"* - Administered port exclusions.\r\n\r\n"

// Ranges that a part of the system keeps are excluded; those that an administrator set aside are reserved.
func TestParseExcluded(t *testing.T) {
	excluded, reserved, err := parseExcluded([]byte(excludedText))
	if err != nil || !cmp.Equal(excluded, Spans{{5357, 5357}, {49675, 49874}}) || !cmp.Equal(reserved, Spans{{50000, 50059}}) {
		t.Errorf("%v, %v, %v", excluded, reserved, err)
	}
	german := "\r\nPortausschlussbereiche f\x81r das Protokoll \"tcp\"\r\n\r\nStartport     Endport       \r\n----------    --------      \r\n" +
		"        80          80     *\r\n\r\n* - Verwaltete Portausschl\x81sse.\r\n"
	if excluded, reserved, err := parseExcluded([]byte(german)); err != nil || excluded != nil || !cmp.Equal(reserved, Spans{{80, 80}}) {
		t.Errorf("in German: %v, %v, %v", excluded, reserved, err)
	}
	for _, bad := range []string{"", "The requested operation requires elevation", "-----\r\n 1 x\r\n", "-----\r\n 70000 70001\r\n", "-----\r\n 5 4\r\n"} {
		if _, _, err := parseExcluded([]byte(bad)); !errors.Is(err, errNetsh) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The range is read in any language.
func TestParseDynamic(t *testing.T) {
	for text, want := range map[string]Span{
		"\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n": {49152, 65535},
		"Startport : 1024\r\nAnzahl der Ports : 64511\r\n": {1024, 65534},
	} {
		if got, err := parseDynamic([]byte(text)); err != nil || got != want {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	for _, bad := range []string{"", "a: 1", "a: 1\nb: 2\nc: 3", "a: 60000\nb: 6000", "a: 0\nb: 5", "a: 5\nb: 0", "a: 99999\nb: 1"} {
		if got, err := parseDynamic([]byte(bad)); !errors.Is(err, errNetsh) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
}

// Whatever ranges are written are read.
func TestParseExcludedRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString("x\r\n----------    --------      \r\n")
		want := map[uint16]bool{}
		for range rapid.IntRange(0, 6).Draw(t, "ranges") {
			first := rapid.Uint16Range(1, 65000).Draw(t, "first")
			last := first + rapid.Uint16Range(0, 400).Draw(t, "length")
			star := rapid.SampledFrom([]string{"", "     *"}).Draw(t, "star")
			fmt.Fprintf(&text, "%10d  %10d%s\r\n", first, last, star)
			for p := first; p <= last; p++ {
				want[p] = want[p] || star == ""
			}
		}
		excluded, reserved, err := parseExcluded([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		for p := range uint16(65535) {
			if taken, known := want[p]; excluded.Has(p) != taken || known && !taken && !reserved.Has(p) {
				t.Fatalf("port %d: excluded %v, reserved %v", p, excluded.Has(p), reserved.Has(p))
			}
		}
	})
}

// FuzzNetsh: no text crashes the readers, and what they read is in order.
func FuzzNetsh(f *testing.F) {
	f.Add([]byte(excludedText))
	f.Add([]byte("Start Port : 49152\nNumber of Ports : 16384"))
	f.Fuzz(func(t *testing.T, b []byte) {
		excluded, reserved, _ := parseExcluded(b)
		for _, s := range append(excluded, reserved...) {
			if s.Last < s.First {
				t.Errorf("%v", s)
			}
		}
		if s, err := parseDynamic(b); err == nil && (s.First == 0 || s.Last < s.First) {
			t.Errorf("%v", s)
		}
	})
}
