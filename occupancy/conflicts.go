package occupancy

import (
	"cmp"
	"slices"

	"sockeye/poller"
)

// Relation is how several holders of one port get along.
type Relation string

// The relations.
const (
	Twins    Relation = "twins"    // the same address: SO_REUSEPORT
	Families Relation = "families" // IPv4 and IPv6 apart
	Apart    Relation = "apart"    // different addresses
	Nested   Relation = "nested"   // all addresses and one of them
	Waiting  Relation = "bound"    // one listens, or several do, and another is only bound
	Departs  Relation = "outgoing" // a connection goes out from a port on which somebody waits
	Split    Relation = "split"    // one has TCP, another UDP
)

// Conflict is a port with more than one holder.
type Conflict struct {
	Port uint16
	// Protocol is zero for [Split].
	Protocol poller.Protocol
	Relation Relation
	// Rows are the sockets, in order of their age; at most 200.
	Rows []poller.Connection
}

// Why says why that works, what each gets, and what to beware of.
func (c *Conflict) Why() string {
	udp := c.Protocol == poller.UDP
	switch {
	case c.Relation == Twins && udp:
		return "Works, but only one gets a datagram that is sent to this machine alone; datagrams to a group go to all. All have set SO_REUSEPORT or SO_REUSEADDR."
	case c.Relation == Twins:
		return "Works: all have set SO_REUSEPORT, so the system deals new connections out among them. On Linux they have to be of one user."
	case c.Relation == Families:
		return "Works: one takes IPv4, the other IPv6 only. Which one answers depends on the address that the caller uses, and a name often has both."
	case c.Relation == Apart:
		return "Works: each has addresses of its own, and gets what is sent to them."
	case c.Relation == Nested:
		return "Works: what is sent to the single address goes to the one that has it, all else to the other. On Linux both have set SO_REUSEPORT, are bound to different interfaces, or are of UDP with SO_REUSEADDR."
	case c.Relation == Waiting:
		return "Works as long as the one that is only bound does not listen: then it gets EADDRINUSE. Both have set SO_REUSEADDR or SO_REUSEPORT, or they have different addresses."
	case c.Relation == Departs:
		return "Works: a connection is known by both its ends, so one may go out from a port on which somebody waits. The listener could not be bound again without SO_REUSEADDR while it lasts."
	case c.Relation == Split:
		return "Works: TCP and UDP have port numbers of their own. A firewall rule or a note that names the number alone means both."
	}
	return ""
}

// Conflicts lists every port with more than one holder: more than one process, or several sockets of one on the same
// address. Connections that came in and such that are over hold no port in this sense; outgoing connections alone
// share ports all the time, told apart by their other ends, and are left out.
func Conflicts(t *poller.Table) []Conflict {
	holds := make(map[Key]bool)
	for c := range t.All() {
		if c.Direction == poller.Listening || !c.Connected() {
			holds[Key{c.Local.Port(), c.Protocol}] = true
		}
	}
	uses := survey(t, func(k Key) bool { return holds[k] })
	var all []Conflict
	for k, u := range uses {
		if c, found := u.conflict(); found {
			all = append(all, c)
		}
		if udp := uses[Key{k.Port, poller.UDP}]; k.Protocol == poller.TCP && udp != nil {
			rows := append(copies(u.Listening), copies(udp.Listening)...)
			if len(u.Listening) > 0 && len(udp.Listening) > 0 && !sameOwners(u.Listening, udp.Listening) {
				all = append(all, Conflict{Port: k.Port, Relation: Split, Rows: rows})
			}
		}
	}
	slices.SortFunc(all, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Relation, b.Relation))
	})
	return all
}

// sameOwners reports whether some process is in both lists.
func sameOwners(a, b []*poller.Connection) bool {
	return slices.ContainsFunc(a, func(x *poller.Connection) bool {
		return slices.ContainsFunc(b, func(y *poller.Connection) bool { return ownerKey(x) == ownerKey(y) })
	})
}

// conflict judges the holders of one port; found is false where there is only one.
func (u *Use) conflict() (c Conflict, found bool) {
	c = Conflict{Port: u.Port, Protocol: u.Protocol}
	listening := copies(u.Listening)
	all := parties(listening)
	switch {
	case twins(listening):
		c.Relation, c.Rows = Twins, listening
	case len(all) > 1 && nested(listening):
		c.Relation, c.Rows = Nested, listening
	case len(all) > 1:
		c.Relation, c.Rows = Apart, listening
		if side(all[0].rows, all) == Stack(&all[0].rows[0]) {
			c.Relation = Families
		}
	case len(u.Bound) > 0 && len(parties(append(listening, copies(u.Bound)...))) > 1:
		c.Relation, c.Rows = Waiting, append(listening, copies(u.Bound)...)
	case len(u.Outgoing) > 0 && len(parties(append(listening, copies(u.Outgoing)...))) > 1:
		c.Relation, c.Rows = Departs, append(listening, copies(u.Outgoing)...)
	default:
		return c, false
	}
	return c, true
}

// twins reports whether two sockets have exactly the same address.
func twins(rows []poller.Connection) bool {
	for i := range rows {
		for j := range rows[:i] {
			if same(&rows[i], &rows[j]) {
				return true
			}
		}
	}
	return false
}

// nested reports whether a socket has one of the addresses of another that has all of them.
func nested(rows []poller.Connection) bool {
	for i := range rows {
		for j := range rows {
			if a := rows[j].Local.Addr(); !a.IsUnspecified() && covers(&rows[i], a.Is4()) {
				return true
			}
		}
	}
	return false
}
