package query

import (
	"cmp"
	"slices"
	"strings"

	"sockeye/poller"
)

// Order is one column to sort by.
type Order struct {
	// Column is the name of one of [Columns], or [CountColumn].
	Column string
	// Desc is set for the largest first.
	Desc bool
}

// sorting is an Order whose column was looked up, because [Query.Compare] is called too often to do it each time.
type sorting struct {
	by   *column
	desc bool
}

// Order returns what is sorted by, the most important first; none is the default order. The caller owns the slice.
func (q Query) Order() []Order {
	orders := make([]Order, len(q.order))
	for i, s := range q.order {
		orders[i] = Order{s.by.Name, s.desc}
	}
	return orders
}

// SortBy returns q as a click on the header of that column changes it: sorted by this column alone; at the second
// click the other way round; at the third in the default order again. Counters, rates, queues and ages begin with
// the largest, others with the smallest. A column that does not exist changes nothing.
func (q Query) SortBy(column string) Query {
	by := findSortable(column)
	if by == nil {
		return q
	}
	next := sorting{by, by.large}
	if len(q.order) > 0 && q.order[0].by == by {
		if q.order[0].desc != by.large {
			q.order = nil
			return q
		}
		next.desc = !by.large
	}
	q.order = []sorting{next}
	return q
}

// ThenBy returns q as a Shift-click on the header of that column changes it: the column becomes the second one to sort
// by. One that is in the order already is turned round at that click, and leaves at the next; where there is no order it
// is the first.
func (q Query) ThenBy(column string) Query {
	by := findSortable(column)
	if by == nil {
		return q
	}
	i := slices.IndexFunc(q.order, func(s sorting) bool { return s.by == by })
	order := slices.Clone(q.order)
	switch {
	case i < 0:
		order = append(order[:min(1, len(order))], sorting{by, by.large})
	case order[i].desc == by.large:
		order[i].desc = !by.large
	default:
		order = slices.Delete(order, i, i+1)
	}
	if q.order = order; len(order) == 0 {
		q.order = nil
	}
	return q
}

// LaidOutAs returns q in the order, the layout and the look of another query.
func (q Query) LaidOutAs(other Query) Query {
	q.order, q.shape, q.look = other.order, other.shape, other.look
	return q
}

// Compare orders two connections: negative where a comes first. The default order is by process name, local port and
// ID; ties of any other are parted by ID. What is unknown comes last, whichever way a column is sorted. It is a total
// order and allocates nothing.
func (q Query) Compare(a, b *poller.Connection) int {
	for _, s := range q.order {
		if c := s.compare(a, b); c != 0 {
			return c
		}
	}
	if !byRows(q.order) {
		if c := compareDefault(a, b); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.ID, b.ID)
}

// compareDefault is the default order without its last resort, the ID.
func compareDefault(a, b *poller.Connection) int {
	if c := compareKnown(hasName(a), hasName(b)); c != 0 {
		return c
	}
	if hasName(a) {
		if c := byName(a, b); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Local.Port(), b.Local.Port())
}

// compare orders by this column alone.
func (s sorting) compare(a, b *poller.Connection) int {
	known := s.by.known(a)
	if c := compareKnown(known, s.by.known(b)); c != 0 || !known {
		return c
	}
	if s.desc {
		return s.by.compare(b, a)
	}
	return s.by.compare(a, b)
}

// compareKnown puts what is known before what is not.
func compareKnown(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// parseSort reads columns parted by commas, each with a "-" before it for the largest first. Spaces around them are of no
// account, nor is their case. The same column may be there twice; see [mergeSort].
func parseSort(text string) ([]sorting, *Error) {
	var order []sorting
	for item := range strings.SplitSeq(text, ",") {
		name, desc := strings.CutPrefix(strings.TrimSpace(item), "-")
		by := findSortable(strings.ToLower(name))
		if by == nil {
			return nil, unknownColumn(name, "to sort by")
		}
		order = append(order, sorting{by, desc})
	}
	return order, nil
}

// mergeSort adds more to an order, without columns that are there already and could change nothing.
func mergeSort(order, more []sorting) []sorting {
	for _, s := range more {
		if !slices.ContainsFunc(order, func(o sorting) bool { return o.by == s.by }) {
			order = append(order, s)
		}
	}
	return order
}

// formatSort writes an order as [parseSort] reads it.
func formatSort(order []sorting) string {
	items := make([]string, len(order))
	for i, s := range order {
		items[i] = s.by.Name
		if s.desc {
			items[i] = "-" + s.by.Name
		}
	}
	return strings.Join(items, ",")
}

// unknownColumn says that there is no such column to be used so.
func unknownColumn(name, use string) *Error {
	names := make([]string, len(columnTable))
	for i, c := range columnTable {
		names[i] = c.Name
	}
	if meant := closest(strings.ToLower(name), names); meant != "" {
		return failf("unknown column %s %s: did you mean %q?", shown(name), use, meant)
	}
	return failf("unknown column %s %s: one of %s", shown(name), use, strings.Join(names, ", "))
}
