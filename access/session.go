package access

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Ended is why a session is over; it is the cause of the context of [Session.Context]. The text is a sentence for the
// one whose session it was.
type Ended struct{ Text string }

// Error returns the sentence.
func (e *Ended) Error() string { return e.Text }

// The ends of sessions.
var (
	ErrRevoked = &Ended{"The owner of this machine has ended your session."}
	ErrExpired = &Ended{"Your link has expired."}
	ErrStopped = &Ended{"Sharing has been stopped."}
	ErrIdle    = &Ended{"Your session was not used for a long time."}
)

// EndedBy returns why the session ended that a request's context belongs to; nil where it did not.
func EndedBy(ctx context.Context) *Ended {
	var e *Ended
	if errors.As(context.Cause(ctx), &e) {
		return e
	}
	return nil
}

// Session is one visitor: somebody who came with a secret. Its methods may be called from any goroutine, and on nil,
// which is nobody's session, where they do nothing.
type Session struct {
	// ID names the session to the owner; it opens nothing.
	ID string
	// Role is what the secret was for.
	Role Role
	// Link is the ID of the link it came by.
	Link string
	// Address is where it began, Agent what the browser calls itself; the latter is hostile text, of at most 200 bytes.
	Address netip.Addr
	Agent   string
	// Since is when it began, Until when it ends at the latest; the zero time is no bound.
	Since, Until time.Time

	views *rate.Limiter // that may still be asked for

	key  [32]byte // of the keeper's table
	ctx  context.Context
	end  context.CancelCauseFunc
	free context.CancelFunc // of the timer of Until

	mu    sync.Mutex // guards the fields below
	seen  time.Time
	bytes uint64
	looks []*Look
	page  string // the page asked for last
}

// Context returns a context that ends with the session; its cause is then an [*Ended].
func (s *Session) Context() context.Context {
	if s == nil {
		return context.Background()
	}
	return s.ctx
}

// Asked notes that the session asked for a page or data; page is its path and query, "" for what is no page.
func (s *Session) Asked(page string, now time.Time) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = now
	if page != "" {
		s.page = page
	}
}

// Sent counts bytes that the visitor was sent.
func (s *Session) Sent(n int) {
	if s == nil || n <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += uint64(n)
}

// Look is one view that a visitor has open and sees change. Methods on nil do nothing.
type Look struct {
	session *Session
	view    string
}

// Look notes that the visitor opens a view. Who calls it calls [Look.Close].
func (s *Session) Look() *Look {
	if s == nil {
		return nil
	}
	l := &Look{session: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks = append(s.looks, l)
	return l
}

// Show notes which view it is, as the query of its URL.
func (l *Look) Show(view string) {
	if l == nil {
		return
	}
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	l.view = view
}

// Sent counts bytes that the visitor was sent.
func (l *Look) Sent(n int) {
	if l != nil {
		l.session.Sent(n)
	}
}

// Close notes that the view is open no more.
func (l *Look) Close() {
	if l == nil {
		return
	}
	s := l.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks = slices.DeleteFunc(s.looks, func(other *Look) bool { return other == l })
}

// Visitor is a session as the owner sees it.
type Visitor struct {
	ID, Link string
	Role     Role
	Address  netip.Addr
	Agent    string // hostile text
	Since    time.Time
	Until    time.Time // the zero time for no end
	Seen     time.Time // of the last request
	// Views are the queries of the views that are open and change before the visitor's eyes; Page is the path and query
	// asked for last. Both are text that the visitor has chosen.
	Views []string
	Page  string
	// Bytes is what the visitor was sent.
	Bytes uint64
}

// visitor describes the session.
func (s *Session) visitor() Visitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := Visitor{
		ID: s.ID, Link: s.Link, Role: s.Role, Address: s.Address, Agent: s.Agent,
		Since: s.Since, Until: s.Until, Seen: s.seen, Page: s.page, Bytes: s.bytes,
	}
	for _, l := range s.looks {
		v.Views = append(v.Views, l.view)
	}
	return v
}

// idle reports whether nothing was asked for longer than idleTime, and nothing is open.
func (s *Session) idle(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.looks) == 0 && now.Sub(s.seen) > idleTime
}
