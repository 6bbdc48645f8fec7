package query

import (
	"slices"
	"strconv"
	"strings"

	"sockeye/poller"
)

// The parameters of a URL that say how the rows of a view look. They change neither which rows there are nor their
// order.
const (
	colsParameter    = "cols"
	numericParameter = "n"
	selParameter     = "sel"
)

// lookParameters are all of them.
var lookParameters = []string{colsParameter, numericParameter, selParameter}

// The bounds of a column's width, in CSS pixels.
const (
	MinWidth = 40
	MaxWidth = 1200
)

// Shown is one column of the table as the reader has chosen it.
type Shown struct {
	// Column is the name of one of [Columns].
	Column string
	// Width is from [MinWidth] to [MaxWidth], or 0 where the page is to choose.
	Width int
}

// look is how the rows look. The zero value is the page's own choice.
type look struct {
	// columns are nil for the page's own.
	columns []Shown
	// numeric is set where ports and users are shown as numbers only.
	numeric bool
	// selected is the connection that the reader has selected, 0 for none.
	selected poller.ID
}

// Shown returns the chosen columns from left to right, none for the page's own choice. The caller owns the slice.
func (q Query) Shown() []Shown { return slices.Clone(q.look.columns) }

// Numeric reports whether ports and users are to be shown as numbers only.
func (q Query) Numeric() bool { return q.look.numeric }

// WithNumeric returns q with that choice.
func (q Query) WithNumeric(numeric bool) Query {
	q.look.numeric = numeric
	return q
}

// Selected returns the connection that is selected; ok is false where there is none.
func (q Query) Selected() (id poller.ID, ok bool) { return q.look.selected, q.look.selected != 0 }

// Rows returns q without its look: what decides which rows there are and in what order. Two queries whose Rows have the
// same [Query.Encode] can share a view.
func (q Query) Rows() Query {
	q.look = look{}
	return q
}

// Plain returns everything in the default order, with the look of q.
func (q Query) Plain() Query { return Query{look: q.look} }

// Filter returns what of q decides which connections it keeps, without order, layout and look.
func (q Query) Filter() Query { return Query{filter: q.filter} }

// read takes in one of the lookParameters. What was said before of the same is replaced.
func (l *look) read(name, text string) *Error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	switch name {
	case colsParameter:
		columns, err := parseShown(text)
		l.columns = columns
		return err
	case numericParameter:
		if text != "0" && text != "1" {
			return failf("n must be 1 for numbers or 0 for names, not %s", shown(text))
		}
		l.numeric = text == "1"
	case selParameter:
		id, ok := poller.ParseID(text)
		if !ok {
			return failf("sel must be the id of a connection, a hexadecimal number, not %s", shown(text))
		}
		l.selected = id
	}
	return nil
}

// parseShown reads columns parted by commas, each with ":" and its width behind it where it has one. A column that is
// there twice is shown where it stands first.
func parseShown(text string) ([]Shown, *Error) {
	var columns []Shown
	for item := range strings.SplitSeq(text, ",") {
		name, width, sized := strings.Cut(strings.TrimSpace(item), ":")
		c := findColumn(strings.ToLower(name))
		if c == nil {
			return nil, unknownColumn(name, "to show")
		}
		one := Shown{Column: c.Name}
		if sized {
			n, err := strconv.Atoi(width)
			if err != nil || n < MinWidth || n > MaxWidth {
				return nil, failf("the width of column %s must be a number from %d to %d, not %s", c.Name, MinWidth, MaxWidth, shown(width))
			}
			one.Width = n
		}
		if !slices.ContainsFunc(columns, func(s Shown) bool { return s.Column == one.Column }) {
			columns = append(columns, one)
		}
	}
	return columns, nil
}

// appendTo adds the look to the query of a URL.
func (l *look) appendTo(b []byte) []byte {
	if len(l.columns) > 0 {
		items := make([]string, len(l.columns))
		for i, c := range l.columns {
			items[i] = c.Column
			if c.Width > 0 {
				items[i] += ":" + strconv.Itoa(c.Width)
			}
		}
		b = appendPair(b, colsParameter, strings.Join(items, ","))
	}
	if l.numeric {
		b = appendPair(b, numericParameter, "1")
	}
	if l.selected != 0 {
		b = appendPair(b, selParameter, l.selected.String())
	}
	return b
}
