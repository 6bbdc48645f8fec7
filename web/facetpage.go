package web

import (
	"slices"

	"sockeye/poller"
	"sockeye/query"
	"sockeye/views"
)

// facetsOf counts the facets of a query in a table once, for a page.
func facetsOf(q query.Query, t *poller.Table) []views.Facet {
	book := newFactBook()
	s := newFacetSet(q, book)
	for _, b := range s.bases {
		b.query = b.query.At(t.Status().At)
	}
	for c := range t.All() {
		f := book.of(c)
		for _, b := range s.bases {
			if b.query.Match(c) {
				b.add(&f, 1)
			}
		}
	}
	return viewFacets(s.data(), rests(q))
}

// viewFacets returns facets as the page shows them.
func viewFacets(all []facetData, rests [len(facetKeys)]string) []views.Facet {
	out := make([]views.Facet, len(all))
	for i, d := range all {
		f := views.Facet{Key: d.Key, More: d.More}
		for _, v := range d.Values {
			one := views.FacetValue{Label: v.Label, Note: v.Note, Count: -1, Encode: included(&d, rests[i], v.Text)}
			if one.Label == "" {
				one.Label = v.Text
			}
			if v.Count != nil {
				one.Count = int(*v.Count)
			}
			one.In, one.Out = slices.Contains(d.In, v.Text), slices.Contains(d.Out, v.Text)
			f.Values = append(f.Values, one)
		}
		out[i] = f
	}
	return out
}

// included returns the view with only this value of the facet, or with none of them where it is the only one.
func included(d *facetData, encoded, text string) string {
	if len(d.In) == 1 && d.In[0] == text && len(d.Out) == 0 {
		return encoded
	}
	rest, _, err := query.FromURL(encoded)
	if err != nil { // cannot be: it was encoded by us
		return encoded
	}
	q, err := rest.With(d.Key + ":" + text)
	if err != nil { // the filter is as long as it can be
		return encoded
	}
	return q.Encode()
}
