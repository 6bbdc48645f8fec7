package query

import "strings"

// Term is one term of a filter, for showing it.
type Term struct {
	// Key is the name of its key, "" for a word.
	Key string
	// Values are its alternatives in canonical spelling, without quotes; a word has exactly one.
	Values []string
	// Not is set where the term keeps what does not match.
	Not bool
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
	b.WriteString(t.valueText())
	return b.String()
}

// valueText returns the values as they stand behind the key.
func (t Term) valueText() string {
	quoted := make([]string, len(t.Values))
	for i, v := range t.Values {
		quoted[i] = Quote(v)
	}
	return strings.Join(quoted, ",")
}

// pair returns the term as a pair of the URL, not yet escaped.
func (t Term) pair() (name, value string) {
	switch {
	case t.Key == "":
		return boxParameter, t.String()
	case t.Not:
		return "-" + t.Key, t.valueText()
	}
	return t.Key, t.valueText()
}
