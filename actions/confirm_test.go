package actions

import (
	"sync"
	"testing"
	"time"
)

// TestOneEffect (X6): a confirmation that is sent again, a double click, and two who confirm the same at once have one
// effect; who comes second is told what came of it.
func TestOneEffect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		p := f.process(4711, 10, 5, "worker")
		p.stays = true // so that nothing but the confirmation keeps it from being signalled again
		one, two := confirmed(t, a, Terminate, p.target()), confirmed(t, a, Terminate, p.target())
		var all sync.WaitGroup
		var mu sync.Mutex
		done, used := 0, 0
		for n := range 20 {
			nonce := one
			if n%2 == 1 {
				nonce = two
			}
			all.Go(func() {
				_, first, err := a.Do(t.Context(), Order{Verb: Terminate, Target: p.target(), Nonce: nonce})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if first != nil {
					used++
				}
			})
		}
		all.Wait()
		if done != 1 || len(p.signals) != 1 || used == 0 {
			t.Errorf("%d done, %d told of it, signals %v", done, used, p.signals)
		}
		time.Sleep(2 * time.Second)
		if _, first, err := a.Do(t.Context(), Order{Verb: Terminate, Target: p.target(), Nonce: one}); reasonOf(t, err) != Unconfirmed || first == nil {
			t.Errorf("once more: %+v, %v", first, err)
		}
		if len(p.signals) != 1 {
			t.Errorf("signals %v", p.signals)
		}
	})
}

// TestConfirmation: it is good for one verb and one target, neither too soon nor too late.
func TestConfirmation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		p, other := f.process(4711, 10, 5, "worker"), f.process(4712, 10, 6, "worker")
		for name, test := range map[string]struct {
			wait  time.Duration
			order Order
		}{
			"too soon":       {confirmAfter - time.Millisecond, Order{Verb: Terminate, Target: p.target()}},
			"too late":       {confirmFor + time.Millisecond, Order{Verb: Terminate, Target: p.target()}},
			"another verb":   {time.Second, Order{Verb: Kill, Target: p.target()}},
			"another target": {time.Second, Order{Verb: Terminate, Target: other.target()}},
		} {
			nonce, expires, err := a.Confirm(Terminate, p.target())
			if err != nil || time.Until(expires) != confirmFor {
				t.Fatalf("%v, %v", expires, err)
			}
			time.Sleep(test.wait)
			test.order.Nonce = nonce
			if _, _, err := a.Do(t.Context(), test.order); reasonOf(t, err) != Unconfirmed {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, nonce := range []string{"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAA"} {
			if _, _, err := a.Do(t.Context(), Order{Verb: Terminate, Target: p.target(), Nonce: nonce}); reasonOf(t, err) != Unconfirmed {
				t.Errorf("%q: %v", nonce, err)
			}
		}
		if f.acts != 0 {
			t.Errorf("%d acts", f.acts)
		}
	})
}

// TestConfirmationsAreBounded: the oldest are forgotten, and what is long over is.
func TestConfirmationsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newTestActor(t, newFake())
		first, _ := a.confirm.issue(Kill, Target{Process: Process{PID: 9}})
		time.Sleep(time.Second)
		for range mostConfirmations {
			a.confirm.issue(Kill, Target{Process: Process{PID: 9}})
		}
		if n := len(a.confirm.all); n != mostConfirmations || a.confirm.all[key(first)] != nil {
			t.Errorf("%d confirmations, the first is there: %v", n, a.confirm.all[key(first)] != nil)
		}
		time.Sleep(3 * confirmFor)
		a.confirm.issue(Kill, Target{})
		if n := len(a.confirm.all); n != 1 {
			t.Errorf("%d confirmations after a while", n)
		}
	})
}

// TestPace (X8): one act a second, thirty a minute, whoever confirms them.
func TestPace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFake()
		a := newTestActor(t, f)
		act := func(n int32) Reason {
			p := f.process(n, 10, uint64(n), "worker")
			nonce, _ := a.confirm.issue(Terminate, p.target())
			a.confirm.all[key(nonce)].issued = time.Now().Add(-time.Second)
			_, _, err := a.Do(t.Context(), Order{Verb: Terminate, Target: p.target(), Nonce: nonce})
			return reasonOf(t, err)
		}
		if r := act(1000); r != 0 {
			t.Fatalf("the first: %v", r)
		}
		if r := act(1001); r != TooOften {
			t.Errorf("at once: %v", r)
		}
		for n := range int32(most - 1) {
			time.Sleep(time.Second)
			if r := act(2000 + n); r != 0 {
				t.Fatalf("number %d: %v", n, r)
			}
		}
		time.Sleep(time.Second)
		if r := act(3000); r != TooOften || f.acts != most {
			t.Errorf("number 31 in a minute: %v, %d acts", r, f.acts)
		}
		time.Sleep(time.Minute)
		if r := act(3001); r != 0 {
			t.Errorf("a minute later: %v", r)
		}
	})
}
