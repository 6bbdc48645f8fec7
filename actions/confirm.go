package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// A confirmation is good from confirmAfter, which is less than a reader needs and more than a click that was meant for
// something else takes, until confirmFor after it was handed out. There are at most mostConfirmations.
const (
	confirmAfter      = 500 * time.Millisecond
	confirmFor        = 30 * time.Second
	mostConfirmations = 256
)

// confirmation is one that was handed out.
type confirmation struct {
	verb   Verb
	target Target
	issued time.Time
	course *course // set when it is used
}

// course is what came of a confirmation; all that its use used up share it.
type course struct {
	done   chan struct{} // closed when it is over
	result *Outcome      // nil where nothing was done; set before done is closed
}

// confirmations are those that were handed out, by the hash of their nonce.
type confirmations struct {
	now func() time.Time

	mu  sync.Mutex // guards all below, and the confirmations
	all map[[sha256.Size]byte]*confirmation
}

func newConfirmations(now func() time.Time) *confirmations {
	return &confirmations{now: now, all: map[[sha256.Size]byte]*confirmation{}}
}

// key is what a nonce is found by: comparing hashes tells nothing of the nonce by the time it takes.
func key(nonce string) [sha256.Size]byte { return sha256.Sum256([]byte(nonce)) }

// issue hands out a confirmation.
func (s *confirmations) issue(v Verb, t Target) (nonce string, expires time.Time) {
	nonce = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.makeRoom(now)
	s.all[key(nonce)] = &confirmation{verb: v, target: t, issued: now}
	return nonce, now.Add(confirmFor)
}

// makeRoom forgets what has expired twice over, and the oldest where there are too many. s.mu is held.
func (s *confirmations) makeRoom(now time.Time) {
	var oldest [sha256.Size]byte
	var at time.Time
	for k, c := range s.all {
		if now.Sub(c.issued) > 2*confirmFor {
			delete(s.all, k)
		} else if at.IsZero() || c.issued.Before(at) {
			oldest, at = k, c.issued
		}
	}
	if len(s.all) >= mostConfirmations {
		delete(s.all, oldest)
	}
}

// find returns the confirmation of an act, where it is good now.
func (s *confirmations) find(nonce string, v Verb, t Target) (*confirmation, *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[key(nonce)]
	switch {
	case c == nil:
		return nil, refuse(Unconfirmed, "This confirmation is not known: look at what is to end once more.", nil)
	case c.verb != v || c.target != t:
		return nil, refuse(Unconfirmed, "This confirmation was given for something else.", nil)
	}
	return c, s.judge(c)
}

// judge says why a confirmation is not good now. s.mu is held.
func (s *confirmations) judge(c *confirmation) *Refusal {
	switch age := s.now().Sub(c.issued); {
	case c.course != nil:
		return refuse(Unconfirmed, "It was confirmed already: each confirmation works once.", nil)
	case age < confirmAfter:
		return refuse(Unconfirmed, "That was quicker than anybody reads. Look at what is to end, and confirm it again.", nil)
	case age > confirmFor:
		return refuse(Unconfirmed, "The confirmation is older than 30 seconds: look at what is to end once more.", nil)
	}
	return nil
}

// use uses a confirmation up, and with it all others of the same act: two that were handed out have one effect.
func (s *confirmations) use(c *confirmation) *Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused := s.judge(c); refused != nil {
		return refused
	}
	c.course = &course{done: make(chan struct{})}
	for _, other := range s.all {
		if other.verb == c.verb && other.target == c.target && other.course == nil {
			other.course = c.course
		}
	}
	return nil
}

// tell keeps what came of an act for who confirms it again; nil is that nothing was done.
func (s *confirmations) tell(c *confirmation, o *Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.course.result = o
	close(c.course.done)
}

// outcome waits for what came of a confirmation that was used, for as long as ctx lasts; nil where nothing was done, or
// it is not known in time.
func (s *confirmations) outcome(ctx context.Context, nonce string) *Outcome {
	s.mu.Lock()
	c := s.all[key(nonce)]
	var used *course
	if c != nil {
		used = c.course
	}
	s.mu.Unlock()
	if used == nil {
		return nil
	}
	late := time.NewTimer(2 * patience)
	defer late.Stop()
	select {
	case <-used.done:
		return used.result
	case <-late.C:
	case <-ctx.Done():
	}
	return nil
}
