package query

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestContains(t *testing.T) {
	for _, c := range []struct {
		text, part string
		want       bool
	}{
		{"nginx", "NGI", true}, {"NGINX", "inx", true}, {"nginx", "nginxx", false}, {"", "a", false}, {"a", "", true}, {"", "", true},
		{"Größe", "GRÖSSE", false}, {"Größe", "GRÖẞE", true}, {"Σίσυφος", "ΣΊΣΥΦΟΣ", true}, {"\u212Aernel", "kernel", true},
		{"kernel", "\u212A", true}, {"ſmall", "SMALL", true}, {"a\xffb", "\xff", true}, {"a\xffb", "\ufffd", false},
		{"\ufffd", "\xef", false}, {"aab", "ab", true}, {"ı", "i", false},
	} {
		if got := contains(c.text, fold(c.part)); got != c.want {
			t.Errorf("contains(%q, %q) = %v", c.text, c.part, got)
		}
		if got := contains([]byte(c.text), fold(c.part)); got != c.want {
			t.Errorf("contains of the bytes of %q, %q = %v", c.text, c.part, got)
		}
	}
}

// TestContainsAgainstEqualFold compares with a search of every part of the text by strings.EqualFold.
func TestContainsAgainstEqualFold(t *testing.T) {
	letters := rapid.StringOf(rapid.SampledFrom([]rune("aAbBkK\u212AsSſßẞσςΣäÄ€ıİi")))
	rapid.Check(t, func(t *rapid.T) {
		text, part := letters.Draw(t, "text"), rapid.StringOfN(rapid.RuneFrom([]rune("aAkK\u212AsSſςσΣÄ")), 1, 3, -1).Draw(t, "part")
		want := false
		for i := range text {
			for j := range text[i:] {
				want = want || strings.EqualFold(text[i:i+j], part)
			}
			want = want || strings.EqualFold(text[i:], part)
		}
		if got := contains(text, fold(part)); got != want {
			t.Fatalf("contains(%q, %q) = %v, want %v", text, part, got, want)
		}
	})
}

// TestFoldRune holds for all of Unicode that letters fold to the same rune exactly when they are of one case orbit.
func TestFoldRune(t *testing.T) {
	for r := range rune(unicode.MaxRune) {
		f := foldRune(r)
		if f > r || foldRune(f) != f || foldRune(unicode.SimpleFold(r)) != f {
			t.Fatalf("%U folds to %U", r, f)
		}
	}
}

func TestCompareFolded(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"a", "B", -1}, {"B", "a", 1}, {"ab", "AB", 0}, {"a", "ab", -1}, {"ab", "A", 1}, {"", "", 0}, {"ß", "z", 1}} {
		if got := compareFolded(c.a, c.b); max(-1, min(1, got)) != c.want {
			t.Errorf("compareFolded(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
