package views

import (
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// vector is one case of testdata/format.json, which a browser test holds static/js/format.js to as well.
type vector struct {
	In    json.RawMessage `json:"in"`
	Exact bool            `json:"exact"`
	Out   string          `json:"out"`
}

// vectors reads the cases by the name of the function.
func vectors(t *testing.T) map[string][]vector {
	t.Helper()
	text, err := os.ReadFile("testdata/format.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// input decodes the input of a case.
func input[T any](t *testing.T, v vector) T {
	t.Helper()
	var in T
	if err := json.Unmarshal(v.In, &in); err != nil {
		t.Fatalf("%s: %v", v.In, err)
	}
	return in
}

func TestVectors(t *testing.T) {
	functions := map[string]func(v vector) string{
		"visible": func(v vector) string { return Visible(input[string](t, v)) },
		"bytes":   func(v vector) string { return Bytes(input[float64](t, v)) },
		"rate":    func(v vector) string { return Rate(input[float64](t, v)) },
		"millis":  func(v vector) string { return Millis(input[float64](t, v)) },
		"count":   func(v vector) string { return Count(input[uint64](t, v)) },
		"age": func(v vector) string {
			return Age(time.Duration(input[int64](t, v))*time.Millisecond, v.Exact)
		},
		"host": func(v vector) string {
			in := input[*string](t, v)
			if in == nil {
				return Host(netip.Addr{})
			}
			return Host(netip.MustParseAddr(*in))
		},
	}
	all := vectors(t)
	if len(all) != len(functions) {
		t.Errorf("the file has %d functions, the test %d", len(all), len(functions))
	}
	for name, function := range functions {
		if len(all[name]) == 0 {
			t.Errorf("%s: no cases", name)
		}
		for _, v := range all[name] {
			if got := function(v); got != v.Out {
				t.Errorf("%s(%s) = %q, want %q", name, v.In, got, v.Out)
			}
		}
	}
}

func TestVisibleInvalidUTF8(t *testing.T) {
	for in, want := range map[string]string{
		"\xff":             "\uFFFD",
		"a\xff\xfeb":       "a\uFFFDb",
		"\xed\xa0\x80x":    "\uFFFDx",
		"nginx\xc3":        "nginx\uFFFD",
		"\xf0\x9f\x90\x99": "🐙",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestVisibleProperties holds for every byte string: what is shown is valid, short, and free of anything that is
// itself not shown or that turns the text around.
//
//attack:j3
func TestVisibleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "text") {
			s = rapid.String().Draw(t, "string")
		}
		checkVisible(t, s)
	})
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "nginx", "\u202e", "a\x00b", "\xff\xfe", strings.Repeat("\u2066", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkVisible(t, s) })
}

// checkVisible fails where a text is not shown as it must be.
func checkVisible(t interface{ Fatalf(string, ...any) }, s string) {
	short, whole := Visible(s), Whole(s)
	if !utf8.ValidString(short) || runes(short) > maxShown {
		t.Fatalf("Visible(%q) = %q: invalid or too long", s, short)
	}
	if short != whole && !strings.HasPrefix(whole, strings.TrimSuffix(short, "…")) {
		t.Fatalf("Visible(%q) = %q is no beginning of %q", s, short, whole)
	}
	if Whole(whole) != whole {
		t.Fatalf("Whole(%q) = %q, which still hides something", s, whole)
	}
	for _, r := range whole {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Fatalf("Whole(%q) has %U", s, r)
		}
	}
}

// TestBytesWidth holds the width of a column: three digits, a point, a unit.
func TestBytesWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64().Draw(t, "n")
		if got := Bytes(float64(n)); len(got) > len("9.99 EB") {
			t.Fatalf("Bytes(%d) = %q", n, got)
		}
	})
}

func TestHostMapped(t *testing.T) {
	if got := Host(netip.MustParseAddr("::ffff:10.0.0.5").Unmap()); got != "10.0.0.5" {
		t.Errorf("got %q", got)
	}
}
