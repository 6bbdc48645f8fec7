package actions

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// patience is for how long the end of what was ended is waited for.
const patience = 5 * time.Second

// Actor does what was confirmed. Make it with [New]; its methods may be called by several goroutines.
type Actor struct {
	system  system
	audit   *journal
	confirm *confirmations
	pace    *pace
	log     *slog.Logger

	one sync.Mutex // one effect at a time
}

// New returns an Actor of this machine that writes to the audit log at a path. The log takes the operator's messages.
func New(path string, log *slog.Logger) *Actor { return newActor(newSystem(), path, log, time.Now) }

// newActor is New with another system and another clock.
func newActor(s system, path string, log *slog.Logger, now func() time.Time) *Actor {
	return &Actor{
		system: s, audit: newJournal(path, now), confirm: newConfirmations(now), pace: &pace{now: now}, log: log,
	}
}

// Closing and Ending tell whether connections can be closed, and processes ended. Of one process [Actor.Consider] may
// say otherwise.
func (a *Actor) Closing() Ability { return a.system.closing() }

// Ending is described with [Actor.Closing].
func (a *Actor) Ending() Ability { return a.system.ending() }

// Identify returns the whole identity of the process that has a PID now. The error is a [*Refusal].
func (a *Actor) Identify(pid int32) (Process, error) {
	if pid <= 0 {
		return Process{}, changedProcess(nil)
	}
	boot, err := a.system.boot()
	if err != nil {
		return Process{}, refuse(Failed, "The machine's boot id could not be read.", err)
	}
	h, err := a.system.pin(pid)
	if err != nil {
		return Process{}, pinned(err)
	}
	defer h.release()
	f, err := h.facts()
	if err != nil || is(h.permitted(), errGone) {
		return Process{}, changedProcess(err)
	}
	return Process{Boot: boot, PID: pid, Start: f.start, Instance: f.instance, Name: f.name}, nil
}

// pinned turns the error of pin into a refusal.
func pinned(err error) *Refusal {
	switch {
	case is(err, errGone):
		return changedProcess(err)
	case is(err, errUnsupported):
		return refuse(Unsupported, "This system cannot hold on to a process before it is ended, so none is.", err)
	}
	return refuse(Failed, "The system did not give a hold on the process.", err)
}

// Consider says why a thing would not be done now; nil where it would. The error is a [*Refusal].
func (a *Actor) Consider(v Verb, t Target) error {
	act, refused := a.prepare(v, t)
	if refused != nil {
		return refused
	}
	act.release()
	return nil
}

// act is something that was found to be possible and permitted, on a target that was held on to.
type act struct {
	do      func() error
	ended   func(context.Context, time.Duration) bool
	release func()
}

// prepare finds the target, makes sure that it is the one, and that it may be ended. The caller releases the act.
func (a *Actor) prepare(v Verb, t Target) (act, *Refusal) {
	switch {
	case !v.fits(t):
		return act{}, refuse(Denied, "There is no such action.", nil)
	case v == Close:
		return a.prepareClose(t.Connection)
	}
	return a.prepareEnd(t.Process, v == Kill)
}

// prepareClose prepares the end of a connection.
func (a *Actor) prepareClose(c Connection) (act, *Refusal) {
	if r := a.system.closing().refusal(); r != nil {
		return act{}, r
	}
	s, err := a.system.socket(c)
	if is(err, errGone) {
		return act{}, changedConnection(err)
	} else if err != nil {
		return act{}, refuse(Failed, "The system did not tell of the connection.", err)
	}
	if r := checkSocket(s, c); r != nil {
		return act{}, r
	}
	return act{do: s.destroy, ended: s.ended, release: func() {}}, nil
}

// prepareEnd prepares the end of a process.
func (a *Actor) prepareEnd(p Process, kill bool) (act, *Refusal) {
	if r := a.deniedPID(p.PID); r != nil {
		return act{}, r
	}
	if r := a.system.ending().refusal(); r != nil {
		return act{}, r
	}
	h, err := a.system.pin(p.PID)
	if err != nil {
		return act{}, pinned(err)
	}
	if r := a.checkProcess(h, p); r != nil {
		h.release()
		return act{}, r
	}
	return act{do: func() error { return h.signal(kill) }, ended: h.ended, release: h.release}, nil
}

// is is errors.Is, which reads better in a row of cases.
func is(err, target error) bool { return errors.Is(err, target) }
