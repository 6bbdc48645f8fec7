package views

import (
	"net/netip"
	"strconv"
	"strings"

	"sockeye/poller"
)

// clip is a text that the reader may copy.
type clip struct{ Name, Label, Text string }

// clips returns what can be copied of a connection: its link, the commands that show it, its row.
func (i Inspector) clips() []clip {
	return []clip{
		{"link", "Link", i.Origin + ConnectionPath(i.Connection.ID)},
		{"ss", "As ss", ssCommand(&i.Connection)},
		{"curl", "As curl", "curl -s " + shellWord(i.Origin+ConnectionPath(i.Connection.ID)+".json")},
		{"row", "Row", i.rowText()},
	}
}

// ssCommand returns the command with which ss(8) shows this socket and everything it knows of it.
func ssCommand(c *poller.Connection) string {
	flags := "-atinemop"
	if c.Protocol == poller.UDP {
		flags = "-auinemop"
	}
	filter := "src " + ssEnd(c.Local)
	if c.Connected() {
		filter += " and dst " + ssEnd(c.Remote)
	}
	return "ss " + flags + " '" + filter + "'"
}

// ssEnd writes an end as a filter of ss has it; a socket on all addresses is named by its port.
func ssEnd(a netip.AddrPort) string {
	addr := a.Addr().WithZone("")
	if addr.IsUnspecified() {
		return ":" + portText(a)
	}
	return Host(addr) + ":" + portText(a)
}

// rowText returns the row as a line of text, its cells apart by tabs, for a spreadsheet or a message.
func (i Inspector) rowText() string {
	l := i.line()
	return strings.Join([]string{
		l.Protocol, l.State, l.Local.Host + l.Local.Port, l.Remote.Host + l.Remote.Port, l.Process.Text, l.PID.Text,
		l.User.Text, l.Age.Text, l.Received.Text, l.Sent.Text,
	}, "\t")
}

// portText writes the port of an end.
func portText(a netip.AddrPort) string { return strconv.Itoa(int(a.Port())) }
