package query

import (
	"net/url"
	"slices"
	"strings"
)

// The parameters of a URL that are no keys of the filter.
const (
	boxParameter  = "q"
	sortParameter = "sort"
)

// pageParameters are the parameters that say which part of a view, and which time, is looked at. [FromURL] hands them on unread.
var pageParameters = []string{"offset", "limit", "anchor", "above", "from", "to"}

// isParameter reports whether a name belongs to the URL and can be no key.
func isParameter(name string) bool {
	return name == boxParameter || name == sortParameter || slices.Contains(shapeParameters, name) ||
		slices.Contains(lookParameters, name) || slices.Contains(pageParameters, name)
}

// FromURL reads the query of a URL, without its "?". Page has the parameters that belong to the page and not to the
// query, the place of its window, and is never nil. A parameter with an empty value is ignored, as forms send them; one that
// is not known is an error. The value of q is text of the box.
func FromURL(rawQuery string) (q Query, page url.Values, err error) {
	r := urlReader{page: url.Values{}}
	if err := r.readAll(rawQuery); err != nil {
		return Query{}, url.Values{}, err
	}
	sum, fault := Query{look: r.look}.add(r.terms)
	if fault == nil {
		sum.order = r.order // the layout says which of it there can be
		sum, fault = sum.withShape(r.shape)
	}
	if fault != nil {
		return Query{}, url.Values{}, fault
	}
	return sum, r.page, nil
}

// urlReader collects what the pairs of a URL say.
type urlReader struct {
	// terms, order and page are in the order in which they stand in the URL.
	terms []expr
	order []sorting
	look  look
	page  url.Values
	// shape is what they say of the layout, not settled yet.
	shape shape
}

// readAll reads all pairs in the order in which they stand, which url.ParseQuery would lose.
func (r *urlReader) readAll(raw string) error {
	if len(raw) > MaxLength {
		return failf("the query of the URL is longer than %d bytes", MaxLength).at(MaxLength, len(raw))
	}
	start := 0
	for pair := range strings.SplitSeq(raw, "&") {
		if pair != "" {
			if err := r.readPair(pair); err != nil {
				return err.at(start, start+len(pair))
			}
		}
		start += len(pair) + 1
	}
	return nil
}

// readPair reads one pair as it stands in the URL. A ";" is refused as in url.ParseQuery: it would be part of a value
// for one reader and the end of it for another.
func (r *urlReader) readPair(pair string) *Error {
	if strings.Contains(pair, ";") {
		return failf("a ; in a URL must be written as %%3B, and parameters are parted by &")
	}
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, err := unescape(rawName)
	if err != nil {
		return err
	}
	text, err := unescape(rawValue)
	if err != nil {
		return err
	}
	return r.read(name, text)
}

// unescape decodes one half of a pair.
func unescape(raw string) (string, *Error) {
	text, err := url.QueryUnescape(raw)
	if err != nil {
		return "", failf("bad %% escape in the URL at %s", shown(raw))
	}
	return text, checkText(text)
}

// read takes in one parameter.
func (r *urlReader) read(name, text string) *Error {
	bare, not := strings.CutPrefix(name, "-")
	k := findKey(bare)
	switch {
	case k != nil:
		return r.readKey(k, not, text)
	case name == boxParameter:
		terms, err := parseBox(text)
		r.terms = append(r.terms, terms...)
		return err
	case name == sortParameter:
		return r.readSort(text)
	case slices.Contains(shapeParameters, name):
		return r.shape.read(name, text)
	case slices.Contains(lookParameters, name):
		return r.look.read(name, text)
	case slices.Contains(pageParameters, name):
		if text != "" {
			r.page.Add(name, text)
		}
		return nil
	}
	return unknownParameter(name)
}

// readKey takes in the values of a key. They are written as in the box, but spaces need no quotes: a form sends
// proc=my+server.
func (r *urlReader) readKey(k *key, not bool, text string) *Error {
	s := &scanner{src: text, pair: true}
	s.skipSpace()
	if s.done() {
		return nil
	}
	term, err := parseValues(s, k, not)
	if err == nil {
		r.terms = append(r.terms, term)
	}
	return err
}

// readSort takes in columns to sort by, behind those that were there before.
func (r *urlReader) readSort(text string) *Error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	more, err := parseSort(text)
	r.order = mergeSort(r.order, more)
	return err
}

// unknownParameter says that the URL has a parameter nobody knows.
func unknownParameter(name string) *Error {
	known := slices.Concat(keyNames(), []string{boxParameter, sortParameter}, shapeParameters, lookParameters, pageParameters)
	if meant := closest(strings.ToLower(strings.TrimPrefix(name, "-")), known); meant != "" {
		return failf("unknown parameter %s: did you mean %q?", shown(name), meant)
	}
	return failf("unknown parameter %s: one of %s", shown(name), strings.Join(known, ", "))
}

// Encode returns the query as it stands in a URL behind the "?", in canonical spelling: filter, order, layout, look; "" for
// the zero Query. [FromURL] reads it back. It is at most [MaxLength] long, with room for the page's parameters.
func (q Query) Encode() string {
	b := q.encodeFilter()
	if len(q.order) > 0 {
		b = appendPair(b, sortParameter, formatSort(q.order))
	}
	return string(q.look.appendTo(q.shape.encode(b)))
}

// encodeFilter returns the filter's part of the URL.
func (q Query) encodeFilter() []byte {
	var b []byte
	for _, e := range q.filter {
		name, text := e.term().pair()
		b = appendPair(b, name, text)
	}
	return b
}

// appendPair adds a pair to the query of a URL. The name needs no escapes, since it is one of ours.
func appendPair(b []byte, name, text string) []byte {
	if len(b) > 0 {
		b = append(b, '&')
	}
	b = append(b, name...)
	b = append(b, '=')
	return appendEscaped(b, text)
}

// appendEscaped writes text as application/x-www-form-urlencoded, but leaves alone the marks that are safe in a query
// (RFC 3986 section 3.4) and frequent in ours, so that the URL can be read.
func appendEscaped(b []byte, text string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~,:/@*", c) >= 0:
			b = append(b, c)
		case c == ' ':
			b = append(b, '+')
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}
