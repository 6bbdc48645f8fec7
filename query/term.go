package query

import "strings"

// Term is one term of a filter, for showing it.
type Term struct {
	// Key is the name of its key, "" for a word or a group.
	Key string
	// Values are its alternatives in canonical spelling, without quotes; a word has exactly one. A group has one: what
	// stands between its parentheses.
	Values []string
	// Not is set where the term keeps what does not match.
	Not bool
	// Group is set where the term is several in parentheses, joined by or.
	Group bool
}

// String returns the term as it stands in the box, for example "-port:80,443".
func (t Term) String() string {
	var b strings.Builder
	if t.Not {
		b.WriteByte('-')
	}
	if t.Key != "" {
		b.WriteString(t.Key)
		b.WriteByte(':')
	}
	if t.Group {
		return b.String() + "(" + t.Values[0] + ")"
	}
	b.WriteString(t.valueText())
	return b.String()
}

// bare returns the term as it stands alone, where a group needs no parentheses.
func (t Term) bare() string {
	if t.Group && !t.Not {
		return t.Values[0]
	}
	return t.String()
}

// valueText returns the values as they stand behind the key.
func (t Term) valueText() string { return strings.Join(t.quoted(), ",") }

// quoted returns the values as they stand behind the key, each for itself.
func (t Term) quoted() []string {
	quoted := make([]string, len(t.Values))
	for i, v := range t.Values {
		quoted[i] = Quote(v)
		if t.Key != "" {
			quoted[i] = QuoteValue(v)
		}
	}
	return quoted
}

// pair returns the term as a pair of the URL, not yet escaped.
func (t Term) pair() (name, value string) {
	switch {
	case t.Key == "":
		return boxParameter, t.bare()
	case t.Not:
		return "-" + t.Key, t.valueText()
	}
	return t.Key, t.valueText()
}
