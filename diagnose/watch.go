package diagnose

import (
	"net/netip"
	"time"

	"sockeye/poller"
)

// Watch finds trouble in the socket table from what changes in it. It is pure: it reads nothing by itself and sends
// nothing. Its memory is bounded by the number of sockets; [Watch.Apply] costs what changed, and [Watch.Findings] what
// is conspicuous. It is not safe for concurrent use.
type Watch struct {
	seen      map[poller.ID]trace
	closeWait map[*poller.Process]*leak
	calling   map[poller.ID]call // SYN_SENT
	answered  time.Time          // when a connection that was called from here last opened
	tuples    map[tuple]*share
	hot       map[tuple]*share // those of tuples with many connections
	listeners map[poller.ID]*backlog
	unread    map[poller.ID]queue
	unsent    map[poller.ID]queue
	fresh     []newListener
	losses    losses
	counters  []counterSample
	now       time.Time
}

// trace is what is remembered of one socket.
type trace struct {
	state       poller.State
	owner       *poller.Process
	key         tuple
	counted     bool // in tuples
	retransmits uint32
	sent        uint64
}

// tuple is what a local port must be free for: of two connections that agree in it only the local port can differ.
type tuple struct {
	local  netip.Addr
	remote netip.AddrPort
}

// share is how many connections of a tuple there are.
type share struct {
	total, timeWait int
	owner           *poller.Process // of the last one that has one
}

// hotShare is from how many connections on a tuple is looked at.
const hotShare = 8

// call is a connection that was asked for and not answered yet.
type call struct {
	remote netip.AddrPort
	owner  *poller.Process
	since  time.Time
	asked  bool // for so long that it counts, by the number of repeats
}

// queue is bytes that wait, and since when none of them has gone.
type queue struct {
	bytes  uint32
	since  time.Time
	owner  *poller.Process
	remote netip.AddrPort
	local  netip.AddrPort
}

// backlog is a listener's queue of connections that were not accepted yet.
type backlog struct {
	local        netip.AddrPort
	owner        *poller.Process
	length, most uint32
	protocol     poller.Protocol
}

// newListener is a listener on all addresses that was not there when watching began.
type newListener struct {
	id    poller.ID
	local netip.AddrPort
	owner *poller.Process
	at    time.Time
}

// NewWatch begins with a table, which may be read.
func NewWatch(t *poller.Table) *Watch {
	w := newWatch(t.Len(), t.Status().At)
	for c := range t.All() {
		w.put(c, false)
	}
	return w
}

// newWatch returns one that knows of no socket, with room for some.
func newWatch(size int, now time.Time) *Watch {
	return &Watch{
		seen: make(map[poller.ID]trace, size), closeWait: map[*poller.Process]*leak{}, calling: map[poller.ID]call{},
		tuples: map[tuple]*share{}, hot: map[tuple]*share{}, listeners: map[poller.ID]*backlog{},
		unread: map[poller.ID]queue{}, unsent: map[poller.ID]queue{}, now: now,
	}
}

// Apply takes a poll's change over. Applying one twice does no harm.
func (w *Watch) Apply(d *poller.Delta) {
	w.now = d.At
	for _, c := range d.Closed {
		w.take(c.ID)
	}
	for _, c := range d.Opened {
		w.put(c, true)
	}
	for _, c := range d.Changed {
		w.put(c, false)
	}
}

// take forgets a socket.
func (w *Watch) take(id poller.ID) {
	old, there := w.seen[id]
	if !there {
		return
	}
	delete(w.seen, id)
	w.uncount(old)
	delete(w.calling, id)
	delete(w.listeners, id)
	delete(w.unread, id)
	delete(w.unsent, id)
}

// uncount takes a socket out of the counts.
func (w *Watch) uncount(old trace) {
	if l := w.closeWait[old.owner]; old.state == poller.StateCloseWait && l != nil {
		l.remove(old.key.remote.Addr())
		if l.count == 0 {
			delete(w.closeWait, old.owner)
		}
	}
	if s := w.tuples[old.key]; old.counted && s != nil {
		s.total--
		if old.state == poller.StateTimeWait {
			s.timeWait--
		}
		if s.total < hotShare {
			delete(w.hot, old.key)
		}
		if s.total == 0 {
			delete(w.tuples, old.key)
		}
	}
}

// put files a socket as it is now. Opened tells that it was not there at the poll before.
func (w *Watch) put(c *poller.Connection, opened bool) {
	old, known := w.seen[c.ID]
	if known {
		w.uncount(old)
	}
	now := trace{state: c.State, owner: c.Owner, key: tuple{c.Local.Addr(), c.Remote}, retransmits: old.retransmits, sent: old.sent}
	if c.State == poller.StateCloseWait {
		w.leakOf(c.Owner).add(c.Remote.Addr(), w.now)
	}
	if now.counted = c.Protocol == poller.TCP && c.Connected() && c.Direction != poller.Inbound; now.counted {
		w.count(now)
	}
	w.dial(c, old.state)
	w.listen(c, opened && !known)
	w.queues(c, known)
	w.lose(c, &now)
	w.seen[c.ID] = now
}

// count counts a connection in its tuple.
func (w *Watch) count(n trace) {
	s := w.tuples[n.key]
	if s == nil {
		s = &share{}
		w.tuples[n.key] = s
	}
	s.total++
	if n.state == poller.StateTimeWait {
		s.timeWait++
	}
	if n.owner != nil {
		s.owner = n.owner
	}
	if s.total >= hotShare {
		w.hot[n.key] = s
	}
}

// dial follows a connection that is asked for.
func (w *Watch) dial(c *poller.Connection, old poller.State) {
	if c.State != poller.StateSynSent {
		if _, called := w.calling[c.ID]; called && c.State == poller.StateEstablished || old == 0 && c.Direction == poller.Outbound && c.State == poller.StateEstablished {
			w.answered = w.now
		}
		delete(w.calling, c.ID)
		return
	}
	was, known := w.calling[c.ID]
	if !known {
		was = call{remote: c.Remote, since: w.now}
	}
	if was.owner == nil {
		was.owner = c.Owner
	}
	if c.Known.Has(poller.KnownRetransmits) && c.Retransmits >= 2 { // it was sent again after 1 s and after 3 s
		was.asked = true
	}
	w.calling[c.ID] = was
}

// maxFresh is how many new listeners are remembered.
const maxFresh = 64

// listen follows a listener.
func (w *Watch) listen(c *poller.Connection, opened bool) {
	if c.State != poller.StateListen {
		return
	}
	b := &backlog{local: c.Local, owner: c.Owner, protocol: c.Protocol}
	if c.Known.Has(poller.KnownQueues) {
		b.length, b.most = c.ReceiveQueue, c.SendQueue
	}
	w.listeners[c.ID] = b
	if opened && c.Local.Addr().IsUnspecified() && len(w.fresh) < maxFresh {
		w.fresh = append(w.fresh, newListener{c.ID, c.Local, c.Owner, w.now})
	}
}

// queues follows the bytes that wait in a connection. They are stuck as long as none of them goes.
func (w *Watch) queues(c *poller.Connection, known bool) {
	if !c.Known.Has(poller.KnownQueues) || c.State == poller.StateListen || c.State == poller.StateTimeWait {
		delete(w.unread, c.ID)
		delete(w.unsent, c.ID)
		return
	}
	follow := func(m map[poller.ID]queue, bytes uint32) {
		q, waits := m[c.ID]
		switch {
		case bytes == 0:
			delete(m, c.ID)
		case !waits || bytes < q.bytes || !known:
			m[c.ID] = queue{bytes, w.now, c.Owner, c.Remote, c.Local}
		default:
			m[c.ID] = queue{bytes, q.since, c.Owner, c.Remote, c.Local}
		}
	}
	follow(w.unread, c.ReceiveQueue)
	if c.Protocol == poller.TCP {
		follow(w.unsent, c.SendQueue)
	}
}

// Wants returns the processes that hold so many sockets that their limit of descriptors is of interest, the busiest
// first and 8 at most, from the owners of what is conspicuous.
func (w *Watch) Wants() []int32 {
	var list []int32
	add := func(p *poller.Process) {
		if p == nil || len(list) >= 8 {
			return
		}
		for _, known := range list {
			if known == p.PID {
				return
			}
		}
		list = append(list, p.PID)
	}
	for p, l := range w.closeWait {
		if l.count >= closeWaitSome {
			add(p)
		}
	}
	for _, s := range w.hot {
		if s.total >= 100 {
			add(s.owner)
		}
	}
	return list
}
