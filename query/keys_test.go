package query

import (
	"slices"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	want := strings.Fields("state proto fam ip lip rip port lport rport svc pid proc user dir if rx tx rate rxrate txrate rq sq rtt retr age is")
	if got := keyNames(); !slices.Equal(got, want) {
		t.Errorf("keys %v, want %v", got, want)
	}
	kinds := []string{"choice", "number", "port", "quantity", "address", "interface", "text"}
	for _, k := range Keys() {
		if k.Title == "" || !strings.HasSuffix(k.Help, ".") || !slices.Contains(kinds, k.Kind) {
			t.Errorf("%+v", k)
		}
		if (k.Kind == "choice") != (len(k.Values) > 0) {
			t.Errorf("%s is a %s with %d values", k.Name, k.Kind, len(k.Values))
		}
		if !isKeyLike(k.Name) || isParameter(k.Name) {
			t.Errorf("%q cannot be written as a key", k.Name)
		}
		if (k.Kind == "quantity") != (len(k.Units) > 0) || k.Meanings != nil && len(k.Meanings) != len(k.Values) {
			t.Errorf("%+v", k)
		}
		q := mustParse(t, k.Example)
		if terms := q.Terms(); len(terms) != 1 || terms[0].Key != k.Name {
			t.Errorf("the example of %s is read as %v", k.Name, terms)
		}
		for _, v := range k.Values {
			if got := mustParse(t, k.Name+":"+v).String(); got != k.Name+":"+v {
				t.Errorf("%s:%s is printed as %s", k.Name, v, got)
			}
		}
	}
}

func TestKeysBelongToTheCaller(t *testing.T) {
	Keys()[0].Name, Columns()[0].Name = "x", "x"
	Keys()[0].Values[0] = "x"
	if Keys()[0].Name != "state" || Columns()[0].Name != "proto" || Keys()[0].Values[0] != "LISTEN" {
		t.Error("the tables can be changed from outside")
	}
}

// TestSpellingsAreUnique holds that no spelling of a choice means two things.
func TestSpellingsAreUnique(t *testing.T) {
	for _, k := range keyTable {
		c, ok := k.kind.(*choiceKind)
		if !ok {
			continue
		}
		seen := map[string]string{}
		for _, o := range c.options {
			for _, s := range append([]string{squeeze(o.name)}, o.also...) {
				if seen[s] != "" || s != squeeze(s) || o.set == 0 {
					t.Errorf("%s: %q means %s and %s", k.Name, s, seen[s], o.name)
				}
				seen[s] = o.name
			}
		}
	}
}

func TestColumns(t *testing.T) {
	want := strings.Fields("proto state local remote proc pid user age rx tx rxrate txrate rq sq rtt retr dir fam port rport uid opened seen id peer drops spark")
	for i, c := range Columns() {
		if c.Name != want[i] || c.Title == "" {
			t.Errorf("column %d is %+v, want %s", i, c, want[i])
		}
		if by := columnTable[i]; findColumn(c.Name) != by || findColumn(by.field) != by {
			t.Errorf("%s is not found by its names", c.Name)
		}
	}
	if len(Columns()) != len(want) {
		t.Errorf("%d columns, want %d", len(Columns()), len(want))
	}
}

// TestQuoteLeavesPlainTextAlone has text that must not look worse than needed, and text that needs quotes.
func TestQuoteLeavesPlainTextAlone(t *testing.T) {
	for text, want := range map[string]string{
		"nginx": "nginx", "www-data": "www-data", "10.0.0.5:22": "10.0.0.5:22", "kworker/0:1": "kworker/0:1", "größe": "größe",
		":443": ":443", "[::1]:80": "[::1]:80", "fe80::1%eth0": "fe80::1%eth0",
		"": `""`, "a b": `"a b"`, "-x": `"-x"`, "or": `"or"`, "Not": `"Not"`, "port:1": `"port:1"`, "foo:1": `"foo:1"`, "a,b": `"a,b"`,
		`a"b`: `"a\"b"`, `a\b`: `"a\\b"`, "(x)": `"(x)"`, ">1": `">1"`, "\xff": `"\xff"`, "a\nb": `"a\nb"`,
	} {
		if got := Quote(text); got != want {
			t.Errorf("Quote(%q) = %s, want %s", text, got, want)
		}
	}
}
