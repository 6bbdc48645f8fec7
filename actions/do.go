package actions

import (
	"context"
	"errors"
	"time"
)

// Who is who orders something.
type Who struct {
	// User is the user at the other end of the connection, as the system writes users.
	User string
	// Peer is the address that the request came from.
	Peer string
}

// Order is what somebody wants done.
type Order struct {
	Verb
	Target
	// Nonce is the confirmation, By who gave it.
	Nonce string
	By    Who
}

// Outcome is what was seen after something was done.
type Outcome struct {
	// At is when it was done.
	At time.Time
	// Gone tells that the target ended; otherwise it was still there when the wait for it was over.
	Gone bool
	// Unlogged says why the outcome is not in the audit log, which has the act itself; "" where it is.
	Unlogged string
}

// Confirm hands out the confirmation of an act: a nonce for [Actor.Do] that can be used once, from a half second on and
// until it expires. It is refused where the act would be.
func (a *Actor) Confirm(v Verb, t Target) (nonce string, expires time.Time, err error) {
	if err := a.Consider(v, t); err != nil {
		return "", time.Time{}, err
	}
	nonce, expires = a.confirm.issue(v, t)
	return nonce, expires, nil
}

// Do does what was confirmed, and waits up to five seconds for the target's end, or until ctx ends. The error is a
// [*Refusal]; nothing was done then, unless its reason is Failed. A confirmation that was used already is refused, with
// what came of it the first time in used, where that is known by then.
func (a *Actor) Do(ctx context.Context, o Order) (done Outcome, used *Outcome, err error) {
	if !o.Verb.fits(o.Target) {
		return Outcome{}, nil, refuse(Denied, "There is no such action.", nil)
	}
	c, refused := a.confirm.find(o.Nonce, o.Verb, o.Target)
	if refused != nil {
		return Outcome{}, a.confirm.outcome(ctx, o.Nonce), refused
	}
	act, at, refused := a.effect(c, o)
	if refused != nil {
		return Outcome{}, nil, refused
	}
	defer act.release()
	out := Outcome{At: at, Gone: act.ended(ctx, patience)}
	if err := a.audit.result(o, out); err != nil {
		a.log.Error("audit log", "error", err)
		out.Unlogged = "The audit log has the act, but could not be given its outcome."
	}
	a.confirm.tell(c, &out)
	return out, nil, nil
}

// effect does the act, alone. In this order: the confirmation is used up, the pace is kept, the target is held on to and
// looked at, the audit log is written, and only then something happens.
func (a *Actor) effect(c *confirmation, o Order) (act, time.Time, *Refusal) {
	a.one.Lock()
	defer a.one.Unlock()
	if refused := a.pace.check(); refused != nil {
		return act{}, time.Time{}, refused
	}
	if refused := a.confirm.use(c); refused != nil {
		return act{}, time.Time{}, refused
	}
	what, at, refused := a.carryOut(o)
	if refused != nil {
		a.log.Warn("action refused", "verb", o.Verb, "reason", refused)
		a.confirm.tell(c, nil)
	}
	return what, at, refused
}

// carryOut does an act that is confirmed.
func (a *Actor) carryOut(o Order) (act, time.Time, *Refusal) {
	what, refused := a.prepare(o.Verb, o.Target)
	if refused != nil {
		return act{}, time.Time{}, refused
	}
	if err := a.audit.intent(o); err != nil {
		what.release()
		return act{}, time.Time{}, refuse(Unlogged, "The audit log cannot be written, so nothing was done.", err)
	}
	at := a.pace.count()
	if err := what.do(); err != nil {
		what.release()
		failed := undone(o.Verb, err)
		if err := a.audit.failure(o, failed); err != nil {
			a.log.Error("audit log", "error", err)
		}
		return act{}, time.Time{}, failed
	}
	return what, at, nil
}

// undone turns the system's refusal of an act into one for the reader.
func undone(v Verb, err error) *Refusal {
	switch {
	case errors.Is(err, errGone) && v == Close:
		return changedConnection(err)
	case errors.Is(err, errGone):
		return changedProcess(err)
	case errors.Is(err, errForbidden):
		return &Refusal{Reason: NotPermitted, Text: "The system refused it: the right " + rightOf(v) + " is missing.", How: howToGet, Cause: err}
	case errors.Is(err, errUnsupported):
		return refuse(Unsupported, "This kernel cannot do it.", err)
	}
	return refuse(Failed, "The system could not do it.", err)
}
