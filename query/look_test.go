package query

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// anyLook generates a look.
func anyLook(t *rapid.T) (l look) {
	for _, c := range rapid.SliceOfDistinct(rapid.SampledFrom(Columns()), func(c Column) string { return c.Name }).Draw(t, "columns") {
		width := rapid.OneOf(rapid.Just(0), rapid.IntRange(MinWidth, MaxWidth)).Draw(t, "width")
		l.columns = append(l.columns, Shown{c.Name, width})
	}
	l.numeric = rapid.Bool().Draw(t, "numeric")
	l.selected = poller.ID(rapid.Uint64().Draw(t, "selected"))
	return l
}

// TestLookRoundTrip: a look that is written into a URL is read back as it was, beside any filter and order, and changes
// neither.
func TestLookRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := anyQuery(t)
		q := plain
		q.look = anyLook(t)
		checkRoundTrips(t, q)
		if !reflect.DeepEqual(q.Rows(), plain) || q.Rows().Encode() != plain.Encode() {
			t.Fatalf("the rows of %q are %q, want %q", q.Encode(), q.Rows().Encode(), plain.Encode())
		}
		if p := q.Plain(); !p.IsZero() || !reflect.DeepEqual(p.look, q.look) {
			t.Fatalf("%q without its filter is %q", q.Encode(), p.Encode())
		}
	})
}

// TestLongestLook: the widest table in the longest order behind the longest filter is a URL that can be read, with room
// for the place of the window.
func TestLongestLook(t *testing.T) {
	q, err := Parse(strings.Repeat("a", maxFilter-len("q=")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Columns() {
		q.look.columns = append(q.look.columns, Shown{c.Name, MaxWidth})
		q.order = append(q.order, sorting{findColumn(c.Name), true})
	}
	q.look.numeric, q.look.selected = true, ^poller.ID(0)
	if n := len(q.Encode() + "&offset=10000000&limit=200&anchor=ffffffffffffffff&above=199"); n > MaxLength {
		t.Errorf("%d bytes, at most %d can be read", n, MaxLength)
	}
}

func TestLook(t *testing.T) {
	for raw, want := range map[string]string{
		"cols=state,proc:180":                  "cols=state,proc:180",
		"cols=+State+,process:040,state,state": "cols=state,proc:40",
		"cols=&n=&sel=":                        "",
		"n=1":                                  "n=1",
		"n=0":                                  "",
		"n=1&n=0":                              "",
		"sel=beef&port=443&cols=rtt&sort=rtt":  "port=443&sort=rtt&cols=rtt&sel=beef",
		"cols=rtt&cols=pid":                    "cols=pid",
	} {
		if got := fromURL(t, raw).Encode(); got != want {
			t.Errorf("%s is %q, want %q", raw, got, want)
		}
	}
	for _, raw := range []string{
		"cols=nonsense", "cols=state:10", "cols=state:1201", "cols=state:", "cols=state:x", "cols=,", "n=2", "n=yes",
		"sel=xyz", "sel=0", "-n=1", "-cols=pid",
	} {
		if q, _, err := FromURL(raw); err == nil {
			t.Errorf("%s is read as %q", raw, q.Encode())
		}
	}
	q := fromURL(t, "cols=pid:90&n=1&sel=beef")
	if diff := cmp.Diff([]Shown{{"pid", 90}}, q.Shown()); diff != "" {
		t.Error(diff)
	}
	q.Shown()[0].Width = 1
	if id := q.look.selected; !q.Numeric() || id != 0xbeef || q.Shown()[0].Width != 90 {
		t.Errorf("look of %q: numeric %v, selected %v, %v", q.Encode(), q.Numeric(), id, q.Shown())
	}
	if got := q.WithNumeric(false).Encode(); got != "cols=pid:90&sel=beef" {
		t.Errorf("with names: %q", got)
	}
}

// TestThenBy: what Shift-clicks on headers make of an order.
func TestThenBy(t *testing.T) {
	for _, tt := range []struct{ before, column, want string }{
		{"", "port", "sort=port"},
		{"", "rxrate", "sort=-rxrate"},
		{"sort=-rxrate", "port", "sort=-rxrate,port"},
		{"sort=-rxrate,port", "port", "sort=-rxrate,-port"},
		{"sort=-rxrate,-port", "port", "sort=-rxrate"},
		{"sort=-rxrate,port", "user", "sort=-rxrate,user"},
		{"sort=-rxrate,port", "rxrate", "sort=rxrate,port"},
		{"sort=rxrate,port", "rxrate", "sort=port"},
		{"sort=-port", "port", ""},
		{"sort=port", "nonsense", "sort=port"},
	} {
		before := fromURL(t, tt.before)
		got := before.ThenBy(tt.column)
		if got.Encode() != tt.want {
			t.Errorf("%s, then by %s: %q, want %q", tt.before, tt.column, got.Encode(), tt.want)
		}
		if before.Encode() != tt.before {
			t.Errorf("%s was changed to %s", tt.before, before.Encode())
		}
		if back, _, err := FromURL(got.Encode()); err != nil || !reflect.DeepEqual(back, got) {
			t.Errorf("%q is read back as %q: %v", got.Encode(), back.Encode(), err)
		}
	}
}

func ExampleQuery_Rows() {
	q, _, _ := FromURL("port=443&sort=-rxrate,port&cols=state,remote:240&n=1")
	fmt.Println(q.Rows().Encode())
	// Output: port=443&sort=-rxrate,port
}
