package views

import "sockeye/query"

// title returns the heading of a facet: that of its key.
func (f Facet) title() string {
	for _, k := range query.Keys() {
		if k.Name == f.Key {
			return k.Title
		}
	}
	return f.Key
}

// class returns the class name of a value: chosen, left out, or neither.
func (v FacetValue) class() string {
	switch {
	case v.In:
		return "in"
	case v.Out:
		return "out"
	}
	return ""
}
