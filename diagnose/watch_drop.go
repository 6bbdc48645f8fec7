package diagnose

import (
	"time"

	"sockeye/poller"
)

// dropped follows the datagrams that UDP sockets threw away.
type dropped struct {
	base map[poller.ID]uint32 // how many the socket had thrown away when it was last looked at, where any
	lost map[poller.ID]lost
}

// lost is what a socket threw away lately.
type lost struct {
	count uint32
	at    moment // of the last
}

func newDropped() dropped {
	return dropped{base: map[poller.ID]uint32{}, lost: map[poller.ID]lost{}}
}

// put files a socket. What was lost before it was looked at is no news.
func (k *dropped) put(c *poller.Connection, h naming, now moment) {
	if !c.Known.Has(poller.KnownDrops) || c.Drops == 0 {
		return
	}
	before := k.base[c.ID]
	k.base[c.ID] = c.Drops
	if h == namedFound || h == namedMissed || c.Drops <= before {
		return
	}
	k.lost[c.ID] = lost{k.lost[c.ID].count + c.Drops - before, now}
}

// take forgets a socket.
func (k *dropped) take(id poller.ID) {
	delete(k.base, id)
	delete(k.lost, id)
}

// forget drops what is old.
func (k *dropped) forget(since func(moment) time.Duration) {
	for id, l := range k.lost {
		if since(l.at) > counterSpan {
			delete(k.lost, id)
		}
	}
}

// worst returns the socket that threw away most lately, and how many all did together; nil where none did.
func (k *dropped) worst(rows Rows) (worst *poller.Connection, count, all uint32) {
	for id, l := range k.lost {
		all += l.count
		if c, ok := rows.Get(id); ok && (l.count > count || l.count == count && c.ID < worst.ID) {
			worst, count = c, l.count
		}
	}
	return worst, count, all
}
