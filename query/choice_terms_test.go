package query

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestChoice has what a list of values needs to know.
func TestChoice(t *testing.T) {
	q := mustParse(t, `proc:a,"b c" port:80 -proc:d proc:a nginx (proc:x or port:1)`).SortBy("rx")
	rest, in, out := q.Choice("proc")
	if rest.Encode() != "port=80&q=nginx&q=proc:x+or+port:1&sort=-rx" ||
		!slices.Equal(in, []string{"a", `"b c"`}) || !slices.Equal(out, []string{"d"}) {
		t.Errorf("%q, in %q, out %q", rest.Encode(), in, out)
	}
	if rest, in, out := q.Choice("nosuch"); rest.Encode() != q.Encode() || in != nil || out != nil {
		t.Errorf("an unknown key: %q, %q, %q", rest, in, out)
	}
	if rest, _, _ := mustParse(t, "proc:a").Choice("proc"); !rest.IsZero() {
		t.Errorf("rest %q", rest)
	}
}

// TestChoiceCanBeJoined holds that what was parted is the same filter when it is joined again, where the key has at
// most one term of each sort.
func TestChoiceCanBeJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t)
		for _, k := range keyTable {
			rest, in, out := q.Choice(k.Name)
			checkRoundTrips(t, rest)
			for _, list := range [][]string{in, out} {
				for _, v := range list {
					if _, err := rest.With(k.Name + ":" + v); err != nil {
						t.Fatalf("%s:%s: %v", k.Name, v, err)
					}
				}
			}
		}
	})
}
