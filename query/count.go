package query

import (
	"slices"

	"sockeye/poller"
)

// CountColumn is the name by which groups are sorted by how many connections they have. It is no column of a connection:
// it stands behind sort= only, and only where connections are grouped; elsewhere it is dropped.
const CountColumn = "count"

// countColumn says nothing of a single connection: package web, which has the groups, compares those.
var countColumn = &column{Column{CountColumn, "Connections", true}, "connections", true,
	func(*poller.Connection) bool { return false }, func(a, b *poller.Connection) int { return 0 }}

// findSortable returns what can be sorted by under that name, or nil.
func findSortable(name string) *column {
	if name == countColumn.Name || name == countColumn.field {
		return countColumn
	}
	return findColumn(name)
}

// byRows reports whether an order says something about connections, not about groups alone.
func byRows(order []sorting) bool {
	return slices.ContainsFunc(order, func(s sorting) bool { return s.by != countColumn })
}

// withoutCount returns an order without [CountColumn], for connections that are in no groups.
func withoutCount(order []sorting) []sorting {
	order = slices.DeleteFunc(slices.Clone(order), func(s sorting) bool { return s.by == countColumn })
	if len(order) == 0 {
		return nil
	}
	return order
}
