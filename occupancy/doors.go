package occupancy

import (
	"cmp"
	"slices"
	"time"

	"sockeye/poller"
	"sockeye/ports"
)

// newFor is how long a door is called new after it was opened.
const newFor = 5 * time.Minute

// Door is a port on which a process waits for others.
type Door struct {
	Key
	Reach
	// First is the oldest of its sockets, Sockets counts them.
	First   poller.Connection
	Sockets int
	// Clients counts the connections that came in through it, of all processes that wait on the port; it is not known
	// of UDP, which has none.
	Clients int
	// Others counts the other processes that wait on the same port.
	Others int
	// Full tells that one of its backlogs is full.
	Full bool
	// New tells that it was opened a short while ago, or since the moment asked for.
	New bool
	// Fleeting tells of a UDP socket on a port that the system hands out by itself: most likely of a program that waits
	// for answers to what it asked, not of a server.
	Fleeting bool
}

// Doors lists all ports on which somebody waits, in the order of their numbers, TCP before UDP. since, which counts to the
// millisecond, is a moment after which doors are new; zero is none.
func Doors(t *poller.Table, rules *ports.Rules, since time.Time) []Door {
	listening := make(map[Key]bool)
	for c := range t.All() {
		if c.Direction == poller.Listening {
			listening[Key{c.Local.Port(), c.Protocol}] = true
		}
	}
	var all []Door
	at := t.Status().At
	for k, u := range survey(t, func(k Key) bool { return listening[k] }) {
		own := parties(copies(u.Listening))
		for _, p := range own {
			d := Door{Key: k, Reach: ReachOf(p.rows), First: p.rows[0], Sockets: len(p.rows), Clients: len(u.Clients), Others: len(own) - 1}
			for i := range p.rows {
				d.Full = d.Full || IsFull(&p.rows[i])
			}
			age, exact := d.First.Age(at)
			d.New = exact && age < newFor || !since.IsZero() && d.First.FirstSeen.UnixMilli() > since.UnixMilli()
			d.Fleeting = k.Protocol == poller.UDP && rules.HandedOut(k.Port)
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Door) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.First.OwnerPID(), b.First.OwnerPID()),
			cmp.Compare(a.First.ID, b.First.ID))
	})
	return all
}
