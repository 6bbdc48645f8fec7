package diagnose

import (
	"time"

	"sockeye/poller"
)

// doors follows the TCP listeners.
type doors struct {
	open  map[poller.ID]struct{}
	fresh []newListener
	left  map[uint16]moment // ports on which a listener on all addresses ended
}

// newListener is a listener on all addresses that was not there when watching began.
type newListener struct {
	id poller.ID
	at moment
}

// How many new listeners and left ports are remembered, and for how long a listener is called new.
const (
	maxFresh = 64
	maxLeft  = 1024
	newFor   = 10 * time.Minute
)

func newDoors() doors { return doors{open: map[poller.ID]struct{}{}, left: map[uint16]moment{}} }

// put files a socket. A listener that takes the place of one that ended is not new: its program was started again.
func (k *doors) put(c *poller.Connection, h naming, now moment) {
	if c.State != poller.StateListen {
		return
	}
	_, known := k.open[c.ID]
	k.open[c.ID] = struct{}{}
	if known || h == namedFound || !c.Local.Addr().IsUnspecified() || len(k.fresh) >= maxFresh {
		return
	}
	if _, before := k.left[c.Local.Port()]; !before {
		k.fresh = append(k.fresh, newListener{c.ID, now})
	}
}

// take forgets a socket.
func (k *doors) take(c *poller.Connection, now moment) {
	if _, known := k.open[c.ID]; !known {
		return
	}
	delete(k.open, c.ID)
	if c.Local.Addr().IsUnspecified() && len(k.left) < maxLeft {
		k.left[c.Local.Port()] = now
	}
}

// forget drops what is old; since tells how long ago a moment was.
func (k *doors) forget(since func(moment) time.Duration) {
	for port, at := range k.left {
		if since(at) > newFor {
			delete(k.left, port)
		}
	}
	kept := k.fresh[:0]
	for _, n := range k.fresh {
		if _, there := k.open[n.id]; there && since(n.at) <= newFor {
			kept = append(kept, n)
		}
	}
	k.fresh = kept
}

// rows returns the listeners as they are in the table.
func (k *doors) rows(rows Rows) (list []*poller.Connection) {
	for id := range k.open {
		if c, ok := rows.Get(id); ok && c.State == poller.StateListen {
			list = append(list, c)
		}
	}
	return list
}

// inner returns the listeners by whose ports nobody else can reach this machine, by port.
func (k *doors) inner(rows Rows) map[uint16]*poller.Connection {
	list := k.rows(rows)
	inner := map[uint16]*poller.Connection{}
	for _, c := range list {
		if c.Local.Addr().IsLoopback() {
			inner[c.Local.Port()] = c
		}
	}
	for _, c := range list {
		if !c.Local.Addr().IsLoopback() {
			delete(inner, c.Local.Port())
		}
	}
	return inner
}
