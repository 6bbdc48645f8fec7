package names

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
	"time"
)

// Resolver asks for the names of an address. *net.Resolver is one: it looks into the system's hosts file and then asks
// the name servers of the system.
type Resolver interface {
	// LookupAddr returns the names of an address. It ends early when ctx does.
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
}

// The bounds of a cache.
const (
	// workers is how many questions are under way at once.
	workers = 8
	// kept is how many addresses are known, or waited for, at the most.
	kept = 4096
	// patience is how long one question may take.
	patience = 2 * time.Second
	// knownFor and unknownFor are how long an answer is believed: that an address has a name, and that it has none or
	// that nobody answered.
	knownFor, unknownFor = 10 * time.Minute, time.Minute
	// gathering is how long answers are gathered before they are told of.
	gathering = 100 * time.Millisecond
)

// Cache knows the names of addresses. It is safe for concurrent use; [Cache.Close] ends it.
type Cache struct {
	resolver Resolver
	told     func()
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex // guards what is below
	entries map[netip.Addr]*entry
	used    *list.List   // of the entries with an answer, the one used last in front
	queue   []netip.Addr // to be asked for, each with an entry
	busy    int          // workers
	// telling is set while somebody is to be told, late where answers came since that began.
	telling, late bool
	closed        bool
}

// entry is what is known of an address.
type entry struct {
	addr netip.Addr
	name string // "" for none
	// until is when the answer has to be asked for again, zero before the first one.
	until time.Time
	// asked is closed when the question under way is answered, nil where there is none.
	asked chan struct{}
	place *list.Element // in used, nil before the first answer
}

// New returns a cache that asks the resolver. Some time after answers came, told is called, by a goroutine of the cache
// and never at the same time twice; it may be nil, and must not call [Cache.Close].
func New(r Resolver, told func()) *Cache {
	ctx, cancel := context.WithCancel(context.Background())
	return &Cache{resolver: r, told: told, ctx: ctx, cancel: cancel, entries: map[netip.Addr]*entry{}, used: list.New()}
}

// Close gives up all questions and returns when nothing of the cache runs any more. What is known stays known.
func (c *Cache) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
}

// Name returns what is known of the address now, "" where it has no name or none is known yet. What is not known, or was
// asked for long ago, is asked for; what was known is the answer until another one comes.
func (c *Cache) Name(addr netip.Addr) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.look(addr)
	if e == nil {
		return ""
	}
	return e.name
}

// Known returns what is known of the address now, however long ago it was asked for, and asks for nothing.
func (c *Cache) Known(addr netip.Addr) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[addr.Unmap().WithZone("")]; e != nil {
		return e.name
	}
	return ""
}

// Wait asks for what is not known of the addresses and returns when all is answered, or ctx ends.
func (c *Cache) Wait(ctx context.Context, addrs []netip.Addr) {
	var open []chan struct{}
	c.mu.Lock()
	for _, addr := range addrs {
		if e := c.look(addr); e != nil && e.asked != nil {
			open = append(open, e.asked)
		}
	}
	c.mu.Unlock()
	for _, answered := range open {
		select {
		case <-answered:
		case <-ctx.Done():
			return
		}
	}
}

// look returns the entry of an address, asked for where it has to be; nil where the address can have no name, or too much
// is asked for already.
func (c *Cache) look(addr netip.Addr) *entry {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || addr.IsUnspecified() {
		return nil
	}
	e := c.entries[addr]
	switch {
	case e == nil:
		if e = c.add(addr); e == nil {
			return nil
		}
		c.ask(e)
	case e.asked == nil && !time.Now().Before(e.until):
		c.ask(e)
	}
	if e.place != nil {
		c.used.MoveToFront(e.place)
	}
	return e
}

// add makes room for an address, if need be by forgetting the one not used for longest; nil where all are waited for.
func (c *Cache) add(addr netip.Addr) *entry {
	if len(c.entries) >= kept {
		oldest := c.used.Back()
		if oldest == nil {
			return nil
		}
		c.used.Remove(oldest)
		delete(c.entries, oldest.Value.(*entry).addr)
	}
	e := &entry{addr: addr}
	c.entries[addr] = e
	return e
}

// ask puts an address into the queue and sees to it that somebody works.
func (c *Cache) ask(e *entry) {
	e.asked = make(chan struct{})
	if c.closed {
		c.answer(e, "")
		return
	}
	if e.place != nil { // what is waited for is not forgotten
		c.used.Remove(e.place)
		e.place = nil
	}
	c.queue = append(c.queue, e.addr)
	if c.busy < workers {
		c.busy++
		c.running.Go(c.work)
	}
}

// answer notes what came of a question.
func (c *Cache) answer(e *entry, name string) {
	e.name, e.until = name, time.Now().Add(unknownFor)
	if name != "" {
		e.until = time.Now().Add(knownFor)
	}
	if e.place == nil {
		e.place = c.used.PushFront(e)
	}
	close(e.asked)
	e.asked = nil
}

// work asks until nothing is left to be asked for. What was wanted last comes first: a list of thousands, for somebody who
// has stopped waiting, does not hold up who looks now.
func (c *Cache) work() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) > 0 {
		last := len(c.queue) - 1
		e := c.entries[c.queue[last]]
		c.queue = c.queue[:last]
		c.mu.Unlock()
		name := c.lookUp(e.addr)
		c.mu.Lock()
		c.answer(e, name)
		c.tell()
	}
	c.queue = nil
	c.busy--
}

// lookUp asks for one address. That nobody answers is an answer as well: there is no name to show.
func (c *Cache) lookUp(addr netip.Addr) string {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	if ctx.Err() != nil {
		return ""
	}
	all, err := c.resolver.LookupAddr(ctx, addr.String())
	if err != nil || len(all) == 0 {
		return ""
	}
	return clean(all[0], addr)
}

// tell sees to it that somebody is told of the answers.
func (c *Cache) tell() {
	if c.told == nil || c.closed {
		return
	}
	if c.telling {
		c.late = true
		return
	}
	c.telling = true
	c.running.Go(func() {
		wait := time.NewTimer(gathering)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-c.ctx.Done():
			return
		}
		c.mu.Lock()
		c.late = false // what came until now is told of now
		c.mu.Unlock()
		c.told()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.telling = false
		if c.late {
			c.tell()
		}
	})
}
