package views

import (
	"net/url"
	"slices"
	"strings"

	"sockeye/query"
)

// choiceName returns what a column is called where it is chosen: its name in the language's table, which has room for
// whole words.
func choiceName(c column) string {
	all := query.Columns()
	if i := slices.IndexFunc(all, func(q query.Column) bool { return q.Name == c.Name }); i >= 0 {
		return all[i].Title
	}
	return c.Head
}

// lookFields returns the parameters that say how the rows of a view look, as name and value, in the order of the URL.
func lookFields(q query.Query) (fields [][2]string) {
	for pair := range strings.SplitSeq(q.Plain().Encode(), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if text, err := url.QueryUnescape(value); err == nil && name != "" {
			fields = append(fields, [2]string{name, text})
		}
	}
	return fields
}
