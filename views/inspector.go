package views

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/explain"
	"sockeye/past"
	"sockeye/poller"
	"sockeye/poller/sockdiag"
	"sockeye/processes"
)

// Inspector is everything that is known of one connection.
type Inspector struct {
	Page
	// Connection is the row, or its last values where it is over.
	Connection poller.Connection
	// Over tells that it is gone, since Ended.
	Over  bool
	Ended time.Time
	// Between tells that it lived between two polls: nothing is known of it but its end.
	Between bool
	// Steps are its changes of state, Samples its bytes at moments, both oldest first.
	Steps   []past.Step
	Samples []past.Sample
	// Detail is what the kernel tells of the socket; where it is nil DetailNote says why.
	Detail     *sockdiag.Detail
	DetailNote string
	// Process is the owner; where it is nil ProcessNote says why.
	Process     *processes.Details
	ProcessNote string
	// Peer is the other end where that is on this machine and in the table.
	Peer *poller.Connection
	// Siblings are other connections of the same process, the first of SiblingsTotal.
	Siblings      []poller.Connection
	SiblingsTotal int
	// Actions is what can be done to it from here.
	Actions Actions
	// Origin is scheme, host and port by which the reader calls this server.
	Origin string
	// Service is that of [Dashboard]. Name names a host by its address, "" where it has no name; nil names none.
	Service func(port uint16, protocol string) string
	Name    func(netip.Addr) string
	// Asked tells that the name of the remote address was asked for; RemoteName is that name, "" where none is known.
	// MayAsk tells that the reader may have it asked for; others see what the owner has had asked for.
	Asked      bool
	RemoteName string
	MayAsk     bool
}

// canAsk reports whether the remote address could have a name that was not asked for.
func (i Inspector) canAsk() bool {
	return !i.Asked && i.Connection.Connected() && !i.Connection.Remote.Addr().IsLoopback()
}

// askWords are what the link to the name of the remote address says.
func (i Inspector) askWords() string {
	if i.MayAsk {
		return "Ask for the name of the remote address"
	}
	return "Show the name of the remote address, if the owner has looked it up"
}

// askLink returns the address of the page with the name of the remote address.
func (i Inspector) askLink() templ.SafeURL { return connectionLink(i.Connection.ID) + "?names=1" }

// ConnectionPath returns the address of a connection's page.
func ConnectionPath(id poller.ID) string { return "/connections/" + id.String() }

// connectionLink is that as a link.
func connectionLink(id poller.ID) templ.SafeURL { return templ.SafeURL(ConnectionPath(id)) }

// title returns what stands in the browser's tab.
func (i Inspector) title() string {
	return i.who() + " · " + i.Connection.State.String() + " · " + Visible(i.Host) + " · sockeye"
}

// who names the process, or the port where it is not known.
func (i Inspector) who() string {
	if o := i.Connection.Owner; o != nil && o.Name != "" {
		return Visible(o.Name)
	}
	return strings.ToUpper(i.Connection.Protocol.String()) + " port " + strconv.Itoa(int(i.Connection.Local.Port()))
}

// at returns the moment at which the values were true.
func (i Inspector) at() time.Time {
	switch {
	case i.Over:
		return i.Ended
	case i.Status.At.IsZero():
		return i.Now
	}
	return i.Status.At
}

// line returns the connection as the table shows it.
func (i Inspector) line() line { return lineOf(&i.Connection, i.at(), i.Service) }

// Way returns the states that the socket went through, oldest first.
func (i Inspector) Way() []explain.Visit { return explain.Way(&i.Connection, i.changes()) }

// changes returns the changes of state as package explain takes them.
func (i Inspector) changes() []explain.Change {
	var list []explain.Change
	for _, s := range i.Steps {
		list = append(list, explain.Change{From: s.From, To: s.To, At: s.At})
	}
	return list
}

// InState returns how long it has been in its state; exact is false where it was found so, and where nobody looked
// when the state changed.
func (i Inspector) InState() (d time.Duration, exact bool) {
	if n := len(i.Steps); n > 0 {
		last := i.Steps[n-1]
		return max(0, i.at().Sub(last.At)), !last.Gap
	}
	return i.Connection.Age(i.at())
}

// Verdict says what the state means here.
func (i Inspector) Verdict() explain.Verdict {
	d, exact := i.InState()
	s := explain.Situation{Connection: &i.Connection, InState: d, Exact: exact, Detail: i.Detail, Over: i.Over, Who: namedProcess(&i.Connection)}
	if i.Peer != nil {
		s.Other = namedProcess(i.Peer)
	}
	return explain.Here(&s)
}

// namedProcess names a connection's process with its PID, "" where it is not known.
func namedProcess(c *poller.Connection) string {
	if c.Owner == nil || c.Owner.Name == "" {
		return ""
	}
	return owner(c)
}

// fact is a line of a list: a label and what is known, or why it is not.
type fact struct {
	Label, Name, Value, Title string
	// Link is where the value leads, "" for nowhere.
	Link templ.SafeURL
	// Unknown tells that Title says why there is no value.
	Unknown bool
}

// factOf returns the line of a fact of a process.
func factOf[T any](label string, f processes.Fact[T], show func(T) string) fact {
	if !f.Known() {
		return fact{Label: label, Value: Dash, Title: f.Note, Unknown: true}
	}
	return fact{Label: label, Value: show(f.Value)}
}

// cellFact returns the line of a cell of the table.
func cellFact(label string, c cell) fact {
	return fact{Label: label, Value: c.Text, Title: c.Title, Unknown: c.Unknown}
}

// ends returns the lines of both ends: address, service, name and place.
func (i Inspector) ends() []fact {
	l := i.line()
	local := fact{Label: "Local", Value: l.Local.Host + l.Local.Port, Title: i.about(i.Connection.Local, l.Local.Service), Link: portLink(l.Local.Port[1:])}
	if !i.Connection.Connected() {
		return []fact{local, {Label: "Remote", Value: Dash, Title: l.Remote.Title, Unknown: true}}
	}
	remote := fact{Label: "Remote", Value: l.Remote.Host + l.Remote.Port, Title: i.about(i.Connection.Remote, l.Remote.Service), Link: portLink(l.Remote.Port[1:])}
	if !i.Asked {
		return []fact{local, remote}
	}
	name := fact{Label: "Remote name", Value: Whole(i.RemoteName), Title: "says the owner of the address"}
	if i.RemoteName == "" {
		name = fact{Label: "Remote name", Value: Dash, Title: "the name servers of this machine know none, or did not answer yet", Unknown: true}
		if !i.MayAsk {
			name.Title = "not known: only the owner of this machine can have it looked up"
		}
	}
	return []fact{local, remote, name}
}

// about says what else is known of an end.
func (i Inspector) about(a netip.AddrPort, service string) string {
	var parts []string
	if i.Name != nil {
		if name := i.Name(a.Addr()); name != "" {
			parts = append(parts, Visible(name))
		}
	}
	if service != "" {
		parts = append(parts, service)
	}
	return strings.Join(append(parts, explain.Place(a.Addr())), " · ")
}

// directions says who opened the connection.
var directions = [poller.NumDirections]string{
	poller.Inbound: "the other end opened it", poller.Outbound: "this machine opened it",
	poller.Listening: "waits for others", poller.Loopback: "both ends are on this machine",
}

// general returns the lines about the connection as a whole.
func (i Inspector) general() []fact {
	c := &i.Connection
	protocol := strings.ToUpper(c.Protocol.String()) + " over " + map[poller.Family]string{poller.IPv4: "IPv4", poller.IPv6: "IPv6"}[c.Family]
	direction := fact{Label: "Direction", Value: c.Direction.String(), Title: directions[c.Direction]}
	if c.Direction == poller.DirectionUnknown {
		direction = fact{Label: "Direction", Value: Dash, Title: "it was there first, and nothing tells who opened it", Unknown: true}
	}
	opened := fact{Label: "Opened", Value: Dash, Title: "it was there when sockeye first looked, at " + stamp(c.FirstSeen), Unknown: true}
	if c.Known.Has(poller.KnownOpened) {
		opened = fact{Label: "Opened", Value: stamp(c.Opened), Title: "to the length of one interval"}
	}
	list := []fact{{Label: "Protocol", Value: protocol}, direction, opened, cellFact("Age", i.line().Age)}
	if i.Over {
		ended := fact{Label: "Ended", Value: stamp(i.Ended)}
		if i.Between {
			ended.Title = "it lived between two looks: only its end was heard of"
		}
		list = append(list, ended)
	} else if d, exact := i.InState(); c.Protocol == poller.TCP {
		list = append(list, fact{Label: "In this state", Value: Age(d, exact)})
	}
	return append(list, fact{Label: "Id", Value: c.ID.String(), Link: connectionLink(c.ID)})
}

// traffic returns the lines about what was transferred.
func (i Inspector) traffic() []fact {
	l, c := i.line(), &i.Connection
	list := []fact{
		cellFact("Received", l.Received), cellFact("Sent", l.Sent),
		cellFact("Receive rate", l.ReceiveRate), cellFact("Send rate", l.SendRate),
		cellFact("Receive queue", l.ReceiveQueue), cellFact("Send queue", l.SendQueue),
	}
	if c.State == poller.StateListen {
		list[4].Label, list[5].Label = "Waiting to be accepted", "Room for"
	}
	if c.Known.Has(poller.KnownOpened|poller.KnownBytes) && !i.Over {
		if age, _ := c.Age(i.at()); age >= time.Second {
			list = append(list, fact{Label: "On average", Value: Rate(float64(c.BytesReceived)/age.Seconds()) + " in, " + Rate(float64(c.BytesSent)/age.Seconds()) + " out"})
		}
	}
	rtt, again := cell{Text: Dash, Title: why("rx"), Unknown: true}, cell{Text: Dash, Title: why("rx"), Unknown: true}
	if c.Known.Has(poller.KnownRTT) {
		rtt = cell{Text: Millis(float64(c.RTT) / 1000)}
	}
	if c.Known.Has(poller.KnownRetransmits) {
		again = cell{Text: Count(c.Retransmits)}
	}
	return append(list, cellFact("Round trip", rtt), cellFact("Sent again", again))
}

// stamp returns a moment with its day.
func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") }

// Millis returns milliseconds with three significant digits: "0.05 ms", "12.5 ms", "1.50 s".
func Millis(ms float64) string {
	switch {
	case ms >= 60_000:
		return Age(time.Duration(ms)*time.Millisecond, true)
	case ms >= 999.5:
		return digits(ms/1000, true) + " s"
	}
	return digits(ms, ms < 99.95) + " ms"
}

// figureText writes a figure of the kernel with its unit.
func figureText(f explain.Figure) string {
	switch {
	case f.Note != "":
		return Dash
	case f.Unit == explain.Text:
		return Visible(f.Words)
	case f.Unit == explain.Milliseconds:
		return Millis(f.Number)
	case f.Unit == explain.Bytes && f.Number < 100_000: // sizes of segments are known by their digits
		return plain(f.Number) + " B"
	case f.Unit == explain.Bytes:
		return Bytes(f.Number)
	case f.Unit == explain.BytesPerSecond:
		return Rate(f.Number)
	case f.Unit == explain.Segments && f.Number == 1:
		return "1 segment"
	case f.Unit == explain.Segments:
		return plain(f.Number) + " segments"
	case f.Number != float64(uint64(f.Number)): // a factor
		return strconv.FormatFloat(f.Number, 'f', 2, 64)
	}
	return plain(f.Number)
}

// figureFact returns the line of a figure of the kernel.
func figureFact(f explain.Figure) fact {
	if f.Note != "" {
		return fact{Label: f.Label, Name: f.Name, Value: Dash, Title: f.Note, Unknown: true}
	}
	return fact{Label: f.Label, Name: f.Name, Value: figureText(f), Title: f.Help}
}

// descriptorFact returns the line about open descriptors: "1,020 of 1,024".
func descriptorFact(p *processes.Details) fact {
	f := factOf("Descriptors", p.Descriptors, func(n uint64) string { return Count(n) })
	if p.Descriptors.Known() && p.DescriptorLimit.Known() {
		f.Value += " of " + Count(p.DescriptorLimit.Value)
	}
	return f
}

// maxCommand is the length at which a command line is cut.
const maxCommand = 2048

// commandLine writes arguments as they would be typed; those that a shell would take apart are in quotes.
func commandLine(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = shellWord(Whole(a))
	}
	text := []rune(strings.Join(words, " "))
	if len(text) > maxCommand {
		return string(text[:maxCommand]) + "…"
	}
	return string(text)
}

// shellWord quotes a word for a shell where it needs that.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("_-+=./:,@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// moreSiblings says how many other connections are not listed.
func (i Inspector) moreSiblings() string {
	if more := i.SiblingsTotal - len(i.Siblings); more > 0 {
		return fmt.Sprintf("All %s in the table", Count(i.SiblingsTotal+1))
	}
	return "Show them in the live table"
}
