package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// anyShape draws a layout for a query, as far as it fits into a URL.
func anyShape(t *rapid.T, q Query) Query {
	if rapid.Bool().Draw(t, "grouped") {
		q = q.groupBy(rapid.SampledFrom(groupingTable).Draw(t, "group").Name)
		for range rapid.IntRange(0, 3).Draw(t, "open") {
			q = q.Toggle(textKey(anyText().Draw(t, "key")).String())
		}
	}
	return q.withPair(rapid.Bool().Draw(t, "pair")).withNames(rapid.Bool().Draw(t, "names"))
}

// mustURL reads a URL that is good.
func mustURL(t *testing.T, raw string) Query {
	t.Helper()
	q, _, err := FromURL(raw)
	if err != nil {
		t.Fatalf("FromURL(%q): %v", raw, err)
	}
	return q
}

// TestShapeFromURL: what forms and people write has one canonical form.
func TestShapeFromURL(t *testing.T) {
	for raw, want := range map[string]string{
		"group=process":             "group=process",
		"group=Proc":                "group=process",
		"group=rip&sort=-rxrate":    "sort=-rxrate&group=remote",
		"group=":                    "",
		"group=port&pair=1&names=1": "group=port&pair=1&names=1",
		"pair=0&names=":             "",
		"open=nginx":                "", // nothing is grouped
		"group=user&open=root&open=a&open=root&open=": "group=user&open=a&open=root",
		"open=a,b&group=user":                         "group=user&open=a,b", // one name with a comma in it
		"names=1&port=443&group=state&state=listen":   "port=443&state=LISTEN&group=state&names=1",
		"group=process&open=%3F":                      "group=process&open=%3F",
		"group=process&group=proc":                    "group=process",
	} {
		if got := mustURL(t, raw).Encode(); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

// TestShapeErrors: what cannot be read is told in one sentence that helps.
func TestShapeErrors(t *testing.T) {
	for raw, want := range map[string]string{
		"group=proces":           `did you mean "process"?`,
		"group=protocl":          `did you mean "proto"?`,
		"group=whatever":         "one of process, pid, remote",
		"group=port&group=state": `not by "port" and "state"`,
		"pair=yes":               `pair must be 1 or 0, not "yes"`,
		"names=2":                "names must be 1 or 0",
		"grup=port":              `did you mean "group"?`,
		"q=group:port":           "",
		"group=user" + opens(51): "at most 50",
		"group=user&open=%ff":    "UTF-8",
		"q=" + strings.Repeat("x", maxFilter-100) + "&group=user&open=" + strings.Repeat("y", 200): "the filter and the open groups",
	} {
		if _, _, err := FromURL(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q in it", raw, err, want)
		}
	}
}

// opens returns n parameters that open groups.
func opens(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "&open=%d", i)
	}
	return b.String()
}

// TestToggle opens and closes groups, and never makes a query that cannot be read again.
func TestToggle(t *testing.T) {
	q := mustURL(t, "port=443&group=process")
	both := q.Toggle("b").Toggle("a")
	if diff := cmp.Diff([]string{"a", "b"}, both.Open()); diff != "" || !both.IsOpen("a") || both.IsOpen("c") {
		t.Error(diff)
	}
	if got := both.Toggle("a").Toggle("b"); got.Encode() != q.Encode() || got.Open() != nil {
		t.Errorf("opened and closed again: %q", got.Encode())
	}
	if got := both.groupBy("port").Encode(); got != "port=443&group=port" {
		t.Errorf("grouped by something else: %q", got)
	}
	if got := both.groupBy("").Encode(); got != "port=443" {
		t.Errorf("grouped no more: %q", got)
	}
	if got := both.withNames(true).Core().Encode(); got != q.Encode() {
		t.Errorf("core %q", got)
	}
	if plain := mustURL(t, "port=443"); plain.Toggle("a").Encode() != "port=443" {
		t.Error("a group is open where nothing is grouped")
	}
	full := mustURL(t, "group=user"+opens(maxOpen))
	if got := full.Toggle("new").Encode(); got != full.Encode() {
		t.Errorf("one group too many is open: %q", got)
	}
	long := mustURL(t, "q="+strings.Repeat("x", maxFilter-100)+"&group=user")
	if got := long.Toggle(strings.Repeat("y", 200)).Encode(); got != long.Encode() {
		t.Errorf("the URL has %d bytes", len(got))
	}
	if _, err := both.With(strings.Repeat("x", maxFilter-20)); err == nil {
		t.Error("a filter was added that leaves no room for the open groups")
	}
	if got, err := both.With("-root"); err != nil || got.Group() != "process" || len(got.Open()) != 2 {
		t.Errorf("a term more: %q, %v", got.Encode(), err)
	}
}

// TestIsZeroWithShape: a view that is laid out in another way is another view.
func TestIsZeroWithShape(t *testing.T) {
	for _, raw := range []string{"group=port", "pair=1", "names=1"} {
		if mustURL(t, raw).IsZero() {
			t.Errorf("%s is the view of everything", raw)
		}
	}
}

// groupRow is a connection of which every grouping knows something.
func groupRow() *poller.Connection {
	return &poller.Connection{
		Socket: poller.Socket{
			Protocol: poller.TCP, State: poller.StateEstablished,
			Local:  netip.MustParseAddrPort("192.0.2.1:50000"),
			Remote: netip.MustParseAddrPort("[::ffff:198.51.100.1]:443"),
		},
		Direction: poller.Outbound, Owner: &poller.Process{PID: 812, Name: "curl"}, User: "root",
	}
}

// TestGroupOf: each grouping tells its groups apart and has one for those of whom nothing is known.
func TestGroupOf(t *testing.T) {
	nothing := &poller.Connection{}
	for _, g := range Groupings() {
		want := map[string][2]string{
			"process": {"curl", "?"}, "pid": {"812", "?"}, "remote": {"198.51.100.1", "?"}, "port": {"443", "?"},
			"lport": {"50000", "?"}, "state": {"ESTABLISHED", "?"}, "user": {"root", "?"},
			"dir": {"outbound", "?"}, "proto": {"tcp", "?"},
		}[g.Name]
		q := Query{}.groupBy(g.Name)
		known, unknown := q.GroupOf(groupRow()), q.GroupOf(nothing)
		if got := [2]string{known.String(), unknown.String()}; got != want || q.Group() != g.Name {
			t.Errorf("%s: %q, want %q", g.Name, got, want)
		}
		if label := known.Label(); label != want[0] || !known.Known() {
			t.Errorf("%s: label %q", g.Name, label)
		}
		if known.Compare(unknown) >= 0 || unknown.Compare(known) <= 0 || known.Compare(known) != 0 {
			t.Errorf("%s: the unknown group is not the last", g.Name)
		}
		if g.Title == "" || g.Column != "" && findColumn(g.Column) == nil {
			t.Errorf("%+v", g)
		}
	}
}

// TestGroupKeysAreNames: different names have different texts, which a URL can carry, and none is that of the unknown.
func TestGroupKeysAreNames(t *testing.T) {
	if got := (GroupKey{}).Label(); got != "" {
		t.Errorf("the unknown group is called %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := textKey(anyText().Draw(t, "a")), textKey(anyText().Draw(t, "b"))
		if (a == b) != (a.String() == b.String()) || a.String() == (GroupKey{}).String() {
			t.Fatalf("%q and %q are written %q and %q", a.Label(), b.Label(), a, b)
		}
		if c := a.Compare(b); c != -b.Compare(a) || (c == 0) != (a == b) {
			t.Fatalf("%q and %q compare as %d", a, b, c)
		}
		q := Query{}.groupBy("process").Toggle(a.String())
		back, _, err := FromURL(q.Encode())
		if err != nil || !slices.Equal(back.Open(), []string{a.String()}) {
			t.Fatalf("%q is read as %q, %v", q.Encode(), back.Open(), err)
		}
	})
}

// TestGroupOfAllocatesNothing.
func TestGroupOfAllocatesNothing(t *testing.T) {
	row := groupRow()
	for _, g := range Groupings() {
		q := Query{}.groupBy(g.Name)
		if n := testing.AllocsPerRun(100, func() { q.GroupOf(row) }); n != 0 {
			t.Errorf("%s allocates %v times", g.Name, n)
		}
	}
}

// groupBy returns q grouped by the grouping of that name, with all groups closed; by nothing where there is none.
func (q Query) groupBy(name string) Query {
	q.shape.group, q.shape.open = findGrouping(name), nil
	return q
}

// withPair returns q with that switched on or off.
func (q Query) withPair(on bool) Query {
	q.shape.pair = on
	return q
}

// withNames returns q with that switched on or off.
func (q Query) withNames(on bool) Query {
	q.shape.names = on
	return q
}
