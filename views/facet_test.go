package views

import (
	"bytes"
	"html"
	"strings"
	"testing"

	"sockeye/query"
)

// TestFacetsAsHTML: chosen values are marked, hostile names are text, and what is not counted has no number.
func TestFacetsAsHTML(t *testing.T) {
	d := Dashboard{Facets: []Facet{
		{Key: "proc", More: 7, Values: []FacetValue{
			{Label: "<b>x</b>\u202e", Count: 3, Encode: "proc=x", In: true},
			{Label: "chrome", Count: 1200, Encode: "proc=chrome", Out: true},
			{Label: "1..5", Note: "a note", Count: -1, Encode: "proc=1..5"},
		}},
		{Key: "user"},
	}}
	var b bytes.Buffer
	if err := facets(d).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		`<section data-key="proc" aria-label="Process">`, `<li class="in"><a href="/?proc=x" data-view`, `aria-current="true"`,
		`&lt;b&gt;x&lt;/b&gt;`, `<li class="out">`, `<span class="n">1,200</span>`, `<span class="note">a note</span> <span class="n"></span>`,
		`7 more`, `<section data-key="user" aria-label="User" hidden>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Contains(page, "<b>") || strings.Contains(page, "\u202e") {
		t.Errorf("a name is markup: %s", page)
	}
}

// TestKeysHelp: the help of the box has every key and what every condition means.
func TestKeysHelp(t *testing.T) {
	var b bytes.Buffer
	if err := keys().Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(b.String())
	for _, k := range query.Keys() {
		if !strings.Contains(page, k.Help) || !strings.Contains(page, k.Example) {
			t.Errorf("%s is not explained", k.Name)
		}
		for _, meaning := range k.Meanings {
			if !strings.Contains(page, meaning) {
				t.Errorf("%s: not explained: %s", k.Name, meaning)
			}
		}
	}
}

// TestOffer: another view is offered only where there is one.
func TestOffer(t *testing.T) {
	for text, want := range map[string]string{"port:443": `<a href="/?port=443" data-view>port:443</a>`, "": "hidden"} {
		var b bytes.Buffer
		if err := offer(Dashboard{Hint: Hint{text, "port=443"}}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) || strings.Contains(b.String(), "hidden") != (text == "") {
			t.Errorf("%q: %s", text, b.String())
		}
	}
}
