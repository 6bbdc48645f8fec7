package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye/query"
)

// The bounds of looking names up.
const (
	// nameTimeout is how long a view waits for its names.
	nameTimeout = 2 * time.Second
	// nameLife is how long the addresses of a name are good, failureLife how long it stays without any.
	nameLife    = time.Minute
	failureLife = 10 * time.Second
	// maxNames is how many names a view may have, maxKept how many are remembered, maxLookups how many are looked up
	// at once, for all viewers together.
	maxNames   = 16
	maxKept    = 512
	maxLookups = 8
)

// resolver looks names up: those of hosts as the machine does for every program, and those of its own interfaces.
// The error of a name that does not exist is a [net.DNSError] that says so.
type resolver interface {
	host(ctx context.Context, name string) ([]netip.Addr, error)
	networkInterface(name string) ([]netip.Addr, error)
}

// nameBook finds the addresses of the names in views, and remembers them for a while. It is safe for concurrent use.
type nameBook struct {
	resolver resolver
	places   chan struct{} // one for each lookup under way

	mu   sync.Mutex
	kept map[query.Name]keptName
	// shared are the addresses of names in views that the owner has shared: all that others may use.
	shared map[query.Name][]netip.Addr
}

// keptName is the answer for a name.
type keptName struct {
	addresses []netip.Addr
	err       error
	until     time.Time
}

// newNameBook returns a book that knows no name.
func newNameBook(r resolver) *nameBook {
	return &nameBook{resolver: r, places: make(chan struct{}, maxLookups), kept: map[query.Name]keptName{}, shared: map[query.Name][]netip.Addr{}}
}

// resolve returns the query with the addresses of its names. It takes [nameTimeout] at the most. The error is one
// sentence for the reader. For those who may not ask nothing is looked up but interfaces, which nobody else is asked for.
func (b *nameBook) resolve(ctx context.Context, q query.Query) (query.Query, error) {
	names := q.Lookups()
	if len(names) == 0 {
		return q, nil
	}
	if len(names) > maxNames {
		return q, fmt.Errorf("the filter has %d names to look up, at most %d are possible", len(names), maxNames)
	}
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	answers := make([]keptName, len(names))
	var under sync.WaitGroup
	for i, name := range names {
		under.Go(func() { answers[i] = b.answer(ctx, name) })
	}
	under.Wait()
	for i, a := range answers {
		if a.err != nil {
			return q, nameProblem(names[i], a.err)
		}
	}
	return q.Resolve(func(n query.Name) []netip.Addr { return answers[slices.Index(names, n)].addresses }), nil
}

// answer returns what is remembered of a name, or looks it up.
func (b *nameBook) answer(ctx context.Context, n query.Name) keptName {
	b.mu.Lock()
	kept, ok := b.kept[n]
	shared, open := b.shared[n]
	b.mu.Unlock()
	if !n.Interface && !mayAsk(ctx) {
		if !open {
			return keptName{err: errOwnersNames}
		}
		return keptName{addresses: shared}
	}
	if ok && time.Now().Before(kept.until) {
		return kept
	}
	select {
	case b.places <- struct{}{}:
	case <-ctx.Done():
		return keptName{err: ctx.Err()}
	}
	defer func() { <-b.places }()
	var found keptName
	life := nameLife
	if n.Interface {
		found.addresses, found.err = b.resolver.networkInterface(n.Text)
	} else {
		found.addresses, found.err = b.resolver.host(ctx, n.Text)
	}
	if found.err != nil {
		life = failureLife
	}
	found.until = time.Now().Add(life)
	if !errors.Is(ctx.Err(), context.Canceled) { // who asked has gone, which says nothing about the name
		b.keep(n, found)
	}
	return found
}

// keep remembers an answer. Where there is no room, what is over makes room, or else some other name.
func (b *nameBook) keep(n query.Name, answer keptName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.kept) >= maxKept {
		now := time.Now()
		for other, kept := range b.kept {
			if !now.Before(kept.until) {
				delete(b.kept, other)
			}
		}
	}
	for other := range b.kept {
		if len(b.kept) < maxKept {
			break
		}
		delete(b.kept, other)
	}
	b.kept[n] = answer
	if _, open := b.shared[n]; open && answer.err == nil {
		b.shared[n] = answer.addresses
	}
}

// share lets everybody use what the names of a query stand for, from now on; the owner's lookups keep it up to date.
// Where there is no room, some other name is shared no more.
func (b *nameBook) share(ctx context.Context, q query.Query) {
	if _, err := b.resolve(ctx, q); err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range q.Lookups() {
		kept, known := b.kept[n]
		if n.Interface || !known {
			continue
		}
		for other := range b.shared {
			if len(b.shared) < maxKept {
				break
			}
			delete(b.shared, other)
		}
		b.shared[n] = kept.addresses
	}
}

// errOwnersNames is the answer for a host name to those who may not have it looked up.
var errOwnersNames = errors.New("host names are looked up for the owner only")

// nameProblem says for the reader why a name has no addresses.
func nameProblem(n query.Name, err error) error {
	var dns *net.DNSError
	var missing *missingInterface
	switch {
	case errors.Is(err, errOwnersNames):
		return fmt.Errorf("host names are looked up for the owner of this machine only: give the address in place of %s", shownName(n.Text))
	case errors.As(err, &missing):
		return fmt.Errorf("there is no interface %s here: there are %s", shownName(n.Text), strings.Join(missing.there, ", "))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &dns) && dns.IsTimeout:
		return fmt.Errorf("the name %s could not be looked up within %d seconds", shownName(n.Text), int(nameTimeout.Seconds()))
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("no address is known for the name %s", shownName(n.Text))
	}
	return fmt.Errorf("the name %s could not be looked up", shownName(n.Text))
}

// shownName is a name as it may stand in a message.
func shownName(text string) string { return fmt.Sprintf("%.64q", text) }

// systemResolver asks this machine.
type systemResolver struct{}

// host asks as every program does: the hosts file and what else the machine is set to.
func (systemResolver) host(ctx context.Context, name string) ([]netip.Addr, error) {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil, fmt.Errorf("look up a host: %w", err)
	}
	return addresses, nil
}

// missingInterface says that there is no such interface, and which there are.
type missingInterface struct{ there []string }

func (*missingInterface) Error() string { return "no such interface" }

// networkInterface returns the addresses of an interface; link-local ones carry its name as their zone.
func (systemResolver) networkInterface(name string) ([]netip.Addr, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	at := slices.IndexFunc(all, func(i net.Interface) bool { return strings.EqualFold(i.Name, name) })
	if at < 0 {
		missing := &missingInterface{}
		for _, i := range all {
			missing.there = append(missing.there, i.Name)
		}
		return nil, missing
	}
	list, err := all[at].Addrs()
	if err != nil {
		return nil, fmt.Errorf("list the addresses of an interface: %w", err)
	}
	var addresses []netip.Addr
	for _, one := range list {
		prefix, err := netip.ParsePrefix(one.String())
		if err != nil {
			continue // an address of another kind, which no socket here has
		}
		a := prefix.Addr().Unmap()
		if a.Is6() && a.IsLinkLocalUnicast() {
			a = a.WithZone(all[at].Name)
		}
		addresses = append(addresses, a)
	}
	return addresses, nil
}
