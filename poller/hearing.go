package poller

import "time"

// After the stream of endings broke or was refused, it is asked for again: soon, then ever more rarely, and soon again
// once it held for a while.
const (
	firstRehearing = time.Second
	lastRehearing  = time.Minute
)

// deafNote tells the reader of a stream of endings that is down.
const deafNote = "The system does not tell of connections that end just now, so those that open and close between two looks are missed; it is asked again within a minute."

// hearing is whether endings are heard of. Run's goroutine alone uses it.
type hearing struct {
	endings *endings // nil while nobody watches, and while deaf
	silent  bool     // this source tells of no endings
	deaf    bool     // the stream broke or was refused
	refused bool     // the log has said so
	wait    time.Duration
	changed moment // when the stream was opened, or deafness began
	// interruptions counts how often the stream broke or was refused.
	interruptions uint64
}

// listen begins to hear of endings while somebody watches, and stops when nobody does.
func (p *Poller) listen(watched bool) {
	if p.endings != nil && p.endings.broken() {
		p.stopListening()
		p.interrupted()
	}
	switch {
	case watched && p.endings == nil && !p.silent && (!p.deaf || p.clock.running.since(p.changed) >= p.wait):
		p.openEndings()
	case !watched && p.endings != nil:
		p.stopListening()
		p.ends = p.ends[:0] // nobody asks for them
	}
	p.deaf = p.deaf && watched
}

// openEndings starts the collecting.
func (p *Poller) openEndings() {
	s, ok := p.source.(eventSource)
	if !ok {
		p.silent = true
		return
	}
	stream, err := s.events()
	if err != nil {
		if !p.refused {
			p.log.Warn("connections that live shorter than the interval are not seen", "error", err)
		}
		p.refused = true
		p.interrupted()
		return
	}
	if p.deaf {
		p.log.Warn("the ends of connections are told again")
	}
	p.deaf, p.refused = false, false
	p.changed = p.clock.running.at(time.Now())
	p.endings = startEndings(stream, p.log)
}

// interrupted notes that nothing is heard of from now on, and in how long to ask again.
func (p *Poller) interrupted() {
	if !p.deaf && p.clock.running.since(p.changed) > lastRehearing {
		p.wait = 0 // it had held
	}
	p.deaf = true
	p.interruptions++
	p.wait = min(max(firstRehearing, 2*p.wait), lastRehearing)
	p.changed = p.clock.running.at(time.Now())
}

// stopListening stops the collecting; what it lost stays counted, and what it heard of waits for the next poll.
func (p *Poller) stopListening() {
	if err := p.endings.stop(); err != nil {
		p.log.Warn("endings", "error", err)
	}
	list, lost := p.endings.take(nil)
	p.lostBefore += lost
	p.keepEnds(list)
	p.endings = nil
}
