package query

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkRoundTrips holds the promises of String and Encode for one query: both are read back as the same query and
// printed the same again, and the lengths are within bounds.
func checkRoundTrips(t interface {
	Helper()
	Fatalf(string, ...any)
}, q Query) {
	t.Helper()
	back, page, err := FromURL(q.Encode())
	if err != nil {
		t.Fatalf("FromURL(%q), the URL of %q: %v", q.Encode(), q, err)
	}
	if !reflect.DeepEqual(back, q) || len(page) != 0 {
		t.Fatalf("FromURL(%q) is %q, page %v", q.Encode(), back.Encode(), page)
	}
	if back.Encode() != q.Encode() {
		t.Fatalf("%q is encoded as %q at the second time", q.Encode(), back.Encode())
	}
	box, err := Parse(q.String())
	if err != nil {
		t.Fatalf("Parse(%q): %v", q.String(), err)
	}
	box.order, box.shape, box.look = q.order, q.shape, q.look
	if !reflect.DeepEqual(box, q) {
		t.Fatalf("Parse(%q) is %q", q.String(), box)
	}
	if n := len(q.Encode()); n > MaxLength || len(q.String()) > n {
		t.Fatalf("%d bytes as URL, %d in the box", n, len(q.String()))
	}
	if q.IsZero() != (q.Rows().Encode() == "") {
		t.Fatalf("IsZero is %v for %q", q.IsZero(), q.Rows().Encode())
	}
}

// anyText generates text with all that could be taken for something else.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune("aZ0-_.:,\"\\()/%&=;+ \t\n\x00*[]<>üſK\u202e\u00a0\ufeff"))),
		rapid.SampledFrom([]string{"or", "NOT", "-x", "port:80", "fe80:", ":443", "\xff\xfe", "-", "a..b", "q=1&q=2"}),
	).Filter(func(s string) bool { return s != "" })
}

// anyQuery generates queries with every key, words and an order.
func anyQuery(t *rapid.T) Query {
	var terms []string
	for range rapid.IntRange(0, 6).Draw(t, "terms") {
		terms = append(terms, anyModelExpr(t, 3).box)
	}
	q, err := Parse(strings.Join(terms, " "))
	if err != nil {
		t.Fatalf("Parse(%q): %v", terms, err)
	}
	for range rapid.IntRange(0, 3).Draw(t, "orders") {
		by := rapid.SampledFrom(append(columnTable[:len(columnTable):len(columnTable)], countColumn)).Draw(t, "column")
		q.order = mergeSort(q.order, []sorting{{by, rapid.Bool().Draw(t, "desc")}})
	}
	if q = anyShape(t, q); q.Group() == "" {
		q.order = withoutCount(q.order)
	}
	return q
}

func TestRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkRoundTrips(t, anyQuery(t)) })
}

// TestTextSurvives holds that any bytes can be asked for, as a value and as a word.
func TestTextSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		q, err := Parse("proc:" + Quote(text) + " -" + Quote(text))
		if err != nil {
			t.Fatalf("Quote(%q) = %s: %v", text, Quote(text), err)
		}
		terms := q.Terms()
		if len(terms) != 2 || terms[0].Values[0] != text || terms[1].Values[0] != text || terms[1].Key != "" {
			t.Fatalf("Quote(%q) = %s is read as %q", text, Quote(text), terms)
		}
		checkRoundTrips(t, q)
	})
}

// TestLongestQueryCanBeSorted holds that room is kept for the order and the page.
func TestLongestQueryCanBeSorted(t *testing.T) {
	q, err := Parse(strings.Repeat("a", maxFilter-len("q=")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range columnTable {
		q.order = mergeSort(q.order, []sorting{{c, true}})
	}
	checkRoundTrips(t, q)
	if _, _, err := FromURL(q.Encode() + "&offset=18446744073709551615&limit=18446744073709551615"); err != nil {
		t.Error(err)
	}
}

// FuzzParse holds that whatever is read can be printed and read again.
func FuzzParse(f *testing.F) {
	for _, k := range Keys() {
		f.Add(k.Example)
	}
	for _, seed := range []string{`-proc:"a\"b",c :443 "x y"`, "state:established nginx", "ip:[::1],10.0.0.0/8", "fe80::%z",
		"port:1..2, 3", "a or b", "(", `"\u202e"`, "-", "\u00a0", "ip:::ffff:1.2.3.4/96",
		"(a or -(b c)) !x", "not not (a)", "((lport:1 or rport:1) and port:2) || x", "rx:>1.5MiB", "age:1d..2d", "is:new"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, box string) {
		q, err := Parse(box)
		if err != nil {
			checkError(t, err, box)
			return
		}
		checkRoundTrips(t, q)
	})
}

// FuzzFromURL holds the same for URLs, and so that a redirect to the canonical form is not redirected again.
//
//attack:j7
func FuzzFromURL(f *testing.F) {
	for _, seed := range []string{"state=ESTABLISHED&port=443", "-proc=chrome&sort=-rxrate,proc", "q=state:established+nginx",
		"q=%22a+b%22&q=-x", "port=&state=&q=", "proc=my+server%2C+other", "offset=200&limit=60", "a;b", "%zz", "sort=rx&sort=-rx,tx",
		"-q=x", "=", "&&", "proc=%00", "ip=fe80::1%25eth0",
		"q=a+or+b&q=(c+d)+or+e", "rx=%3E1M&is=stuck", "q=-(a+or+b)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, _, err := FromURL(raw)
		if err != nil {
			checkError(t, err, raw)
			return
		}
		checkRoundTrips(t, q)
	})
}

// checkError holds that an error is fit to be shown.
func checkError(t *testing.T, err error, input string) {
	t.Helper()
	fault, ok := err.(*Error)
	if !ok || fault.Text == "" || len(fault.Text) > 800 || strings.ContainsAny(fault.Text, "\n\r\x00\x1b\u202e") {
		t.Fatalf("error %q for %q", err, input)
	}
	if fault.Offset < 0 || fault.Length < 0 || fault.Offset+fault.Length > len(input) {
		t.Fatalf("%+v is outside of %q", fault, input)
	}
}
