package query

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"proto", "proto", 0}, {"prot", "proto", 1}, {"porto", "proto", 1},
		{"state", "sttae", 1}, {"pork", "port", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestDistanceIsSymmetric(t *testing.T) {
	words := rapid.StringMatching(`[abc]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := words.Draw(t, "a"), words.Draw(t, "b")
		if d := distance(a, b); d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("distance(%q, %q) = %d, the other way %d", a, b, d, distance(b, a))
		}
	})
}

func TestClosest(t *testing.T) {
	names := []string{"port", "proto", "ip", "proc"}
	for word, want := range map[string]string{
		"prt": "port", "porto": "port", "protoo": "proto", "pro": "proc", "xx": "", "i": "", "iq": "ip", "": "", "process": "",
		"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp": "",
	} {
		if got := closest(word, names); got != want {
			t.Errorf("closest(%q) = %q, want %q", word, got, want)
		}
	}
}
