package diagnose

import (
	"iter"
	"maps"
	"slices"
	"time"

	"sockeye/poller"
)

// Rows are the sockets as they are now; [poller.Table] is such, where it may be read.
type Rows interface {
	// Get returns the row of a socket.
	Get(id poller.ID) (c *poller.Connection, ok bool)
	// All yields every row, in any order.
	All() iter.Seq[*poller.Connection]
}

// Watch finds trouble in the socket table from what changes in it. It is pure: it reads nothing by itself and sends
// nothing. It remembers what is conspicuous, such as a connection that waits, and nothing of a socket on which all is
// quiet; docs/diagnosis.md has its size. [Watch.Apply] costs what changed. It is not safe for concurrent use.
type Watch struct {
	now     time.Duration // how long polls were told of, by their times
	at      time.Time     // of the last poll
	started bool

	closing  closing
	dialling dialling
	tuples   tuples
	doors    doors
	queues   queues
	losses   losses
	dropped  dropped
	counters []counterSample
	tries    map[Try]moment
	busy     []*poller.Process // that Wants named
}

// NewWatch returns one that knows of no socket. It has to be told of every poll from the first one on, of each once.
func NewWatch() *Watch {
	return &Watch{closing: newClosing(), dialling: newDialling(), tuples: newTuples(), doors: newDoors(), queues: newQueues(),
		losses: newLosses(), dropped: newDropped(), tries: map[Try]moment{}}
}

// WatchOf returns one that knows a table, which may be read, and nothing of what was before.
func WatchOf(t *poller.Table) *Watch {
	w := NewWatch()
	d := poller.Delta{Status: t.Status()}
	for c := range t.All() {
		d.Opened = append(d.Opened, c)
	}
	w.Apply(&d)
	return w
}

// moment is a time since the watch began, in tenths of a second: four bytes are 13 years.
type moment uint32

// moment returns the present one.
func (w *Watch) moment() moment { return moment(w.now / (time.Second / 10)) }

// since returns how long ago a moment was.
func (w *Watch) since(m moment) time.Duration {
	return w.now.Truncate(time.Second/10) - time.Duration(m)*(time.Second/10)
}

// naming is in which way a poll named a socket.
type naming uint8

const (
	namedFound   naming = iota // it was there when the watch began
	namedMissed                // it was opened while nobody looked
	namedOpened                // it was opened since the poll before
	namedChanged               // it was there at the poll before
)

// Apply takes a poll's change over.
func (w *Watch) Apply(d *poller.Delta) {
	step := w.tick(d)
	for _, c := range d.Closed {
		w.take(c)
	}
	for _, c := range d.Opened {
		switch {
		case !w.started:
			w.put(c, namedFound, step)
		case c.Known.Has(poller.KnownOpened):
			w.put(c, namedOpened, step)
		default:
			w.put(c, namedMissed, step)
		}
	}
	for _, c := range d.Changed {
		w.put(c, namedChanged, step)
	}
	w.started = w.started || d.Seq > 0
	w.closing.sample(w.now)
}

// tick lets the time pass that lies between two polls, and returns it. When the clock was set it is the time that should
// lie between them.
func (w *Watch) tick(d *poller.Delta) time.Duration {
	step := d.At.Sub(w.at)
	if w.at.IsZero() {
		step = 0
	} else if d.ClockSet || step < 0 {
		step = d.Interval
	}
	w.at, w.now = d.At, w.now+step
	return step
}

// take forgets a socket, as it was last.
func (w *Watch) take(c *poller.Connection) {
	w.closing.take(c.ID)
	w.tuples.take(c)
	w.doors.take(c, w.moment())
	delete(w.dialling.calls, c.ID)
	delete(w.queues.unread, c.ID)
	delete(w.queues.unsent, c.ID)
	delete(w.losses.repeats, c.ID)
	w.dropped.take(c.ID)
}

// put files a socket as it is now; step is the time since the poll before.
func (w *Watch) put(c *poller.Connection, h naming, step time.Duration) {
	w.closing.put(c, w.now)
	w.tuples.put(c, h)
	w.dialling.put(c, h, w.moment())
	w.doors.put(c, h, w.moment())
	w.queues.put(c, h, w.moment())
	w.losses.put(c, h, w.now, step)
	w.dropped.put(c, h, w.moment())
}

// Wants is what the rules would like to know beside the table; see [FactsNow].
type Wants struct {
	// PIDs are the processes with the most sockets, 8 at most: their limits of descriptors are of interest.
	PIDs []int32
	// Ports are those that are open for this machine only, in order: it matters who asks for them in vain.
	Ports []uint16
}

// How many sockets a process has whose limit is of interest, and of how many processes it is.
const (
	busySockets = 100
	busyMost    = 8
)

// Wants returns what the rules would like to know.
func (w *Watch) Wants(rows Rows) Wants {
	w.busy = busiest(rows)
	var want Wants
	for _, p := range w.busy {
		want.PIDs = append(want.PIDs, p.PID)
	}
	want.Ports = slices.Sorted(maps.Keys(w.doors.inner(rows)))
	return want
}
