package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/poller"
	"sockeye/processes"
	"sockeye/workload"
)

// name names the process, or its PID where that is all that is known.
func (p ProcessPage) name() string {
	switch {
	case p.Details != nil && p.Details.Name != "":
		return Visible(p.Details.Name)
	case p.Network.Name != "":
		return Visible(p.Network.Name)
	}
	return "Process " + strconv.Itoa(int(p.PID))
}

// title returns what stands in the browser's tab.
func (p ProcessPage) title() string {
	return p.name() + " · PID " + strconv.Itoa(int(p.PID)) + " · " + Visible(p.Host) + " · sockeye"
}

// user names the user that the process works as, "" where that is not known.
func (p ProcessPage) user() string {
	if p.Details != nil && p.Details.User.Known() {
		return Visible(p.Details.User.Value)
	}
	return Visible(p.Network.User)
}

// summary says what the process has to do with the network, in one sentence.
func (p ProcessPage) summary() string {
	if p.Missing != "" {
		return p.Missing
	}
	who := p.name() + " (PID " + strconv.Itoa(int(p.PID))
	if u := p.user(); u != "" {
		who += ", " + u
	}
	who += ") "
	n := &p.Network
	var has []string
	if n.Listening > 0 {
		has = append(has, "waits on "+plural(n.Listening, "socket", "sockets"))
	}
	if n.Connections > 0 {
		has = append(has, "has "+plural(n.Connections, "connection", "connections")+" with "+addresses(n.RemotesTotal))
	}
	switch {
	case len(has) > 0:
		return who + strings.Join(has, " and ") + "."
	case n.Sockets > 0:
		return who + "has " + plural(n.Sockets, "socket", "sockets") + ", none of them connected."
	}
	return who + "holds no socket that is seen."
}

// signs says what grows, a sentence each.
func (p ProcessPage) signs() (all []string) {
	if s := p.Signs.CloseWait; s != nil {
		all = append(all, "Its connections in CLOSE_WAIT grew from "+Count(s.From)+" to "+Count(s.To)+" in "+Age(s.Over, true)+
			", and never fell: the other ends have closed them, and the program does not close them.")
	}
	if s := p.Signs.Descriptors; s != nil {
		text := "Its open descriptors grew from " + Count(s.From) + " to " + Count(s.To) + " in " + Age(s.Over, true) + ", and never fell"
		if p.Details != nil && p.Details.DescriptorLimit.Known() {
			text += "; at " + Count(p.Details.DescriptorLimit.Value) + " it can open no more"
		}
		all = append(all, text+".")
	}
	return all
}

// facts returns the lines about the process.
func (p ProcessPage) facts() []fact {
	list := processFacts(p.Details)
	if p.Details.Started.Known() {
		for i := range list {
			if list[i].Label == "Started" {
				list[i].Title = Age(max(0, p.Now.Sub(p.Details.Started.Value)), true) + " ago"
			}
		}
	}
	bytes := func(n uint64) string { return Bytes(float64(n)) }
	use := fact{Label: "Processor", Value: Dash, Title: "it is known after a second look", Unknown: true}
	if p.Signs.CPU != nil {
		use = fact{Label: "Processor", Value: percent(*p.Signs.CPU), Title: "over the last seconds"}
	}
	return append(list, use, factOf("Virtual memory", p.Details.Virtual, bytes),
		factOf("Read from disk", p.Details.Read, bytes), factOf("Written to disk", p.Details.Written, bytes))
}

// traffic returns the lines about what its sockets transferred.
func (p ProcessPage) traffic() []fact {
	n := &p.Network
	return []fact{
		cellFact("Received", loadCell(n.WithBytes, float64(n.Received), Bytes, "rx")),
		cellFact("Sent", loadCell(n.WithBytes, float64(n.Sent), Bytes, "tx")),
		cellFact("Receive rate", loadCell(n.WithRates, n.ReceiveRate, Rate, "rxrate")),
		cellFact("Send rate", loadCell(n.WithRates, n.SendRate, Rate, "txrate")),
	}
}

// cpuTime writes the time that a process has worked.
func cpuTime(d time.Duration) string { return Millis(float64(d.Milliseconds())) }

// states are the states that its sockets are in.
func (p ProcessPage) states() (all []poller.State) {
	for s, n := range p.Network.States {
		if n > 0 {
			all = append(all, poller.State(s))
		}
	}
	return all
}

// stateView returns the address of the live table with its sockets in a state.
func (p ProcessPage) stateView(s poller.State) templ.SafeURL {
	return processView(p.PID, "state="+s.String())
}

// remoteView returns the address of the live table with its connections to an address.
func (p ProcessPage) remoteView(r *workload.Remote) templ.SafeURL {
	return processView(p.PID, "rip="+url.QueryEscape(r.Addr.WithZone("").String()))
}

// own returns the address of this process as data.
func (p ProcessPage) data() templ.SafeURL {
	path, query, found := strings.Cut(ProcessPath(p.PID, p.Start), "?")
	if found {
		return templ.SafeURL(path + ".json?" + query)
	}
	return templ.SafeURL(path + ".json")
}

// anotherWords names the process that has the PID by now.
func anotherWords(d *processes.Details) string {
	text := Visible(d.Name)
	if d.Started.Known() {
		text += ", started " + stamp(d.Started.Value)
	}
	return text
}

// about names the ports of a remote: what they connect to there, or were connected to here.
func (p ProcessPage) about(r *workload.Remote) string {
	var names []string
	for _, port := range r.Ports {
		name := strconv.Itoa(int(port.Number)) + "/" + port.Protocol.String()
		if p.Service != nil {
			if s := p.Service(port.Number, port.Protocol.String()); s != "" {
				name += " " + s
			}
		}
		if port.Local {
			name += " here"
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if r.MorePorts {
		text += ", …"
	}
	return text
}

// opener says who opened the connections with a remote.
func opener(r *workload.Remote) string {
	switch {
	case r.Inbound > 0 && r.Outbound > 0:
		return "both"
	case r.Inbound > 0:
		return "inbound"
	case r.Outbound > 0:
		return "outbound"
	}
	return Dash
}

// remoteStates names the states of the connections with a remote, with how many are in each where there are several.
func remoteStates(r *workload.Remote) string {
	var names []string
	for s, n := range r.States {
		if n > 0 {
			names = append(names, Count(n)+" "+poller.State(s).String())
		}
	}
	return strings.Join(names, ", ")
}

// clientCount returns the cell of the clients of a listener.
func clientCount(l *workload.Listener) cell {
	if l.Protocol == poller.UDP {
		return cell{Text: Dash, Title: "UDP has no connections that could be counted", Unknown: true}
	}
	return cell{Text: Count(l.Clients), Zero: l.Clients == 0}
}
