package actions

import (
	"errors"
	"syscall"
	"testing"
	"time"
)

// TestDo: each verb does its own, once, and the audit log has it before and after.
func TestDo(t *testing.T) {
	for _, test := range []struct {
		verb    Verb
		signals string
	}{{Terminate, "TERM"}, {Kill, "KILL"}} {
		bubble(t, func(t *testing.T) {
			f := newFake()
			a := newTestActor(t, f)
			p := f.process(4711, 10, 5, "worker \x1b\n")
			out, err := do(t, a, test.verb, p.target())
			if err != nil || !out.Gone || len(p.signals) != 1 || p.signals[0] != test.signals {
				t.Errorf("%s: %+v, %v, %v", test.verb, out, err, p.signals)
			}
			log := f.audit.lines(t)
			if len(log) != 2 || log[0].Step != "intent" || log[1].Step != "result" || !*log[1].Ended || log[0].Verb != test.verb ||
				log[0].Process.PID != 4711 || log[0].Process.Start != 10 || log[0].Process.Name != `"worker \x1b\n"` {
				t.Errorf("audit log: %s", f.audit.String())
			}
		})
	}
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		s := f.connection(connection(7))
		out, err := do(t, a, Close, Target{Connection: s.id})
		if err != nil || !out.Gone || !s.ended_ || f.acts != 1 {
			t.Errorf("close: %+v, %v", out, err)
		}
		if log := f.audit.lines(t); len(log) != 2 || log[0].Connection.ID != "7" || log[0].Connection.State != "ESTABLISHED" {
			t.Errorf("audit log: %s", f.audit.String())
		}
	})
}

// TestStubborn: a process that does not heed SIGTERM is said to be there still, and can be killed then.
func TestStubborn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		p := f.process(4711, 10, 5, "worker")
		p.stays = true
		out, err := do(t, a, Terminate, p.target())
		if err != nil || out.Gone {
			t.Errorf("%+v, %v", out, err)
		}
		out, err = do(t, a, Kill, p.target())
		if err != nil || !out.Gone || len(p.signals) != 2 {
			t.Errorf("%+v, %v, %v", out, err, p.signals)
		}
	})
}

// TestDenied (X5): whatever is never ended is refused before anything is asked of it, and what is no verb does nothing.
func TestDenied(t *testing.T) {
	f := newFake()
	a := newTestActor(t, f)
	for name, change := range map[string]func(p *fakeProcess){
		"PID 0": func(p *fakeProcess) { p.pid = 0 }, "PID 1": func(p *fakeProcess) { p.pid = 1 }, "PID -1": func(p *fakeProcess) { p.pid = -1 },
		"all of a group": func(p *fakeProcess) { p.pid = -4711 }, "sockeye": func(p *fakeProcess) { p.pid = 100 }, "its parent": func(p *fakeProcess) { p.pid = 50 },
		"a kernel thread": func(p *fakeProcess) { p.facts_.kernel = true }, "a container's": func(p *fakeProcess) { p.facts_.inside = true },
	} {
		p := f.process(4711, 10, 5, "worker")
		change(p)
		f.processes[p.pid] = p
		for _, v := range []Verb{Terminate, Kill} {
			if err := a.Consider(v, p.target()); reasonOf(t, err) != Denied {
				t.Errorf("%s, %s: %v", name, v, err)
			}
			if _, _, err := a.Confirm(v, p.target()); reasonOf(t, err) != Denied {
				t.Errorf("%s, %s is confirmed: %v", name, v, err)
			}
			nonce, _ := a.confirm.issue(v, p.target())
			a.confirm.all[key(nonce)].issued = time.Now().Add(-time.Second)
			if _, _, err := a.Do(t.Context(), Order{Verb: v, Target: p.target(), Nonce: nonce}); reasonOf(t, err) != Denied {
				t.Errorf("%s, %s: %v", name, v, err)
			}
		}
		if len(p.signals) > 0 {
			t.Errorf("%s got %v", name, p.signals)
		}
	}
	p, s := f.process(4711, 10, 5, "worker"), f.connection(connection(7))
	both := p.target()
	both.Connection = s.id
	for _, o := range []Order{
		{Verb: "0", Target: p.target()}, {Verb: "64", Target: p.target()}, {Verb: "-9", Target: p.target()}, {Verb: "", Target: p.target()}, {Verb: "STOP", Target: p.target()},
		{Verb: Close, Target: p.target()}, {Verb: Kill, Target: Target{Connection: s.id}}, {Verb: Kill, Target: both}, {Verb: Close, Target: both}, {Verb: Kill},
	} {
		o.Nonce, _ = a.confirm.issue(o.Verb, o.Target)
		a.confirm.all[key(o.Nonce)].issued = time.Now().Add(-time.Second)
		if _, _, err := a.Do(t.Context(), o); reasonOf(t, err) != Denied {
			t.Errorf("%q: %v", o.Verb, err)
		}
	}
	if f.acts != 0 || f.audit.Len() > 0 {
		t.Errorf("%d acts, audit log %s", f.acts, f.audit.String())
	}
}

// TestDeniedSockets: what is no connection, or is ours, is not closed.
func TestDeniedSockets(t *testing.T) {
	f := newFake()
	a := newTestActor(t, f)
	listener := connection(1)
	listener.State = "LISTEN"
	if err := a.Consider(Close, Target{Connection: f.connection(listener).id}); reasonOf(t, err) != Denied {
		t.Errorf("a listener: %v", err)
	}
	own := f.connection(connection(2))
	own.ours = true
	if err := a.Consider(Close, Target{Connection: own.id}); reasonOf(t, err) != Denied {
		t.Errorf("one of ours: %v", err)
	}
}

// TestAnother: whatever of the identity is another by now, nothing is done.
func TestAnother(t *testing.T) {
	f := newFake()
	a := newTestActor(t, f)
	p := f.process(4711, 10, 5, "worker")
	for name, change := range map[string]func(*Process){
		"boot": func(p *Process) { p.Boot = "another" }, "PID": func(p *Process) { p.PID = 4712 }, "start": func(p *Process) { p.Start++ },
		"instance": func(p *Process) { p.Instance++ }, "name": func(p *Process) { p.Name = "other" },
	} {
		target := p.target()
		change(&target.Process)
		if err := a.Consider(Kill, target); reasonOf(t, err) != Changed {
			t.Errorf("another %s: %v", name, err)
		}
	}
	p.facts_.young = true
	if err := a.Consider(Kill, p.target()); reasonOf(t, err) != Changed {
		t.Errorf("one that could be mistaken: %v", err)
	}
	s := f.connection(connection(7))
	for name, change := range map[string]func(*Connection){
		"cookie": func(c *Connection) { c.Cookie++ }, "family": func(c *Connection) { c.IPv6 = true }, "state": func(c *Connection) { c.State = "CLOSE_WAIT" },
	} {
		target := Target{Connection: s.id}
		change(&target.Connection)
		if err := a.Consider(Close, target); reasonOf(t, err) != Changed {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if err := a.Consider(Close, Target{Connection: s.id}); err != nil {
		t.Errorf("itself: %v", err)
	}
}

// TestLacking: what the system cannot do, and what it does not permit, is said before and when it happens.
func TestLacking(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		p, s := f.process(4711, 10, 5, "worker"), f.connection(connection(7))
		p.forbids = true
		var r *Refusal
		if err := a.Consider(Kill, p.target()); reasonOf(t, err) != NotPermitted || !errors.As(err, &r) || r.How == "" {
			t.Errorf("another user's: %v", err)
		}
		for _, test := range []struct {
			err  error
			want Reason
		}{{errForbidden, NotPermitted}, {errUnsupported, Unsupported}, {errGone, Changed}, {syscall.EIO, Failed}} {
			s.refuses = test.err
			if _, err := do(t, a, Close, Target{Connection: s.id}); reasonOf(t, err) != test.want {
				t.Errorf("%v: %v", test.err, err)
			}
			log := f.audit.lines(t)
			if last := log[len(log)-1]; last.Step != "failure" || last.Error == "" {
				t.Errorf("%v: %+v", test.err, last)
			}
		}
		f.can = Ability{Possible: true, Missing: "CAP_NET_ADMIN", How: "so"}
		if err := a.Consider(Close, Target{Connection: s.id}); reasonOf(t, err) != NotPermitted {
			t.Errorf("without the right: %v", err)
		}
		f.can = Ability{Why: "never"}
		for v, target := range map[Verb]Target{Close: {Connection: s.id}, Kill: p.target()} {
			if err := a.Consider(v, target); reasonOf(t, err) != Unsupported {
				t.Errorf("%s where it cannot be: %v", v, err)
			}
		}
	})
}

// TestFullAuditLog (X10): where the log cannot be written nothing is done; the result of what was done may be missing, and
// is said to be.
func TestFullAuditLog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		p := f.process(4711, 10, 5, "worker")
		f.audit.fails = syscall.ENOSPC
		if _, err := do(t, a, Terminate, p.target()); reasonOf(t, err) != Unlogged || len(p.signals) > 0 {
			t.Errorf("%v, %v", err, p.signals)
		}
		f.audit.fails = nil
		f.between = func() {
			if len(p.signals) > 0 || f.audit.Len() > 0 {
				f.audit.fails = syscall.ENOSPC // full after the intent was written
			}
		}
		out, err := do(t, a, Terminate, p.target())
		if err != nil || out.Unlogged == "" || len(p.signals) != 1 {
			t.Errorf("%+v, %v, %v", out, err, p.signals)
		}
	})
}
