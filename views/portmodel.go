package views

import (
	"net/netip"
	"time"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/processes"
)

// PortAnswer is the page that says who has a port number. With Asked unset it is the form with what is wrong.
type PortAnswer struct {
	Page
	// Asked tells that there is an answer, Text what was asked for, Problem why it could not be read.
	Asked         bool
	Text, Problem string
	// Port and Protocol ("tcp", "udp", or "" for both) are the target.
	Port     uint16
	Protocol string
	// Class is the range the number lies in (RFC 6335 section 6): "system", "user" or "dynamic".
	Class string
	// Services is what the number is known for, for each protocol asked about.
	Services []ports.Service
	// Answers has one for each protocol asked about.
	Answers []*occupancy.Answer
	// Before is who had the port before, for each protocol the last first.
	Before []occupancy.Former
	// Processes are those of its listeners, by PID, as far as they are known.
	Processes map[int32]*processes.Details
	// Near are free ports near it.
	Near []uint16
	// Notice says why the port was not tried though somebody asked for it; "" elsewhere.
	Notice string
	// Listening are the ports that the form suggests.
	Listening []Suggestion
	// Service is that of [Dashboard].
	Service func(port uint16, protocol string) string
	// Interface names the interface that has an address of this machine, "" where none has.
	Interface func(netip.Addr) string
}

// Suggestion is a port that the form suggests, with the process that waits on it; "" where that is not known.
type Suggestion struct {
	occupancy.Key
	Process string
}

// DoorPage is the list of all ports on which somebody waits.
type DoorPage struct {
	Page
	Doors []occupancy.Door
	// Since is the moment from which on the reader calls doors new; zero for the moment of this page.
	Since time.Time
	// Service and Interface are those of [PortAnswer].
	Service   func(port uint16, protocol string) string
	Interface func(netip.Addr) string
}

// SpanPage is the answer for several ports.
type SpanPage struct {
	Page
	Spans    ports.Spans
	Protocol string
	// Stretches are the ports in order; More tells that there are others that are used.
	Stretches []occupancy.Stretch
	More      bool
	Listening []Suggestion
	Service   func(port uint16, protocol string) string
}

// ConflictPage is the list of ports with more than one holder.
type ConflictPage struct {
	Page
	Conflicts []occupancy.Conflict
	Service   func(port uint16, protocol string) string
}

// Sentence is the answer in one sentence, for all protocols asked about.
func (p PortAnswer) Sentence() string { return occupancy.Sentence(p.Answers, Visible) }

// at returns the moment the rows of a page were true.
func (p Page) at() time.Time {
	if p.Status.At.IsZero() {
		return p.Now
	}
	return p.Status.At
}

// protocolName writes a protocol where it stands as a word.
func protocolName(p poller.Protocol) string {
	switch p {
	case poller.TCP:
		return "TCP"
	case poller.UDP:
		return "UDP"
	}
	return "TCP and UDP"
}
