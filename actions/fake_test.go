package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a machine of processes and connections that are used again at any moment: between is called before everything
// that is asked of it.
type fake struct {
	between   func()
	processes map[int32]*fakeProcess
	sockets   map[string]*fakeSocket // by both ends
	relatives map[int32]bool
	can       Ability
	audit     paper
	acts      int
}

// fakeProcess is one process. Who holds on to it holds on to it, whatever its PID is given to.
type fakeProcess struct {
	machine *fake
	pid     int32
	facts_  facts
	gone    bool
	stays   bool // it does not heed SIGTERM
	forbids bool
	signals []string
}

// fakeSocket is one connection.
type fakeSocket struct {
	machine *fake
	id      Connection
	ours    bool
	ended_  bool
	stays   bool
	refuses error
}

func newFake() *fake {
	return &fake{processes: map[int32]*fakeProcess{}, sockets: map[string]*fakeSocket{}, relatives: map[int32]bool{100: true, 50: true}, can: Ability{Possible: true}}
}

func ends(c Connection) string { return c.Local.String() + c.Remote.String() }

// process adds a process; it takes the PID from the one that has it.
func (f *fake) process(pid int32, start, instance uint64, name string) *fakeProcess {
	if old := f.processes[pid]; old != nil {
		old.gone = true
	}
	p := &fakeProcess{machine: f, pid: pid, facts_: facts{start: start, instance: instance, name: name}}
	f.processes[pid] = p
	return p
}

// connection adds a connection; it takes the place of the one with its ends.
func (f *fake) connection(c Connection) *fakeSocket {
	if old := f.sockets[ends(c)]; old != nil {
		old.ended_ = true
	}
	s := &fakeSocket{machine: f, id: c}
	f.sockets[ends(c)] = s
	return s
}

// target is the identity of a process as it is now.
func (p *fakeProcess) target() Target {
	return Target{Process: Process{Boot: "boot", PID: p.pid, Start: p.facts_.start, Instance: p.facts_.instance, Name: p.facts_.name}}
}

func (f *fake) pass() {
	if f.between != nil {
		f.between()
	}
}

func (f *fake) closing() Ability                { return f.can }
func (f *fake) ending() Ability                 { return f.can }
func (f *fake) boot() (string, error)           { return "boot", nil }
func (f *fake) family() (map[int32]bool, error) { return f.relatives, nil }

func (f *fake) pin(pid int32) (held, error) {
	f.pass()
	if p := f.processes[pid]; p != nil && !p.gone {
		return &fakeHold{p}, nil
	}
	return nil, errGone
}

// fakeHold reads facts by the PID, as /proc does, and signals the process, as a pidfd does.
type fakeHold struct{ process *fakeProcess }

func (h *fakeHold) facts() (facts, error) {
	h.process.machine.pass()
	p := h.process.machine.processes[h.process.pid]
	if p == nil || p.gone {
		return facts{}, errGone
	}
	got := p.facts_
	got.instance = h.process.facts_.instance // that of the pidfd
	return got, nil
}

func (h *fakeHold) permitted() error {
	h.process.machine.pass()
	switch {
	case h.process.gone:
		return errGone
	case h.process.forbids:
		return errForbidden
	}
	return nil
}

func (h *fakeHold) signal(kill bool) error {
	h.process.machine.pass()
	if h.process.gone {
		return errGone
	}
	h.process.machine.acts++
	if kill {
		h.process.signals = append(h.process.signals, "KILL")
	} else {
		h.process.signals = append(h.process.signals, "TERM")
	}
	h.process.gone = kill || !h.process.stays
	return nil
}

func (h *fakeHold) ended(context.Context, time.Duration) bool { return h.process.gone }
func (h *fakeHold) release()                                  {}

func (f *fake) socket(c Connection) (socket, error) {
	f.pass()
	s := f.sockets[ends(c)]
	if s == nil || s.ended_ {
		return nil, errGone
	}
	found := *s // what the kernel told; the cookie is what destroy goes by
	return &foundSocket{found: found, machine: f}, nil
}

// foundSocket is what was told of a connection.
type foundSocket struct {
	found   fakeSocket
	machine *fake
}

func (s *foundSocket) now() Connection { return s.found.id }
func (s *foundSocket) own() bool       { return s.found.ours }
func (s *foundSocket) destroy() error {
	s.machine.pass()
	there := s.machine.sockets[ends(s.found.id)]
	switch {
	case there == nil || there.ended_ || there.id.Cookie != s.found.id.Cookie:
		return errGone
	case there.refuses != nil:
		return there.refuses
	}
	s.machine.acts++
	there.ended_ = true
	return nil
}

func (s *foundSocket) ended(context.Context, time.Duration) bool { return !s.found.stays }

// newTestActor returns an actor of a fake machine, with its audit log in a folder of its own.
func newTestActor(t testing.TB, f *fake) *Actor {
	t.Helper()
	a := newActor(f, "", slog.New(slog.DiscardHandler), time.Now)
	a.audit.open = func(string) (logFile, error) { return &f.audit, nil }
	return a
}

// paper is an audit log in memory.
type paper struct {
	bytes.Buffer
	fails error // of everything that is written
}

func (p *paper) Write(b []byte) (int, error) {
	if p.fails != nil {
		return len(b) / 2, p.fails
	}
	return p.Buffer.Write(b)
}

func (p *paper) Sync() error  { return nil }
func (p *paper) Close() error { return nil }

// lines returns the steps in the audit log, in their order.
func (p *paper) lines(t testing.TB) (all []entry) {
	t.Helper()
	for line := range strings.Lines(p.String()) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// bubble runs a test in which time passes only where it is waited for.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// confirmed asks for a confirmation and waits until it is good.
func confirmed(t testing.TB, a *Actor, v Verb, target Target) string {
	t.Helper()
	nonce, _, err := a.Confirm(v, target)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(apart)
	return nonce
}

// do confirms an act and does it.
func do(t testing.TB, a *Actor, v Verb, target Target) (Outcome, error) {
	t.Helper()
	out, _, err := a.Do(t.Context(), Order{Verb: v, Target: target, Nonce: confirmed(t, a, v, target)})
	return out, err
}

// reasonOf returns the reason of a refusal, 0 where there is no error.
func reasonOf(t testing.TB, err error) Reason {
	t.Helper()
	var r *Refusal
	if err == nil {
		return 0
	}
	if !errors.As(err, &r) {
		t.Fatalf("%v is no refusal", err)
	}
	return r.Reason
}
