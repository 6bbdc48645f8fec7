package views

import (
	"sockeye/query"
)

// column is one column of the table, from left to right. Name is that of the query language and of data-col.
type column struct {
	Name, Head, Title string
	// Numeric columns are set to the right, in figures of one width.
	Numeric bool
	// Sortable columns have a header that orders by them.
	Sortable bool
	// Why says why a cell of this column can be unknown.
	Why string
}

// columns is the table's schema; the script reads Name and Why from the header that is made of it.
var columns = []column{
	{Name: "mark", Head: "", Title: "Mark: + new, ~ changed, × closed"},
	{Name: "proto", Head: "Proto", Title: "Protocol; ⁶ marks an IPv6 socket", Sortable: true},
	{Name: "state", Head: "State", Title: "State of the connection", Sortable: true},
	{Name: "local", Head: "Local", Title: "Local address and port", Sortable: true},
	{Name: "remote", Head: "Remote", Title: "Remote address and port, with who opened the connection", Sortable: true},
	{Name: "proc", Head: "Process", Title: "Process that holds the socket", Sortable: true,
		Why: "no process is known to hold this socket"},
	{Name: "pid", Head: "PID", Title: "Process id", Numeric: true, Sortable: true,
		Why: "no process is known to hold this socket"},
	{Name: "user", Head: "User", Title: "User that made the socket", Sortable: true,
		Why: "the source of this table does not tell the user"},
	{Name: "age", Head: "Age", Title: "Time since the connection was opened; ≥ where it was found already open",
		Numeric: true, Sortable: true},
	{Name: "rx", Head: "Received", Title: "Payload received since the connection was opened", Numeric: true, Sortable: true,
		Why: "the system counts no bytes of UDP sockets and of listeners, or this source does not tell them"},
	{Name: "tx", Head: "Sent", Title: "Payload sent since the connection was opened", Numeric: true, Sortable: true,
		Why: "the system counts no bytes of UDP sockets and of listeners, or this source does not tell them"},
	{Name: "rxrate", Head: "Rx rate", Title: "Payload received a second, over the last interval", Numeric: true, Sortable: true,
		Why: "a rate needs two polls and a socket whose bytes are counted, as those of UDP are not"},
	{Name: "txrate", Head: "Tx rate", Title: "Payload sent a second, over the last interval", Numeric: true, Sortable: true,
		Why: "a rate needs two polls and a socket whose bytes are counted, as those of UDP are not"},
	{Name: "rq", Head: "Recv-Q", Title: "Bytes not yet read by the process; for a listener, connections not yet accepted",
		Numeric: true, Sortable: true, Why: "this source does not tell the queues"},
	{Name: "sq", Head: "Send-Q", Title: "Bytes not yet acknowledged; for a listener, the limit of its accept queue",
		Numeric: true, Sortable: true, Why: "this source does not tell the queues"},
}

// why returns why the named column's value can be unknown.
func why(name string) string {
	for _, c := range columns {
		if c.Name == name {
			return c.Why
		}
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
