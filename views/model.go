package views

import (
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// The entries of the navigation, for [Page.Active].
const (
	NavConnections = "/"
	NavPorts       = "/ports"
)

// Page is what every page shows around its content.
type Page struct {
	// Host is the name of the machine whose sockets are shown.
	Host string
	// Build names the running build; the script compares it with the one the server greets it with.
	Build string
	// Now is the moment the page was made.
	Now time.Time
	// Status is that of the table the page was made from.
	Status poller.Status
	// Active is the navigation entry of this page, or "" where none fits.
	Active string
	// Theme is "light" or "dark" where the reader chose one (cookie "theme"), "" for the system's choice.
	Theme string
}

// Dashboard is the page of the live table.
type Dashboard struct {
	Page
	// Query is the view in force: the last readable one where Box could not be read.
	Query query.Query
	// Box is the text of the filter box; it differs from Query.String() only where it could not be read.
	Box string
	// Problem says in one sentence why Box could not be read; "" where it could.
	Problem string
	// Rows are the connections of the window, in the order of the view. At most Limit are shown.
	Rows []poller.Connection
	// Offset is the place of the first row in the view, Limit the greatest number of rows in the window.
	Offset, Limit int
	// Total counts the sockets of the machine, Matched those of the view.
	Total, Matched int
	// History is what the charts show, oldest first; From and To are their ends, zero where they show the present and
	// what led to it.
	History  []poller.Sample
	From, To time.Time
	// Service names the service of a port number, "" where it has none; nil names none.
	Service func(port uint16, protocol string) string
}

// Failure is the page of an answer that is not the one asked for.
type Failure struct {
	Page
	// Status is the HTTP status, Title one sentence that says what is wrong, Advice what to do about it.
	Status        int
	Title, Advice string
}
