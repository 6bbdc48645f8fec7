package web

import (
	"encoding/json"
	"testing"

	"sockeye/poller"
	"sockeye/query"
)

// parsed reads a view's query.
func parsed(t *testing.T, text string) query.Query {
	t.Helper()
	q, _, err := query.FromURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestFacetsAreShared: views that differ in their order count once, and so do the facets that leave the same filter.
func TestFacetsAreShared(t *testing.T) {
	book, r := newFactBook(), newRoster()
	open := func(text string) *facetSet { return book.open(parsed(t, text), r, &poller.Status{}) }
	a, b := open("state=LISTEN"), open("state=LISTEN&sort=-rx")
	if a != b || len(book.sets) != 1 {
		t.Error("an order of its own has facets of its own")
	}
	c := open("proc=x&sort=rx")
	if len(book.bases) != 3 { // without a filter, of the state, of the process
		t.Errorf("%d bases", len(book.bases))
	}
	all := book.bases[""]
	if all == nil || all.wants != [len(facetKeys)]int{1, 1} || a.facets[0].base != all || c.facets[1].base != all {
		t.Errorf("the facets that leave no filter have no base in common: %+v", all)
	}
	book.shut(b)
	book.shut(a)
	if all.wants != [len(facetKeys)]int{0, 1} || all.counts[0] != nil || len(book.bases) != 2 {
		t.Errorf("counted for nobody: %+v of %d", all.wants, len(book.bases))
	}
	if book.shut(c); len(book.bases) != 0 || len(book.sets) != 0 {
		t.Errorf("%d bases and %d sets stay", len(book.bases), len(book.sets))
	}
}

// TestFacetsWantedLater: a key that is wanted of a base that was counted long ago has its counts at once.
func TestFacetsWantedLater(t *testing.T) {
	r, book := newRoster(), newFactBook()
	for i := range 5 {
		c := row(i + 1)
		book.enter(r.number(c), c)
	}
	book.open(parsed(t, "state=LISTEN"), r, &poller.Status{}) // which has the states of everything counted
	values := book.open(parsed(t, "-port=1"), r, &poller.Status{}).data()
	if port := values[4]; port.Key != "port" || port.Values[0].Text != "443" || *port.Values[0].Count != 5 {
		t.Errorf("%+v", port)
	}
}

// TestFacetsMessageIsJSON: hostile names and all members are encoded as encoding/json would.
func TestFacetsMessageIsJSON(t *testing.T) {
	n := int32(7)
	d := facetData{In: []string{`a"b`}, Out: []string{"<c>"}, More: 3, Values: []facetValue{
		{Text: "x", Count: &n}, {Text: "1..2"}, {Text: "\x01\xff", Count: &n, Label: "\u2028"}, {Text: "80", Count: &n, Note: "http"},
	}}
	text := `{"t":1` + string(d.appendTail(nil)) + "}"
	var got, want any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	const expected = `{"t":1,"in":["a\"b"],"out":["<c>"],"values":[["x",7],["1..2",null],["\u0001\ufffd",7,"\u2028"],["80",7,"","http"]],"more":3}`
	if err := json.Unmarshal([]byte(expected), &want); err != nil {
		t.Fatal(err)
	}
	g, _ := json.Marshal(got)
	if w, _ := json.Marshal(want); string(g) != string(w) {
		t.Errorf("%s\nwant %s", g, w)
	}
}

// TestIsPart: what is known of a name is found anew when there are other names.
func TestIsPart(t *testing.T) {
	x := newNameIndex()
	ssh := x.hold("ssh")
	if x.isPart(ssh) {
		t.Error("ssh is a part of itself")
	}
	sshd := x.hold("OpenSSHd")
	if !x.isPart(ssh) || x.isPart(sshd) {
		t.Error("ssh is no part of OpenSSHd")
	}
	if x.release(sshd); x.isPart(ssh) {
		t.Error("ssh is a part of a name that is gone")
	}
}
