package views

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"sockeye/poller"
	"sockeye/processes"
	"sockeye/workload"
)

// ProcessPath returns the address of a process's page. A start of 0 is left out: it is whichever process has the PID.
func ProcessPath(pid int32, start uint64) string {
	path := "/processes/" + strconv.Itoa(int(pid))
	if start != 0 {
		path += "?start=" + strconv.FormatUint(start, 10)
	}
	return path
}

// processLink is that as a link.
func processLink(pid int32, start uint64) templ.SafeURL {
	return templ.SafeURL(ProcessPath(pid, start))
}

// ownerLink leads to the owner's page, "" where the owner is not known.
func ownerLink(c *poller.Connection) templ.SafeURL {
	if c.Owner == nil {
		return ""
	}
	return processLink(c.Owner.PID, c.Owner.Start)
}

// processColumn is a column of the list of processes.
type processColumn struct {
	Sort, Head, Title string
	Figure            bool
}

var processColumns = []processColumn{
	{"process", "Process", "What the process is called", false},
	{"pid", "PID", "Process id", true},
	{"user", "User", "User that made its first socket", false},
	{"connections", "Connections", "Sockets with a remote end", true},
	{"listening", "Listening", "Sockets that wait for others", true},
	{"close_wait", "CLOSE_WAIT", "Connections that the other end has closed and the process has not", true},
	{"rxrate", "Rx rate", "Payload received a second, over the last interval", true},
	{"txrate", "Tx rate", "Payload sent a second, over the last interval", true},
	{"rx", "Received", "Payload received by the sockets that there are now", true},
	{"tx", "Sent", "Payload sent by the sockets that there are now", true},
}

// sorted tells how a column is sorted, in the words of aria-sort: "" where it is not.
func (p ProcessList) sorted(c processColumn) string {
	switch {
	case p.Order.Column != c.Sort:
		return ""
	case p.Order.Down:
		return "descending"
	}
	return "ascending"
}

// sortLink leads to the list sorted by a column: figures with the most first, words from A; a second time the other way.
func (p ProcessList) sortLink(c processColumn) templ.SafeURL {
	o := workload.Order{Column: c.Sort, Down: c.Figure && c.Sort != "pid"}
	if p.Order == o {
		o.Down = !o.Down
	}
	if o == workload.DefaultOrder {
		return NavProcesses
	}
	return templ.SafeURL(NavProcesses + "?sort=" + url.QueryEscape(o.String()))
}

// data returns the address of the list as data.
func (p ProcessList) data() templ.SafeURL {
	if p.Order == workload.DefaultOrder {
		return NavProcesses + ".json"
	}
	return templ.SafeURL(NavProcesses + ".json?sort=" + url.QueryEscape(p.Order.String()))
}

// summary says what the list has, in one sentence.
func (p ProcessList) summary() string {
	var busiest *workload.Process
	sockets := 0
	for i := range p.Processes {
		sockets += p.Processes[i].Sockets
		if busiest == nil || p.Processes[i].Connections > busiest.Connections {
			busiest = &p.Processes[i]
		}
	}
	if busiest == nil {
		return "No process is known to hold a socket."
	}
	text := plural(p.Total, "process holds", "processes hold")
	if p.Total == len(p.Processes) {
		text += " " + plural(sockets, "socket", "sockets")
	} else {
		text += " sockets"
	}
	if busiest.Connections > 0 {
		text += "; " + Visible(busiest.Name) + " (PID " + strconv.Itoa(int(busiest.PID)) + ") has the most connections, " + Count(busiest.Connections)
	}
	return text + "."
}

// strangers says why sockets have no process, a sentence for each reason.
func (p ProcessList) strangers() (all []string) {
	for note, n := range p.Without {
		if n > 0 {
			all = append(all, plural(n, "socket", "sockets")+": "+poller.OwnerNote(note).String()+".")
		}
	}
	return all
}

// plural writes a number with the word for one or for many.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// processView returns the address of the live table with a process's sockets; more are further pairs.
func processView(pid int32, more ...string) templ.SafeURL {
	return home(strings.Join(append([]string{"pid=" + strconv.Itoa(int(pid))}, more...), "&"))
}

// loadCell returns the cell of a sum of bytes, or of bytes a second, of which some may not be known.
func loadCell(known int, n float64, format func(float64) string, name string) cell {
	if known == 0 {
		return cell{Text: Dash, Title: why(name), Unknown: true}
	}
	return cell{Text: format(n), Zero: n == 0}
}

// processFacts returns the lines about a process that the system tells.
func processFacts(p *processes.Details) []fact {
	text := func(s string) string { return Whole(s) }
	bytes := func(n uint64) string { return Bytes(float64(n)) }
	return []fact{
		factOf("Command line", p.Args, commandLine), factOf("Program", p.Executable, text), factOf("Folder", p.Directory, text),
		factOf("User", p.User, text), factOf("Started", p.Started, stamp), factOf("Unit", p.Unit, text),
		factOf("Container", p.Container, text), factOf("Threads", p.Threads, func(n int) string { return Count(n) }),
		factOf("Memory", p.Resident, bytes),
		factOf("Processor time", p.CPU, cpuTime),
		descriptorFact(p),
	}
}

// percent writes a share of one processor.
func percent(share float64) string { return fmt.Sprintf("%.1f %% of one processor", 100*share) }
