package views

import (
	"net/netip"
	"time"

	"github.com/a-h/templ"

	"sockeye/processes"
	"sockeye/workload"
)

// ProcessList is the page of all processes that hold sockets.
type ProcessList struct {
	Page
	// Processes are in the order of Order; at most the first few hundred of Total.
	Processes []workload.Process
	Total     int
	Order     workload.Order
	// Without counts the sockets whose process is not known.
	Without workload.Unowned
	// Problem says why the order could not be read; "" where it could.
	Problem string
}

// ProcessPage is the page of one process.
type ProcessPage struct {
	Page
	// PID is that which was asked for, Start the start that was asked for; 0 for whichever process has the PID.
	PID   int32
	Start uint64
	// Missing says in one sentence that there is no such process; "" where there is one. Another is the process that has
	// its PID by now, nil where none has.
	Missing string
	Another *processes.Details
	// Details is what the system tells of it; where it is nil, DetailsNote says why.
	Details     *processes.Details
	DetailsNote string
	// Network is what the table tells of it.
	Network workload.Detail
	// Signs is what grows.
	Signs workload.Signs
	// Actions is what can be done to it from here.
	Actions Actions
	// Service is that of [Dashboard], Interface that of [PortAnswer].
	Service   func(port uint16, protocol string) string
	Interface func(netip.Addr) string
}

// Actions is what can be done to a connection or a process from a page. Its zero value shows nothing.
type Actions struct {
	// Hint says how actions are switched on; "" where they are, and where they cannot be.
	Hint string
	// Offers are what this reader may do.
	Offers []Offer
}

// Offer is something that can be done, after a page that asks whether it should.
type Offer struct {
	// Verb names it in the markup, Label on the button.
	Verb, Label string
	// Link leads to the page that asks; where it is "" the button cannot be pressed, Why says why and How what to do.
	Link     templ.SafeURL
	Why, How string
}

// ActionPage asks whether something should be done, or tells what came of it.
type ActionPage struct {
	Page
	// Heading is the question, or what happened; Sentences are what hangs on it.
	Heading   string
	Sentences []string
	// Mood is "ask", "done" or "refused".
	Mood string
	// Facts is the identity of what it is about.
	Facts []ActionFact
	// How says how a missing right is given; "" elsewhere.
	How string
	// Form is what the button sends; nil where there is none. Button is its label, Danger tells that nothing can be saved.
	Form   []ActionField
	Action templ.SafeURL
	Button string
	Until  time.Time
	// Next are the ways on.
	Next []ActionLink
}

// ActionFact is a line of an identity.
type ActionFact struct{ Label, Value string }

// ActionField is a hidden field of a form.
type ActionField struct{ Name, Value string }

// ActionLink is a way on; Strong is drawn first.
type ActionLink struct {
	Link  templ.SafeURL
	Label string
}
