package query

import (
	"unicode"
	"unicode/utf8"
)

// MaxLength is the length of a box's text or of a URL's query at the most, in bytes; longer is an [*Error].
const MaxLength = 4096

const (
	// maxFilter is how long the filter may be in the URL, in bytes. What is left of MaxLength is room for the order
	// and for the page's own parameters, so that every query can be sorted and paged.
	maxFilter = MaxLength - 640
	// maxValues is how many values and words a filter has at the most: each one is looked for in each connection.
	maxValues = 128
)

// Parse reads the text of the filter box. Empty text is the zero Query.
func Parse(box string) (Query, error) { return Query{}.With(box) }

// checkText refuses what cannot be a query at all.
func checkText(text string) *Error {
	if len(text) > MaxLength {
		return failf("the filter is longer than %d bytes", MaxLength).at(MaxLength, len(text))
	}
	if !utf8.ValidString(text) {
		return failf("the filter is not valid UTF-8")
	}
	return nil
}

// parsePlain reads one plain term and stands behind it afterwards; before, the scanner stands at its first character.
// What looks like a key and is none is an error and no word: who mistypes a key shall not see an empty table.
func parsePlain(s *scanner) (expr, *Error) {
	start := s.pos
	not := s.accept('-') || s.accept('!')
	name, _, ok := cutKey(s.rest())
	if !ok {
		return parseWord(s, start, not)
	}
	k := findKey(name)
	if k == nil {
		return nil, unknownKey(name).at(s.pos, s.pos+len(name))
	}
	s.pos += len(name) + 1
	return parseValues(s, k, not)
}

// parseWord reads a word; its "-" is read already.
func parseWord(s *scanner, start int, not bool) (expr, *Error) {
	quoted := !s.done() && s.src[s.pos] == '"'
	text, err := s.value(false)
	if err != nil {
		return nil, err
	}
	switch {
	case !quoted && isReserved(text):
		return nil, failf("%s joins terms and cannot stand here; put it in quotes to search for it", shown(text)).at(start, s.pos)
	case text == "" && !quoted && !not:
		return nil, failf("a term is missing here").at(start, s.pos)
	case text == "" && !quoted:
		return nil, failf("there is nothing behind the %s, which leaves out what follows it", s.src[start:start+1]).at(start, s.pos)
	case text == "":
		return nil, failf("there is nothing between the quotes").at(start, s.pos)
	}
	return newWord(text, not), s.end()
}

// parseValues reads the values of a key; the key and its colon are read already. Values that are there twice are
// taken once. A space behind a comma is allowed, since people write lists like that.
func parseValues(s *scanner, k *key, not bool) (expr, *Error) {
	var values []value
	for {
		v, err := parseValue(s, k)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if s.pair {
			s.skipSpace()
		}
		if !s.accept(',') {
			return &keyed{key: k, not: not, values: uniqueValues(values)}, s.end()
		}
		s.skipSpace()
	}
}

// parseValue reads one value of a key. Whether it stood in quotes makes no difference to what it means.
func parseValue(s *scanner, k *key) (value, *Error) {
	start := s.pos
	text, err := s.value(true)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, failf("%s needs a value, for example %s", k.Name, k.Example).at(start, s.pos)
	}
	v, err := k.kind.read(k, text)
	if err != nil {
		return nil, err.at(start, s.pos)
	}
	return v, nil
}

// end refuses anything but a space or the end behind a term.
func (s *scanner) end() *Error {
	if s.done() {
		return nil
	}
	if r, _ := utf8.DecodeRuneInString(s.rest()); !s.pair && (unicode.IsSpace(r) || r == ')' && s.open > 0) {
		return nil
	}
	return failf("here must come a space, or a comma and another value").at(s.pos, s.pos+1)
}
