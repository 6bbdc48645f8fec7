package views

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/poller"
	"sockeye/query"
)

// Entry is one line of a table that shows more than connections one by one.
type Entry struct {
	// Group is set for the line of a group; the rest is then not.
	Group *Group
	// Connection is the connection of the line.
	Connection poller.Connection
	// Peer is the other end where the two ends are one line, else nil.
	Peer *poller.Connection
	// Name is that of the remote address, "" where it was not asked for or is not known.
	Name string
}

// Sum is a number that may be unknown.
type Sum struct {
	N     uint64
	Known bool
}

// Group is the line of a group: what its connections come to.
type Group struct {
	// Key names the group behind open= in a URL.
	Key string
	// Label is what its connections have in common, "" where that is not known; Note stands beside it. Both are foreign
	// text.
	Label, Note string
	// Addr is the address of a group of one remote address.
	Addr netip.Addr
	// Open tells that its connections are shown.
	Open bool
	// Connections counts them, States by state.
	Connections int
	States      poller.Counts
	// Oldest is when the oldest was opened; unless Exact, it is older than that.
	Oldest time.Time
	Exact  bool
	// Bytes, rates in bytes a second and retransmits are sums, the queues are the longest in bytes of one connection.
	Received, Sent, ReceiveRate, SendRate, Retransmits, ReceiveQueue, SendQueue Sum
}

// nobody says what is not known of the connections of a group that has no label, by grouping.
var nobody = map[string]string{
	"process": "process not known", "pid": "process not known", "remote": "no remote address", "port": "no port",
	"lport": "no port", "state": "state not known", "user": "user not known", "dir": "direction not known",
	"proto": "protocol not known",
}

// groupLine is a group as its row shows it.
type groupLine struct {
	ID, Count   string
	Toggle      templ.SafeURL
	Open        bool
	Label, Note cell
	States      []stateCount
	// Cells are those of the columns that say something about a group, by the names of the columns.
	Cells map[string]cell
}

// stateCount is how many connections of a group are in a state.
type stateCount struct {
	State, Count string
}

// groupLineOf turns a group of a view into what is shown of it at the given moment.
func groupLineOf(g *Group, q query.Query, now time.Time) groupLine {
	l := groupLine{
		ID: "=" + g.Key, Open: g.Open, Count: Count(g.Connections), Toggle: home(q.Toggle(g.Key).Encode()),
		Label: cell{Text: Visible(g.Label), Title: Whole(g.Label)}, Note: cell{Text: Visible(g.Note), Title: Whole(g.Note)},
		Cells: map[string]cell{
			"age": {Text: Age(max(0, now.Sub(g.Oldest)), g.Exact), Title: "age of the oldest"},
			"rx":  g.Received.cell(Bytes, "rx"), "tx": g.Sent.cell(Bytes, "tx"),
			"rxrate": g.ReceiveRate.cell(Rate, "rxrate"), "txrate": g.SendRate.cell(Rate, "txrate"),
			"rq": g.ReceiveQueue.cell(plain, "rq"), "sq": g.SendQueue.cell(plain, "sq"), "retr": g.Retransmits.cell(plain, "retr"),
		},
	}
	if g.Label == "" {
		l.Label = cell{Text: nobody[q.Group()], Unknown: true}
	}
	for _, s := range poller.States() {
		if n := g.States[s]; n > 0 {
			l.States = append(l.States, stateCount{s.String(), Count(n)})
		}
	}
	return l
}

// groupLead returns how many cells of a row the first cell of a group's line takes: the mark and the columns up to the
// first that says something about a group, but one at least.
func groupLead(shown []column) int {
	i := slices.IndexFunc(shown, func(c column) bool { return slices.Contains(summed, c.Name) })
	if i < 0 {
		i = len(shown)
	}
	return 1 + max(1, i)
}

// summed are the columns that say something about a group.
var summed = []string{"age", "rx", "tx", "rxrate", "txrate", "rq", "sq", "retr"}

// groupRest returns the columns behind the first cell of a group's line.
func groupRest(shown []column) []column { return shown[min(len(shown), groupLead(shown)-1):] }

// cell returns the cell of a sum, or of its absence.
func (s Sum) cell(format func(float64) string, name string) cell {
	if !s.Known {
		return cell{Text: Dash, Title: why(name), Unknown: true}
	}
	return cell{Text: format(float64(s.N)), Zero: s.N == 0}
}

// lineOfEntry turns a connection with what stands beside it into what is shown of it.
func lineOfEntry(e *Entry, now time.Time, service func(uint16, string) string) line {
	l := lineOf(&e.Connection, now, service)
	if e.Name != "" && e.Connection.Connected() {
		l.Remote.Name = Visible(e.Name)
		l.Remote.Title += " " + Whole(e.Name)
	}
	if e.Peer != nil {
		l.joinPeer(e.Peer)
	}
	return l
}

// joinPeer adds the process of the other end, and its state where that is another one.
func (l *line) joinPeer(p *poller.Connection) {
	process, pid := ownerOf(p)
	l.Process.Peer = process.Text
	l.Process.Title += " → " + process.Title
	if !pid.Unknown {
		l.Process.Title += ", PID " + pid.Text
	}
	if state := p.State.String(); state != l.State {
		l.Process.Peer += " · " + state
		l.Process.Title += ", " + state
	}
	l.Cells["proc"] = l.Process
}

// entryLine returns the line of a connection, with ports and users as the view wants them.
func (d Dashboard) entryLine(e *Entry) line {
	if !d.Query.Numeric() {
		return lineOfEntry(e, d.at(), d.Service)
	}
	l := lineOfEntry(e, d.at(), nil)
	l.Cells["user"] = l.Cells["uid"]
	return l
}

// entries returns the lines of the window.
func (d Dashboard) entries() []Entry {
	if d.Entries != nil {
		return d.Entries
	}
	rows := d.shown()
	entries := make([]Entry, len(rows))
	for i := range rows {
		entries[i].Connection = rows[i]
	}
	return entries
}

// lines returns how many lines there are to scroll through.
func (d Dashboard) lines() int { return max(d.Lines, d.Matched) }

// here returns how many lines the window has.
func (d Dashboard) here() int { return max(len(d.Entries), len(d.shown())) }

// inGroups says how many groups there are, "" where nothing is grouped.
func (d Dashboard) inGroups() string {
	switch {
	case d.Query.Group() == "":
		return ""
	case d.Groups == 1:
		return "in 1 group"
	}
	return "in " + Count(d.Groups) + " groups"
}

// parameter is one pair of a URL.
type parameter struct{ Name, Value string }

// pairs returns the parameters of the view whose names are wanted.
func (d Dashboard) pairs(wanted func(name string) bool) (pairs []parameter) {
	for pair := range strings.SplitSeq(d.Query.Encode(), "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(rawName)
		value, errValue := url.QueryUnescape(rawValue)
		if errName == nil && errValue == nil && name != "" && wanted(name) {
			pairs = append(pairs, parameter{name, value})
		}
	}
	return pairs
}

// isLayout reports whether a parameter says how the view is laid out.
func isLayout(name string) bool {
	return name == "group" || name == "open" || name == "pair" || name == "names"
}

// layout returns the parameters that say how the view is laid out, for a form that sets all others.
func (d Dashboard) layout() []parameter { return d.pairs(isLayout) }

// rest returns all other parameters of the view, for the form that sets the layout.
func (d Dashboard) rest() []parameter {
	return d.pairs(func(name string) bool { return !isLayout(name) })
}

// expanded returns the value of aria-expanded.
func expanded(open bool) string { return strconv.FormatBool(open) }
