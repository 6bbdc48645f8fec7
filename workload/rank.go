package workload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sockeye/poller"
)

// Process is a process with sockets.
type Process struct {
	Key
	Load
	// Name is what the system calls it: text from outside.
	Name string
	// User is who made the first of its sockets, "" where that is not known.
	User string

	first poller.ID
}

// Unowned counts the sockets whose process is not known, by the reason.
type Unowned [poller.NumOwnerNotes]int

// Total returns the number of sockets.
func (u *Unowned) Total() int {
	n := 0
	for _, of := range u {
		n += of
	}
	return n
}

// Survey returns every process that holds a socket, in no order, and counts the sockets without one.
func Survey(t *poller.Table) (all []Process, without Unowned) {
	places := map[Key]int{}
	for c := range t.All() {
		if c.Owner == nil {
			without[c.OwnerNote]++
			continue
		}
		k := KeyOf(c.Owner)
		at, known := places[k]
		if !known {
			at = len(all)
			places[k] = at
			all = append(all, Process{Key: k, Name: c.Owner.Name})
		}
		p := &all[at]
		p.add(c)
		if p.first == 0 || c.ID < p.first {
			p.first, p.User = c.ID, c.User
		}
	}
	return all, without
}

// Order is how a list of processes is sorted: by a column, most first where Down is set.
type Order struct {
	Column string
	Down   bool
}

// DefaultOrder ranks by connections.
var DefaultOrder = Order{"connections", true}

// compare are the columns that a list can be sorted by, each with its order from the least to the most.
var compare = map[string]func(a, b *Process) int{
	"process":     func(a, b *Process) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
	"pid":         func(a, b *Process) int { return cmp.Compare(a.PID, b.PID) },
	"user":        func(a, b *Process) int { return cmp.Compare(a.User, b.User) },
	"listening":   func(a, b *Process) int { return cmp.Compare(a.Listening, b.Listening) },
	"connections": func(a, b *Process) int { return cmp.Compare(a.Connections, b.Connections) },
	"close_wait": func(a, b *Process) int {
		return cmp.Compare(a.States[poller.StateCloseWait], b.States[poller.StateCloseWait])
	},
	"rx":     func(a, b *Process) int { return cmp.Compare(a.Received, b.Received) },
	"tx":     func(a, b *Process) int { return cmp.Compare(a.Sent, b.Sent) },
	"rxrate": func(a, b *Process) int { return cmp.Compare(a.ReceiveRate, b.ReceiveRate) },
	"txrate": func(a, b *Process) int { return cmp.Compare(a.SendRate, b.SendRate) },
}

// ParseOrder reads an order as URLs have it: a column, with "-" before it for most first; "" is the default.
func ParseOrder(s string) (Order, error) {
	if s == "" {
		return DefaultOrder, nil
	}
	column, down := strings.CutPrefix(s, "-")
	if compare[column] == nil {
		var names []string
		for name := range compare {
			names = append(names, name)
		}
		slices.Sort(names)
		return Order{}, fmt.Errorf("processes can be sorted by %s, with - before it for most first", strings.Join(names, ", "))
	}
	return Order{column, down}, nil
}

// String returns the order as [ParseOrder] reads it.
func (o Order) String() string {
	if o.Down {
		return "-" + o.Column
	}
	return o.Column
}

// Sort puts processes in an order. Those that are alike in it stand by connections, then by traffic, then by name and PID.
func Sort(all []Process, o Order) {
	by := compare[o.Column]
	if by == nil {
		by = compare[DefaultOrder.Column]
	}
	slices.SortFunc(all, func(a, b Process) int {
		first := by(&a, &b)
		if o.Down {
			first = -first
		}
		return cmp.Or(first, cmp.Compare(b.Connections, a.Connections), cmp.Compare(b.Received+b.Sent, a.Received+a.Sent),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.PID, b.PID), cmp.Compare(a.Start, b.Start))
	})
}
