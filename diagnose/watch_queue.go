package diagnose

import (
	"time"

	"sockeye/poller"
)

// queues follows the bytes that wait in connections: those that came and are not read, those that were sent and are
// not taken.
type queues struct{ unread, unsent map[poller.ID]queue }

// queue is bytes that wait, and since when none of them has gone.
type queue struct {
	bytes uint32
	since moment
}

func newQueues() queues {
	return queues{unread: map[poller.ID]queue{}, unsent: map[poller.ID]queue{}}
}

// put files a socket. A listener's queue has no bytes.
func (k *queues) put(c *poller.Connection, h naming, now moment) {
	if !c.Known.Has(poller.KnownQueues) || c.State == poller.StateListen || c.State == poller.StateTimeWait {
		delete(k.unread, c.ID)
		delete(k.unsent, c.ID)
		return
	}
	follow(k.unread, c.ID, unread(c), h, now)
	if c.Protocol == poller.TCP {
		follow(k.unsent, c.ID, c.SendQueue, h, now)
	}
}

// unread returns how many bytes came that the process has not read. Linux counts the FIN of the other end as one byte
// more until the process has seen it (net/ipv4/tcp_diag.c).
func unread(c *poller.Connection) uint32 {
	if c.Protocol == poller.TCP && c.State == poller.StateCloseWait && c.ReceiveQueue > 0 {
		return c.ReceiveQueue - 1
	}
	return c.ReceiveQueue
}

// follow notes the length of a queue. It is stuck as long as it never gets shorter.
func follow(m map[poller.ID]queue, id poller.ID, bytes uint32, h naming, now moment) {
	if bytes == 0 {
		delete(m, id)
		return
	}
	q, waits := m[id]
	if !waits || bytes < q.bytes || h != namedChanged {
		q.since = now
	}
	q.bytes = bytes
	m[id] = q
}

// stuckFor is for how long nothing may go out of a queue.
const stuckFor = 30 * time.Second

// stuckQueues are the stuck queues of one process.
type stuckQueues struct {
	bytes  uint64
	count  int
	oldest *poller.Connection
	since  time.Duration
}

// stuck returns the queues out of which nothing went for long, by process.
func (w *Watch) stuck(m map[poller.ID]queue, rows Rows) map[*poller.Process]stuckQueues {
	by := map[*poller.Process]stuckQueues{}
	for id, q := range m {
		age := w.since(q.since)
		if age < stuckFor {
			continue
		}
		c, ok := rows.Get(id)
		if !ok {
			continue
		}
		s := by[c.Owner]
		if age > s.since || s.oldest == nil {
			s.since, s.oldest = age, c
		}
		s.bytes, s.count = s.bytes+uint64(q.bytes), s.count+1
		by[c.Owner] = s
	}
	return by
}
