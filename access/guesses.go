package access

import (
	"net/netip"
	"sync"
	"time"
)

// How many wrong secrets are answered in a minute: from one address, and from all together. Secrets of 128 bits cannot
// be guessed; the limits keep those who try from costing anything.
const (
	guessesEach  = 10
	guessesAll   = 100
	guessesSpan  = time.Minute
	maxGuessers  = 1024
	guesserBits6 = 64 // one subscriber has a whole prefix of IPv6 addresses
)

// guesses counts wrong secrets in spans of a minute.
type guesses struct {
	now func() time.Time

	mu   sync.Mutex // guards the fields below
	from time.Time  // when this minute began
	all  int
	each map[netip.Prefix]int
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, each: map[netip.Prefix]int{}}
}

// guesser returns what is counted as one address.
func guesser(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := a.BitLen()
	if a.Is6() {
		bits = guesserBits6
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil { // the zero address, which is one guesser as well
		return netip.Prefix{}
	}
	return p
}

// roll begins a new minute where one is over. g.mu is held.
func (g *guesses) roll() {
	if now := g.now(); now.Sub(g.from) >= guessesSpan || now.Before(g.from) {
		g.from, g.all = now, 0
		clear(g.each)
	}
}

// allowed reports whether an address may try a secret.
func (g *guesses) allowed(a netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roll()
	return g.all < guessesAll && g.each[guesser(a)] < guessesEach
}

// wrong counts a wrong secret.
func (g *guesses) wrong(a netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roll()
	g.all++
	if p := guesser(a); len(g.each) < maxGuessers || g.each[p] > 0 {
		g.each[p]++
	}
}
