package query

import (
	"slices"
	"strings"

	"sockeye/poller"
)

// The parameters of a URL that say how the view is laid out.
const (
	groupParameter = "group"
	openParameter  = "open"
	pairParameter  = "pair"
	namesParameter = "names"
)

// shapeParameters are all of them, in the order in which [Query.Encode] writes them.
var shapeParameters = []string{groupParameter, openParameter, pairParameter, namesParameter}

// maxOpen is how many groups can be open at once.
const maxOpen = 50

// shape is what the lines of a view are: what neither keeps connections nor orders them.
type shape struct {
	// group is what lines are grouped by, nil for nothing.
	group *grouping
	// open are the keys of the groups whose rows are shown, sorted, each once; nil where there is none or no grouping.
	open []string
	// pair is set where the two ends of a connection within this machine are one line.
	pair bool
	// names is set where the names of remote addresses are asked for.
	names bool
}

// isZero reports whether the shape is that of a view without a word about it.
func (s shape) isZero() bool { return s.group == nil && !s.pair && !s.names }

// read takes in one parameter of a URL.
func (s *shape) read(name, text string) (err *Error) {
	switch name {
	case groupParameter:
		return s.readGroup(strings.TrimSpace(text))
	case openParameter:
		if text != "" {
			s.open = append(s.open, text)
		}
	case pairParameter:
		s.pair, err = readSwitch(name, text)
	case namesParameter:
		s.names, err = readSwitch(name, text)
	}
	return err
}

// readGroup takes in what to group by. Only one thing is possible.
func (s *shape) readGroup(text string) *Error {
	if text == "" {
		return nil
	}
	g := findGrouping(text)
	switch {
	case g == nil:
		return unknownGrouping(text)
	case s.group != nil && s.group != g:
		return failf("connections can be grouped by one thing only, not by %q and %q", s.group.Name, g.Name)
	}
	s.group = g
	return nil
}

// readSwitch reads what is on or off.
func readSwitch(name, text string) (bool, *Error) {
	switch text {
	case "1":
		return true, nil
	case "", "0":
		return false, nil
	}
	return false, failf("%s must be 1 or 0, not %s", name, shown(text))
}

// settle brings the open groups into their canonical form.
func (s *shape) settle() *Error {
	if s.group == nil {
		s.open = nil // there is nothing to open
		return nil
	}
	slices.Sort(s.open)
	s.open = slices.Compact(s.open)
	if len(s.open) > maxOpen {
		return failf("%d groups are open, at most %d are possible", len(s.open), maxOpen)
	}
	return nil
}

// encode adds the shape to the query of a URL.
func (s shape) encode(b []byte) []byte {
	if s.group != nil {
		b = appendPair(b, groupParameter, s.group.Name)
	}
	for _, key := range s.open {
		b = appendPair(b, openParameter, key)
	}
	if s.pair {
		b = appendPair(b, pairParameter, "1")
	}
	if s.names {
		b = appendPair(b, namesParameter, "1")
	}
	return b
}

// withShape returns q laid out in another way, unless that is too long for a URL.
func (q Query) withShape(s shape) (Query, *Error) {
	if err := s.settle(); err != nil {
		return Query{}, err
	}
	q.shape = s
	if s.group == nil {
		q.order = withoutCount(q.order)
	}
	if n := len(q.encodeFilter()) + len(shape{open: s.open}.encode(nil)); len(s.open) > 0 && n > maxFilter {
		return Query{}, failf("the filter and the open groups are %d bytes long as a URL, at most %d are possible", n, maxFilter)
	}
	return q, nil
}

// Group returns the name of what q groups by, one of [Groupings], or "" for nothing.
func (q Query) Group() string {
	if q.shape.group == nil {
		return ""
	}
	return q.shape.group.Name
}

// GroupBy returns q grouped by the grouping of that name, with all groups closed; by nothing where there is none.
func (q Query) GroupBy(name string) Query {
	q.shape.group, q.shape.open = findGrouping(name), nil
	return q
}

// GroupOf returns the group of a connection. It allocates nothing where the names of processes and users are UTF-8. q
// must be grouped.
func (q Query) GroupOf(c *poller.Connection) GroupKey { return q.shape.group.key(c) }

// Open returns the keys of the open groups, as [GroupKey.String] writes them, sorted. The caller owns the slice.
func (q Query) Open() []string { return slices.Clone(q.shape.open) }

// IsOpen reports whether the group of that key is open.
func (q Query) IsOpen(key string) bool {
	_, open := slices.BinarySearch(q.shape.open, key)
	return open
}

// Toggle returns q with the group of that key opened where it is closed and closed where it is open. Where q is not
// grouped, or no more groups can be open, it returns q.
func (q Query) Toggle(key string) Query {
	s := q.shape
	if i, open := slices.BinarySearch(s.open, key); open {
		s.open = slices.Delete(slices.Clone(s.open), i, i+1)
	} else {
		s.open = append(slices.Clone(s.open), key)
	}
	if len(s.open) == 0 {
		s.open = nil
	}
	toggled, err := q.withShape(s)
	if err != nil {
		return q
	}
	return toggled
}

// Pair reports whether the two ends of a connection within this machine are one line.
func (q Query) Pair() bool { return q.shape.pair }

// WithPair returns q with that switched on or off.
func (q Query) WithPair(on bool) Query {
	q.shape.pair = on
	return q
}

// Names reports whether the names of remote addresses are asked for.
func (q Query) Names() bool { return q.shape.names }

// WithNames returns q with that switched on or off.
func (q Query) WithNames(on bool) Query {
	q.shape.names = on
	return q
}

// Core returns q with all groups closed and without names: views with the same core have the same lines but for the
// rows of open groups.
func (q Query) Core() Query {
	q.shape.open, q.shape.names = nil, false
	return q
}
