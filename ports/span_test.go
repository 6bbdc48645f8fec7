package ports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseSpans(t *testing.T) {
	for text, want := range map[string]struct {
		spans, protocol string
		ports           int
	}{
		"8000-8100":              {"8000-8100", "", 101},
		"8000..8100":             {"8000-8100", "", 101},
		" 8000 – 8100 / udp ":    {"8000-8100", "udp", 101},
		":8000-:8001":            {"8000-8001", "", 2},
		"tcp/443,80":             {"80,443", "tcp", 2},
		"https,ssh , 22":         {"22,443", "", 2},
		"80,82,81":               {"80-82", "", 3},
		"1-10,5-20,21":           {"1-21", "", 21},
		"9-9":                    {"9", "", 1},
		"1-65535":                {"1-65535", "", 65535},
		"http-alt,1":             {"1,8080", "", 2},
		"65535,65534,1-2":        {"1-2,65534-65535", "", 4},
		"postgresql,00080-00081": {"80-81,5432", "", 3},
	} {
		spans, protocol, ok, err := ParseSpans(text)
		if err != nil || !ok || spans.String() != want.spans || protocol != want.protocol || spans.Len() != want.ports {
			t.Errorf("ParseSpans(%q) = %s, %q, %v, %v, want %+v", text, spans, protocol, ok, err, want)
		}
	}
}

func TestParseSpansRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"9-8": "8-9, not 9-8", "0-5": "1 to 65535", "5-65536": "1 to 65535", "80,": "a port is needed", ",": "a port is needed",
		"80,x-y": `"x-y"`, "1-2-3,4": `"1-2-3"`, "80,443/sctp": "tcp or udp", "80/tcp,443": "tcp or udp",
		strings.Repeat("1,", 64) + "1": "at most 64",
	} {
		spans, _, ok, err := ParseSpans(text)
		if !ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSpans(%q) = %v, %v, %v, want an error with %q", text, spans, ok, err, want)
		}
	}
}

// What is one port is left to ParseTarget, names with a sign in them as well.
func TestParseSpansLeavesOnePort(t *testing.T) {
	for _, text := range []string{"", "443", ":443/udp", "https", "http-alt", "wake-on-lan", "-1", "80-", "-", "443/sctp", "1-2/sctp"} {
		if spans, _, ok, err := ParseSpans(text); ok || err != nil || spans != nil {
			t.Errorf("ParseSpans(%q) = %v, %v, %v", text, spans, ok, err)
		}
	}
}

// FuzzParseSpans holds that what was read is in order, apart, and read back as the same.
func FuzzParseSpans(f *testing.F) {
	for _, seed := range []string{"1-2", "80,443,8000-8100/tcp", "5-1", "https,ssh", "1-65535", "1..2", "9–10", ","} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spans, protocol, ok, err := ParseSpans(text)
		if err != nil || !ok {
			if err != nil && (len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\n\x00\u202e")) {
				t.Fatalf("error %q", err)
			}
			return
		}
		for i, s := range spans {
			if s.First == 0 || s.Last < s.First || i > 0 && int(s.First) <= int(spans[i-1].Last)+1 {
				t.Fatalf("%q is read as %v", text, spans)
			}
		}
		again, _, ok, err := ParseSpans(spans.String() + ",1/" + max(protocol, "tcp"))
		if err != nil || !ok || again.String() != merge(append([]Span{{1, 1}}, spans...)).String() {
			t.Fatalf("%q is %v, read back as %v, %v", text, spans, again, err)
		}
	})
}

// Spans has exactly the ports of the spans that it was made of.
func TestSpansAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := make(map[uint16]bool)
		var all []Span
		for range rapid.IntRange(0, 8).Draw(t, "spans") {
			first := rapid.Uint16Range(1, 60).Draw(t, "first")
			s := Span{first, rapid.Uint16Range(first, 64).Draw(t, "last")}
			all = append(all, s)
			for p := s.First; p <= s.Last; p++ {
				in[p] = true
			}
		}
		merged := merge(all)
		for p := range uint16(70) {
			if merged.Has(p) != in[p] {
				t.Fatalf("%v: %d is %v", merged, p, merged.Has(p))
			}
		}
		if merged.Len() != len(in) {
			t.Fatalf("%v has %d ports, want %d", merged, merged.Len(), len(in))
		}
	})
	if whole := merge([]Span{{60000, 65535}, {0, 60001}}); !cmp.Equal(whole, Spans{{0, 65535}}) || whole.Len() != 1<<16 || !whole.Has(65535) {
		t.Errorf("all ports: %v", whole)
	}
}
