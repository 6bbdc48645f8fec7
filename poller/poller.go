package poller

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Options are what a Poller is made from.
type Options struct {
	// Source chooses where sockets are read from; "" is SourceAuto.
	Source SourceKind
	// Interval is the time between polls, MinInterval to MaxInterval; 0 is DefaultInterval.
	Interval time.Duration
	// Observe is called after each poll with what it changed, by the goroutine that polls: the next poll waits for
	// it. A failed poll gives a Delta without rows whose Status says why. May be nil.
	Observe func(*Delta)
	// Fake, where set, is asked in place of the operating system.
	Fake *Fake
	// Log takes what concerns the operator; nil is slog.Default().
	Log *slog.Logger
}

// Poller keeps a [Table] up to date while somebody watches. Make it with [New], let it work with [Poller.Run].
type Poller struct {
	source   source
	owners   ownerFinder
	users    *userNames
	own      ownAddresses
	ports    ownPorts
	observe  func(*Delta)
	log      *slog.Logger
	requests chan request
	watching chan struct{} // holds a token when the first watcher came

	// Used by Run's goroutine alone.
	differ    differ
	dump      []Socket
	wanted    []*Socket // whose owners are looked for
	pace      pace
	clock     clock
	attempted moment // the start of the last poll, failed or not
	failing   bool

	// Of the endings; used by Run's goroutine alone.
	hearing
	ends       []end // heard of since the last whole poll
	spareEnds  []end
	lostBefore uint64
	lossNoted  time.Time // when endings were lost last
	zones      *zoneCache

	mu    sync.RWMutex // guards the table; only Run's goroutine changes it
	table *Table

	watchMu  sync.Mutex
	watchers int
	lastLeft moment // when the last watcher went
}

// request asks Run for one poll; done is closed when the table is as fresh as it can be.
type request struct{ done chan struct{} }

// New opens the source and returns a Poller that does nothing until [Poller.Run]. It fails on an interval out of
// bounds and where no source can be opened.
func New(ctx context.Context, o Options) (*Poller, error) {
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	if o.Interval < MinInterval || o.Interval > MaxInterval {
		return nil, fmt.Errorf("interval must be %v to %v, not %v", MinInterval, MaxInterval, o.Interval)
	}
	if o.Source == "" {
		o.Source = SourceAuto
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Fake != nil {
		return newPoller(fakeSource{o.Fake}, o.Fake.owners(), o), nil
	}
	s, err := openSource(ctx, o.Source, o.Log)
	if err != nil {
		return nil, err
	}
	p := newPoller(s, newOwners(s.name()), o)
	p.clock.running = systemRunning()
	return p, nil
}

// newPoller puts a Poller together from its parts.
func newPoller(s source, owners ownerFinder, o Options) *Poller {
	p := &Poller{
		source: s, owners: owners, users: newUserNames(), observe: o.Observe, log: o.Log,
		own:      ownAddresses{list: net.InterfaceAddrs, log: o.Log},
		ports:    ownPorts{read: systemPorts, log: o.Log},
		requests: make(chan request), watching: make(chan struct{}, 1),
		pace: newPace(o.Interval), clock: clock{running: sinceNow()}, table: newTable(), zones: newZoneCache(interfaceName),
	}
	p.table.status = Status{Source: string(s.name()), Interval: o.Interval, Notes: s.notes()}
	return p
}

// Read calls f with the table, which does not change until f returns. f must be quick and must not keep the table's
// rows.
func (p *Poller) Read(f func(*Table)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f(p.table)
}

// Watch keeps polls going until stop is called; stop may be called more than once.
func (p *Poller) Watch() (stop func()) {
	p.watchMu.Lock()
	p.watchers++
	p.watchMu.Unlock()
	select {
	case p.watching <- struct{}{}:
	default: // Run has not noticed the last one yet
	}
	return sync.OnceFunc(func() {
		p.watchMu.Lock()
		defer p.watchMu.Unlock()
		p.watchers--
		p.lastLeft = p.clock.running.at(time.Now())
	})
}

// linger is how long polls go on after the last watcher went, so that a reload finds an unbroken history.
const linger = 15 * time.Second

// watched reports whether somebody watches, or did a moment ago.
func (p *Poller) watched() bool {
	p.watchMu.Lock()
	defer p.watchMu.Unlock()
	return p.watchers > 0 || !p.lastLeft.wall.IsZero() && p.clock.running.since(p.lastLeft) < linger
}

// due returns in how long the next poll is due, 0 where it is now. The machine's sleep counts.
func (p *Poller) due() time.Duration {
	if p.attempted.wall.IsZero() {
		return 0
	}
	return max(0, p.pace.interval-p.clock.running.since(p.attempted))
}

// Fresh returns when the table is not older than one interval, polling where it is. It fails only when ctx ends
// first; a poll that failed shows in the table's Status.
func (p *Poller) Fresh(ctx context.Context) error {
	r := request{done: make(chan struct{})}
	select {
	case p.requests <- r:
	case <-ctx.Done():
		return fmt.Errorf("wait for a poll: %w", ctx.Err())
	}
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a poll: %w", ctx.Err())
	}
}

// Run polls until ctx ends, one poll at a time: at each interval while somebody watches, and where [Poller.Fresh]
// asks. It closes the source and returns what that gives. Call it once.
func (p *Poller) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			p.listen(false)
			return p.source.Close()
		case r := <-p.requests:
			if p.due() == 0 {
				p.poll(ctx)
			}
			close(r.done)
		case <-p.watching:
		case <-timer.C:
			if p.watched() {
				p.poll(ctx)
			}
		}
		watched := p.watched()
		p.listen(watched)
		if watched {
			timer.Reset(p.due())
		} else {
			timer.Stop()
		}
	}
}
