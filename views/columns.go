package views

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockeye/query"
)

// column is one column of the table, from left to right. Name is that of the query language and of data-col.
type column struct {
	Name, Head, Title string
	// Least is the smallest width in CSS pixels that the page itself chooses; Grow is the column's share of the room that
	// is left, 0 for none.
	Least int
	Grow  float64
	// Shown is set where the column is in the table of a reader who chose nothing.
	Shown bool
	// Figure is set for numbers: to the right, in figures of one width.
	Figure bool
	// Why says why a cell of this column can be unknown.
	Why string
}

// Why cells can be unknown, where several columns have the same reason.
const (
	whyNoProcess = "no process is known to hold this socket" + whichTells
	whyNoUser    = "the source of this table does not tell the user" + whichTells
	whyNoBytes   = "the system counts no bytes of UDP sockets and of listeners, or this source does not tell them" + whichTells
	whyNoRate    = "a rate needs two polls and a socket whose bytes are counted, as those of UDP are not" + whichTells
	whyNoQueues  = "this source does not tell the queues" + whichTells
	whyNoRemote  = "not connected to one remote end"
	whichTells   = "; /platforms says which source tells what"
)

// columns is the table's schema in the order in which they are offered; the script reads it from the header that is made
// of it.
var columns = []column{
	{Name: "proto", Head: "Proto", Title: "Protocol; ⁶ marks an IPv6 socket", Least: 46, Shown: true},
	{Name: "state", Head: "State", Title: "State of the connection", Least: 128, Shown: true},
	{Name: "local", Head: "Local", Title: "Local address and port", Least: 152, Grow: 1.3, Shown: true},
	{Name: "remote", Head: "Remote", Title: "Remote address and port, with who opened the connection", Least: 186, Grow: 1.5, Shown: true},
	{Name: "proc", Head: "Process", Title: "Process that holds the socket", Least: 94, Grow: 1, Shown: true, Why: whyNoProcess},
	{Name: "pid", Head: "PID", Title: "Process id", Least: 60, Shown: true, Figure: true, Why: whyNoProcess},
	{Name: "user", Head: "User", Title: "User that made the socket", Least: 64, Shown: true, Why: whyNoUser},
	{Name: "age", Head: "Age", Title: "Time since the connection was opened; ≥ where it was found already open", Least: 64, Shown: true, Figure: true},
	{Name: "rx", Head: "Received", Title: "Payload received since the connection was opened", Least: 76, Shown: true, Figure: true, Why: whyNoBytes},
	{Name: "tx", Head: "Sent", Title: "Payload sent since the connection was opened", Least: 72, Shown: true, Figure: true, Why: whyNoBytes},
	{Name: "rxrate", Head: "Rx rate", Title: "Payload received a second, over the last interval", Least: 76, Shown: true, Figure: true, Why: whyNoRate},
	{Name: "txrate", Head: "Tx rate", Title: "Payload sent a second, over the last interval", Least: 76, Shown: true, Figure: true, Why: whyNoRate},
	{Name: "rq", Head: "Recv-Q", Title: "Bytes not yet read by the process; for a listener, connections not yet accepted", Least: 60, Shown: true, Figure: true, Why: whyNoQueues},
	{Name: "sq", Head: "Send-Q", Title: "Bytes not yet acknowledged; for a listener, the limit of its accept queue", Least: 60, Shown: true, Figure: true, Why: whyNoQueues},
	{Name: "rtt", Head: "RTT", Title: "Round-trip time, smoothed by the kernel", Least: 76, Figure: true, Why: "a round trip has not been measured, or this source does not tell it" + whichTells},
	{Name: "retr", Head: "Retrans", Title: "Segments sent again since the connection was opened", Least: 72, Figure: true, Why: "this source does not tell retransmits" + whichTells},
	{Name: "dir", Head: "Direction", Title: "Who opened the connection", Least: 86},
	{Name: "fam", Head: "Family", Title: "Address family of the socket", Least: 60},
	{Name: "port", Head: "Port", Title: "Local port alone", Least: 64, Figure: true, Why: "not bound to a port"},
	{Name: "rport", Head: "R-port", Title: "Remote port alone", Least: 64, Figure: true, Why: whyNoRemote},
	{Name: "uid", Head: "UID", Title: "User id behind the user's name", Least: 64, Figure: true, Why: whyNoUser},
	{Name: "opened", Head: "Opened", Title: "When the connection was opened", Least: 156, Figure: true, Why: "it was open before sockeye looked" + whichTells},
	{Name: "seen", Head: "First seen", Title: "When sockeye first saw the socket", Least: 156, Figure: true},
	{Name: "id", Head: "Id", Title: "Identity of the socket, as in its links", Least: 96},
	{Name: "peer", Head: "Other end", Title: "Identity of the other end, where it is on this machine too", Least: 96, Why: "the other end is not on this machine, or was not seen"},
	{Name: "drops", Head: "Drops", Title: "Datagrams that a UDP socket threw away", Least: 64, Figure: true, Why: "only UDP sockets drop datagrams, and not every source tells" + whichTells},
	{Name: "spark", Head: "Traffic", Title: "Bytes a second, both ways, over the last minute that it was in sight", Least: 76},
}

// findColumn returns the column of a name, or nil.
func findColumn(name string) *column {
	i := slices.IndexFunc(columns, func(c column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &columns[i]
}

// shownColumns returns the columns of a view from left to right.
func shownColumns(q query.Query) (shown []column) {
	for _, s := range q.Shown() {
		if c := findColumn(s.Column); c != nil {
			shown = append(shown, *c)
		}
	}
	if len(shown) > 0 {
		return shown
	}
	for _, c := range columns {
		if c.Shown {
			shown = append(shown, c)
		}
	}
	return shown
}

// heads returns all columns, those that the view shows first.
func heads(q query.Query) []column {
	all := shownColumns(q)
	for _, c := range columns {
		if !isShown(q, c) {
			all = append(all, c)
		}
	}
	return all
}

// isShown reports whether a view shows the column.
func isShown(q query.Query, c column) bool {
	return slices.ContainsFunc(shownColumns(q), func(s column) bool { return s.Name == c.Name })
}

// track returns the column's track in the grid of a row (CSS grid-template-columns).
func (c column) track() string {
	if c.Grow == 0 {
		return strconv.Itoa(c.Least) + "px"
	}
	return fmt.Sprintf("minmax(%dpx,%gfr)", c.Least, c.Grow)
}

// markWidth is the width of the first column, which has the row's mark and link.
const markWidth = 24

// ColumnSheet returns the style sheet that lays a table out with the columns that a view has chosen. A page with the
// columns of its own choice needs none.
func ColumnSheet(q query.Query) string {
	tracks, least := []string{strconv.Itoa(markWidth) + "px"}, markWidth
	for i, c := range shownColumns(q) {
		if chosen := q.Shown(); i < len(chosen) && chosen[i].Width > 0 {
			c.Least, c.Grow = chosen[i].Width, 0
		}
		tracks = append(tracks, c.track())
		least += c.Least
	}
	return fmt.Sprintf("@layer components{.tablebox>table{--cols:%s;--least:%dpx;--lead:%d}}\n",
		strings.Join(tracks, " "), least, groupLead(shownColumns(q)))
}

// why returns why the named column's value can be unknown.
func why(name string) string {
	if c := findColumn(name); c != nil {
		return c.Why
	}
	return ""
}

// sorting returns the value of aria-sort for a column: that of the first order term, "none" for all other columns.
func sorting(q query.Query, name string) string {
	order := q.Order()
	switch {
	case len(order) == 0 || order[0].Column != name:
		return "none"
	case order[0].Desc:
		return "descending"
	}
	return "ascending"
}

// second returns "▴" or "▾" for the column that is sorted by behind the first, "" for all others.
func second(q query.Query, name string) string {
	order := q.Order()
	switch {
	case len(order) < 2 || order[1].Column != name:
		return ""
	case order[1].Desc:
		return "▾"
	}
	return "▴"
}
