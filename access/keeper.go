package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The limits of links and sessions.
const (
	// LinkTime is how long a link and the sessions that came by it last.
	LinkTime = 8 * time.Hour
	// LinkSessions is how many visitors one link lets in.
	LinkSessions = 10

	maxLinks    = 64             // links that are open; the oldest gives way
	maxSessions = 64             // sessions from which on no viewers are let in; twice as many are the end for owners too
	maxEnded    = 256            // ended sessions of which the reason is remembered
	idleTime    = 12 * time.Hour // a session that is not used for so long ends
	maxAgent    = 200            // bytes
)

// The refusals of [Keeper.Enter]. Their texts are for the one who is refused.
var (
	ErrSecret  = errors.New("this link is not valid: it has expired, was ended, or is not complete. Ask for another one")
	ErrUsed    = errors.New("this link has let in as many people as it may. Ask for another one")
	ErrFull    = errors.New("as many people as possible look at this machine already")
	ErrTooMany = errors.New("there were too many wrong links. Wait a minute")
)

// Link is an invitation, without its secret.
type Link struct {
	// ID names the link to the owner; it opens nothing.
	ID   string
	Role Role
	// Place says where it was made for, such as https://192.0.2.7:8080.
	Place string
	// Made is when, Until when it ends; the zero time is no end.
	Made, Until time.Time
	// Used counts those it let in; Closed is set where it lets in nobody any more.
	Used   int
	Closed bool
}

// link is a Link with what recognises its secret.
type link struct {
	Link
	hash [sha256.Size]byte
}

// Keeper holds the links and the sessions. Its methods may be called from any goroutine.
type Keeper struct {
	now   func() time.Time
	guess *guesses

	mu       sync.Mutex // guards the fields below
	links    []*link    // the oldest first
	sessions map[[sha256.Size]byte]*Session
	ended    map[[sha256.Size]byte]*Ended
}

// NewKeeper returns a keeper without links and sessions. Who calls it calls [Keeper.Close].
func NewKeeper() *Keeper { return newKeeper(time.Now) }

func newKeeper(now func() time.Time) *Keeper {
	return &Keeper{now: now, guess: newGuesses(now), sessions: map[[sha256.Size]byte]*Session{}, ended: map[[sha256.Size]byte]*Ended{}}
}

// Close ends every link and session.
func (k *Keeper) Close() { k.EndAll(Nobody, ErrStopped) }

// newID returns a name that says nothing.
func newID() string { return rand.Text()[:10] }

// Invite makes a link for viewers and returns it with its secret, which nobody can be told again.
func (k *Keeper) Invite(place string) (Link, string) {
	secret := rand.Text()
	made := k.now()
	return k.add(Link{Role: Viewer, Place: place, Made: made, Until: made.Add(LinkTime)}, secret), secret
}

// OwnerSecret makes a secret that makes an owner of who has it, for as long as the program runs.
func (k *Keeper) OwnerSecret() string {
	secret := rand.Text()
	k.TrustSecret(secret)
	return secret
}

// MinSecret is the least length of a secret that is chosen by somebody, in bytes.
const MinSecret = 22

// TrustSecret makes owners of those who have this secret, of at least MinSecret bytes.
func (k *Keeper) TrustSecret(secret string) {
	k.add(Link{Role: Owner, Made: k.now()}, secret)
}

// add keeps a link.
func (k *Keeper) add(l Link, secret string) Link {
	l.ID = newID()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prune()
	if len(k.links) >= maxLinks {
		if i := slices.IndexFunc(k.links, func(l *link) bool { return l.Role == Viewer }); i >= 0 {
			k.links = slices.Delete(k.links, i, i+1)
		}
	}
	k.links = append(k.links, &link{l, sha256.Sum256([]byte(secret))})
	return l
}

// find returns the link of a secret, nil where there is none. It compares with every link and in constant time. k.mu
// is held, and what has expired is pruned.
func (k *Keeper) find(secret string) (found *link) {
	hash := sha256.Sum256([]byte(secret))
	for _, l := range k.links {
		if subtle.ConstantTimeCompare(l.hash[:], hash[:]) == 1 {
			found = l
		}
	}
	return found
}

// Enter exchanges the secret of a link for a session. The cookie is what the visitor shows from now on; it is new each
// time. The error is one of the refusals above.
func (k *Keeper) Enter(secret string, from netip.Addr, agent string) (s *Session, cookie string, err error) {
	if !k.guess.allowed(from) {
		return nil, "", ErrTooMany
	}
	cookie = rand.Text()
	s, err = k.enter(secret, sha256.Sum256([]byte(cookie)), from, agent)
	if errors.Is(err, ErrSecret) {
		k.guess.wrong(from)
	}
	if err != nil {
		return nil, "", err
	}
	return s, cookie, nil
}

// enter makes the session, under the given key.
func (k *Keeper) enter(secret string, key [sha256.Size]byte, from netip.Addr, agent string) (*Session, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prune()
	l := k.find(secret)
	switch {
	case l == nil, l.Closed:
		return nil, ErrSecret
	case l.Role == Viewer && l.Used >= LinkSessions:
		return nil, ErrUsed
	case len(k.sessions) >= 2*maxSessions, len(k.sessions) >= maxSessions && l.Role == Viewer:
		return nil, ErrFull
	}
	l.Used++
	now := k.now()
	s := &Session{
		ID: newID(), Role: l.Role, Link: l.ID, Address: from, Agent: strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], ""),
		Since: now, Until: l.Until, key: key, seen: now, views: rate.NewLimiter(viewsPerSecond, viewsAtOnce),
	}
	base, end := context.WithCancelCause(context.Background())
	s.ctx, s.end, s.free = base, end, func() {}
	if !s.Until.IsZero() {
		s.ctx, s.free = context.WithTimeoutCause(base, s.Until.Sub(now), ErrExpired)
	}
	k.sessions[key] = s
	return s, nil
}

// Session returns the session of a cookie. Where it is over, the error is an [*Ended] that says why; where there never
// was one, both are nil.
func (k *Keeper) Session(cookie string) (*Session, error) {
	return k.session(sha256.Sum256([]byte(cookie)))
}

func (k *Keeper) session(key [sha256.Size]byte) (*Session, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prune()
	if s := k.sessions[key]; s != nil {
		return s, nil
	}
	if e := k.ended[key]; e != nil {
		return nil, e
	}
	return nil, nil
}

// Bearer returns the session of a program that sends the secret of a link with each request and takes no cookies: one
// for each address. The errors are those of [Keeper.Enter], or an [*Ended] where that session is over.
func (k *Keeper) Bearer(secret string, from netip.Addr, agent string) (*Session, error) {
	if !k.guess.allowed(from) {
		return nil, ErrTooMany
	}
	key := sha256.Sum256([]byte("bearer " + from.String() + " " + secret))
	if s, err := k.session(key); s != nil || err != nil {
		return s, err
	}
	s, err := k.enter(secret, key, from, agent)
	if errors.Is(err, ErrSecret) {
		k.guess.wrong(from)
	}
	return s, err
}

// prune forgets what time has ended. k.mu is held.
func (k *Keeper) prune() {
	now := k.now()
	k.links = slices.DeleteFunc(k.links, func(l *link) bool { return !l.Until.IsZero() && !now.Before(l.Until) })
	for _, s := range k.sessions {
		switch {
		case !s.Until.IsZero() && !now.Before(s.Until):
			k.drop(s, ErrExpired)
		case s.idle(now):
			k.drop(s, ErrIdle)
		}
	}
}

// drop ends a session. k.mu is held.
func (k *Keeper) drop(s *Session, why *Ended) {
	delete(k.sessions, s.key)
	if len(k.ended) >= maxEnded {
		clear(k.ended)
	}
	k.ended[s.key] = why
	s.end(why)
	s.free()
}

// End ends one session, and closes the link that it came by to others: who was sent away would come back by it. It
// reports whether there was such a session.
func (k *Keeper) End(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.sessions {
		if s.ID != id {
			continue
		}
		for _, l := range k.links {
			if l.ID == s.Link && l.Role == Viewer {
				l.Closed = true
			}
		}
		k.drop(s, ErrRevoked)
		return true
	}
	return false
}

// EndAll ends every session and every link of viewers, and where role is [Nobody] those of owners too.
func (k *Keeper) EndAll(role Role, why *Ended) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ends := func(r Role) bool { return role == Nobody || r == role }
	k.links = slices.DeleteFunc(k.links, func(l *link) bool { return ends(l.Role) })
	for _, s := range k.sessions {
		if ends(s.Role) {
			k.drop(s, why)
		}
	}
}

// EndLink ends a link and the sessions that came by it. It reports whether there was such a link.
func (k *Keeper) EndLink(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := len(k.links)
	k.links = slices.DeleteFunc(k.links, func(l *link) bool { return l.ID == id && l.Role == Viewer })
	for _, s := range k.sessions {
		if s.Link == id && s.Role == Viewer {
			k.drop(s, ErrRevoked)
		}
	}
	return len(k.links) < before
}

// Visitors returns the sessions, the oldest first.
func (k *Keeper) Visitors() []Visitor {
	k.mu.Lock()
	k.prune()
	sessions := slices.Collect(maps.Values(k.sessions))
	k.mu.Unlock()
	list := make([]Visitor, len(sessions))
	for i, s := range sessions {
		list[i] = s.visitor()
	}
	slices.SortFunc(list, func(a, b Visitor) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Links returns the links for viewers that are valid, the oldest first.
func (k *Keeper) Links() []Link {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prune()
	var list []Link
	for _, l := range k.links {
		if l.Role == Viewer {
			list = append(list, l.Link)
		}
	}
	return list
}
