package web

import "strconv"

// message encodes the facets for a view that has these rests (docs/protocol.md). What does not depend on the view is
// encoded once for all views of the filter.
func (s *facetSet) message(rests *[len(facetKeys)]string) []byte {
	dst := append(make([]byte, 0, 4096), `{"t":"facets","facets":[`...)
	for i, f := range s.facets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(append(dst, `{"key":`...), f.key)
		dst = appendJSONString(append(dst, `,"rest":`...), rests[i])
		dst = append(append(dst, s.tail(f)...), '}')
	}
	return append(dst, "]}"...)
}

// tail returns a facet from what was chosen on. It is encoded again only where its counts or the names beside them may
// have changed.
func (s *facetSet) tail(f *facet) []byte {
	turn := f.base.changed + s.book.processes.turn + s.book.users.turn
	if f.encoded == nil || f.turn != turn {
		data := s.one(f)
		f.encoded, f.turn = data.appendTail(f.encoded[:0]), turn
	}
	return f.encoded
}

// appendTail appends the members from the chosen values on, each with a comma before it.
func (d *facetData) appendTail(dst []byte) []byte {
	dst = appendChosen(dst, `,"in":[`, d.In)
	dst = appendChosen(dst, `,"out":[`, d.Out)
	dst = append(dst, `,"values":[`...)
	for i := range d.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.Values[i].appendArray(dst)
	}
	dst = append(dst, ']')
	if d.More > 0 {
		dst = strconv.AppendInt(append(dst, `,"more":`...), int64(d.More), 10)
	}
	return dst
}

// appendChosen appends a member that is left out where it is empty.
func appendChosen(dst []byte, member string, texts []string) []byte {
	if len(texts) == 0 {
		return dst
	}
	dst = append(dst, member...)
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, text)
	}
	return append(dst, ']')
}

// appendArray appends a value as an array that ends with the last that there is to say.
func (v *facetValue) appendArray(dst []byte) []byte {
	dst = append(appendJSONString(append(dst, '['), v.Text), ',')
	if v.Count == nil {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendInt(dst, int64(*v.Count), 10)
	}
	if v.Label != "" || v.Note != "" {
		dst = appendJSONString(append(dst, ','), v.Label)
	}
	if v.Note != "" {
		dst = appendJSONString(append(dst, ','), v.Note)
	}
	return append(dst, ']')
}
