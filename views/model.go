package views

import (
	"time"

	"sockeye/access"
	"sockeye/diagnose"
	"sockeye/poller"
	"sockeye/query"
)

// The entries of the navigation, for [Page.Active].
const (
	NavConnections = "/"
	NavPorts       = "/ports"
	NavProcesses   = "/processes"
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
	// Role is what the reader may do, Plain is set where others can have read what is sent, CanShare where there is a way to
	// let others in. Here is the path and query of the page.
	Role     access.Role
	Plain    bool
	CanShare bool
	Here     string
	// Posts tells that the page has a form that is not sent by GET: browsers say where such a form stands only if the page
	// lets them, and without that it is refused.
	Posts bool
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
	// Hint is another view that may be meant by what stands in the box; its zero value is none.
	Hint Hint
	// Findings are what the rules over the socket table found, the worst first.
	Findings []diagnose.Finding
	// Facets are lists of values to choose from.
	Facets []Facet
	// Rows are the connections of the window, in the order of the view. At most Limit are shown.
	Rows []poller.Connection
	// Offset is the place of the first row in the view, Limit the greatest number of rows in the window.
	Offset, Limit int
	// Entries are the lines of the window in place of Rows, where the view groups, joins pairs or wants names; nil elsewhere.
	Entries []Entry
	// Lines counts what there is to scroll through where that is more than Matched, Groups the groups.
	Lines, Groups int
	// Rights is what this program may not see.
	Rights Rights
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

// Hint is a view that is offered: as the box has it, and encoded as in the URL.
type Hint struct{ Text, Encode string }

// Facet is the values of one key with how many connections have each, to choose from.
type Facet struct {
	// Key is the name of the key.
	Key string
	// Values are the most frequent, and those that were chosen. More is how many further ones there are.
	Values []FacetValue
	More   int
}

// FacetValue is one value of a facet.
type FacetValue struct {
	// Label is the value as it is shown, Note what more is known of it.
	Label, Note string
	// Count is how many connections have it, -1 where that is not counted.
	Count int
	// Encode is the view that shows these only, encoded as in the URL.
	Encode string
	// In is set where the view asks for the value, Out where it leaves it out.
	In, Out bool
}
