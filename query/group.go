package query

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"

	"sockeye/poller"
)

// Grouping is one fact that connections can be grouped by.
type Grouping struct {
	// Name is how it is written behind group=.
	Name string
	// Title says what a group has in common.
	Title string
	// Column is the column of [Columns] that has the same fact, "" where there is none: to sort by it is to sort the
	// groups by what they are called.
	Column string
}

// grouping is an entry of the table of groupings.
type grouping struct {
	Grouping
	// others are further names that are understood.
	others []string
	// key returns the group of a connection.
	key func(c *poller.Connection) GroupKey
}

// groupingTable is the one table of groupings, in the order of the page. It is never changed.
var groupingTable = []*grouping{
	{Grouping{"process", "Process", "proc"}, []string{"proc", "name"}, byProcess},
	{Grouping{"pid", "Process id", "pid"}, nil, func(c *poller.Connection) GroupKey { return numberKey(pid(c)) }},
	{Grouping{"remote", "Remote address", "remote"}, []string{"rip", "remote_address"}, byRemote},
	{Grouping{"port", "Service port", ""}, []string{"service", "svc"},
		func(c *poller.Connection) GroupKey { return portKey(c.ServicePort()) }},
	{Grouping{"lport", "Local port", "local"}, []string{"local_port"},
		func(c *poller.Connection) GroupKey { return portKey(c.Local.Port()) }},
	{Grouping{"state", "State", "state"}, nil, byState},
	{Grouping{"user", "User", "user"}, nil, func(c *poller.Connection) GroupKey { return textKey(c.User) }},
	{Grouping{"dir", "Direction", "dir"}, []string{"direction"}, byDirection},
	{Grouping{"proto", "Protocol", "proto"}, []string{"protocol"}, byProtocol},
}

// Groupings returns every fact that can be grouped by, in the order in which the page offers them. The caller owns the
// slice.
func Groupings() []Grouping {
	all := make([]Grouping, len(groupingTable))
	for i, g := range groupingTable {
		all[i] = g.Grouping
	}
	return all
}

// findGrouping returns the grouping of that name, in any case and under any of its names, or nil.
func findGrouping(name string) *grouping {
	name = strings.ToLower(name)
	for _, g := range groupingTable {
		if g.Name == name {
			return g
		}
		for _, other := range g.others {
			if other == name {
				return g
			}
		}
	}
	return nil
}

// GroupKey is what the connections of a group have in common. Equal keys are the same group. The zero value is the group
// of those of which it is not known, or that have none.
type GroupKey struct {
	text   string
	number int64 // plus one, so that 0 is none
	addr   netip.Addr
}

// unknownGroup is the text of the zero key. A name that begins with it gets another one in front, so that no name is
// taken for it.
const unknownGroup = "?"

// String returns the key as it stands behind open= in a URL. Different keys of one grouping have different texts.
func (k GroupKey) String() string {
	switch {
	case k.addr.IsValid():
		return k.addr.String()
	case k.text == "" && k.number > 0:
		return strconv.FormatInt(k.number-1, 10)
	case k.text == "":
		return unknownGroup
	case strings.HasPrefix(k.text, unknownGroup):
		return unknownGroup + k.text
	}
	return k.text
}

// Known reports whether it is known what the connections have in common.
func (k GroupKey) Known() bool { return k != GroupKey{} }

// Label returns what the group is called, "" where that is not known. It is foreign text.
func (k GroupKey) Label() string {
	if k.text != "" || !k.Known() {
		return k.text
	}
	return k.String()
}

// Addr returns the address of a group of one remote address, the zero Addr for all others.
func (k GroupKey) Addr() netip.Addr { return k.addr }

// Compare orders two keys of one grouping: numbers and addresses by their value, states by the life of a socket, names
// as readers look for them. The unknown one comes last.
func (k GroupKey) Compare(other GroupKey) int {
	if c := compareKnown(k.Known(), other.Known()); c != 0 {
		return c
	}
	if c := cmp.Or(k.addr.Compare(other.addr), cmp.Compare(k.number, other.number)); c != 0 {
		return c
	}
	return compareText(k.text, other.text)
}

// numberKey is the key of a number, none where it is negative.
func numberKey(n int64) GroupKey { return GroupKey{number: n + 1} }

// portKey is the key of a port, none for 0.
func portKey(port uint16) GroupKey {
	if port == 0 {
		return GroupKey{}
	}
	return numberKey(int64(port))
}

// textKey is the key of a name. Bytes that are no text are replaced: a URL has none of them.
func textKey(s string) GroupKey { return GroupKey{text: strings.ToValidUTF8(s, "\uFFFD")} }

// byProcess groups by the process's name: the processes of one program are one group.
func byProcess(c *poller.Connection) GroupKey { return textKey(processName(c)) }

// byRemote groups by the remote address; IPv4 inside IPv6 counts as IPv4.
func byRemote(c *poller.Connection) GroupKey { return GroupKey{addr: remoteAddress(c)} }

// byState groups by state. The number gives the order, the text the name.
func byState(c *poller.Connection) GroupKey {
	if c.State == poller.StateUnknown {
		return GroupKey{}
	}
	return GroupKey{text: c.State.String(), number: int64(c.State) + 1}
}

// byDirection groups by direction.
func byDirection(c *poller.Connection) GroupKey {
	if c.Direction == poller.DirectionUnknown {
		return GroupKey{}
	}
	return GroupKey{text: c.Direction.String()}
}

// byProtocol groups by protocol.
func byProtocol(c *poller.Connection) GroupKey { return GroupKey{text: c.Protocol.String()} }

// unknownGrouping says that connections cannot be grouped by that.
func unknownGrouping(name string) *Error {
	var known []string
	meant := make(map[string]string)
	for _, g := range groupingTable {
		known = append(known, g.Name)
		meant[g.Name] = g.Name
		for _, other := range g.others {
			meant[other] = g.Name
		}
	}
	words := append([]string(nil), known...)
	for _, g := range groupingTable {
		words = append(words, g.others...)
	}
	if near := closest(strings.ToLower(name), words); near != "" {
		return failf("connections cannot be grouped by %s: did you mean %q?", shown(name), meant[near])
	}
	return failf("connections cannot be grouped by %s: one of %s", shown(name), strings.Join(known, ", "))
}
