package poller

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"sockeye/poller/sockdiag"
)

// eventStream tells of sockets as they are destroyed. One goroutine receives; close ends it.
type eventStream interface {
	Receive(each func(*sockdiag.Record)) error
	Lost() (uint64, error)
	Close() error
}

// maxEndings bounds the endings that wait for the next poll; those beyond it are counted as lost.
const maxEndings = 1 << 17

// end is the last the kernel tells of a socket.
type end struct {
	record sockdiag.Record
	at     time.Time
}

// endings collects the ends of connections from one poll to the next. Its goroutine runs from start to stop.
type endings struct {
	stream eventStream
	log    *slog.Logger
	done   chan struct{}

	mu       sync.Mutex // guards what is below
	list     []end
	overflow uint64 // ends beyond maxEndings, and messages that could not be read
	dropped  uint64 // ends that the kernel dropped
}

// startEndings begins to collect. The caller ends it with stop.
func startEndings(stream eventStream, log *slog.Logger) *endings {
	e := &endings{stream: stream, log: log, done: make(chan struct{})}
	go e.receiveAll()
	return e
}

// stop ends the collecting and waits until it has ended.
func (e *endings) stop() error {
	err := e.stream.Close()
	<-e.done
	return err
}

// receiveAll receives until the stream is closed, or breaks. A message that cannot be read is passed over and counts as
// lost.
func (e *endings) receiveAll() {
	defer close(e.done)
	for {
		err := e.stream.Receive(e.add)
		switch {
		case err == nil:
		case errors.Is(err, os.ErrClosed):
			return
		case errors.Is(err, sockdiag.ErrLost):
			e.countDropped()
		case errors.Is(err, sockdiag.ErrShort) || errors.Is(err, sockdiag.ErrFamily):
			e.countUnread()
		default:
			e.log.Warn("the ends of connections are not told any more", "error", err)
			return // done tells that it has broken
		}
	}
}

// broken reports whether the stream broke off by itself.
func (e *endings) broken() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// add keeps the end of a socket.
func (e *endings) add(r *sockdiag.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.list) >= maxEndings {
		e.overflow++
		return
	}
	e.list = append(e.list, end{*r, time.Now()})
}

// countUnread counts a message that could not be read.
func (e *endings) countUnread() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.overflow++
}

// countDropped asks how many messages the kernel has dropped; where it does not say, each report counts as one.
func (e *endings) countDropped() {
	n, err := e.stream.Lost()
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		n = e.dropped + 1
	}
	e.dropped = max(n, e.dropped)
}

// take hands over what came since the last call, in the memory of spare, and how many were lost since the start.
func (e *endings) take(spare []end) (list []end, lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, e.list = e.list, spare[:0]
	return list, e.overflow + e.dropped
}

// eventSource is a source that can tell of endings.
type eventSource interface {
	events() (eventStream, error)
}

// takeEndings gathers what has ended since the last call, and returns how many endings were lost since the start. What
// was gathered before a poll that failed waits for the next.
func (p *Poller) takeEndings() (lost uint64) {
	if p.endings == nil {
		return p.lostBefore
	}
	list, lost := p.endings.take(p.spareEnds)
	p.keepEnds(list)
	p.spareEnds = list[:0]
	return p.lostBefore + lost
}

// keepEnds has ends wait for the next poll, as far as there is room.
func (p *Poller) keepEnds(list []end) {
	room := max(0, maxEndings-len(p.ends))
	if more := len(list) - room; more > 0 {
		p.lostBefore += uint64(more)
		list = list[:room]
	}
	p.ends = append(p.ends, list...)
}
