package actions

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// reuses is how many PIDs and ports are used again, at a moment of chance each.
const reuses = 10_000

// TestPIDReuse (X3): whenever the PID is given to another process, between the page and the click or between any two
// steps of the act, the other one gets no signal; where it is not, the right one gets its signal.
func TestPIDReuse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		chance := rand.New(rand.NewPCG(1, 2))
		hits, refused := 0, 0
		for n := range reuses {
			f := newFake()
			a := newTestActor(t, f)
			start := uint64(1000 + n)
			instance := uint64(chance.IntN(2)) * uint64(n+1) // half of the machines do not tell it
			right := f.process(4711, start, instance, "victim")
			target := right.target()
			nonce, _ := a.confirm.issue(Terminate, target)
			time.Sleep(apart)
			var wrong []*fakeProcess
			at, steps := chance.IntN(8), 0
			f.between = func() {
				if steps == at {
					later := start + uint64(chance.IntN(3))
					if instance == 0 {
						later = start + 1 + uint64(chance.IntN(3)) // what has neither cannot be told apart, and is not claimed
					}
					name := []string{"victim", "other"}[chance.IntN(2)]
					fresh := instance
					if fresh != 0 {
						fresh += 1_000_000
					}
					wrong = append(wrong, f.process(4711, later, fresh, name))
				}
				steps++
			}
			_, _, err := a.Do(t.Context(), Order{Verb: Terminate, Target: target, Nonce: nonce})
			for _, w := range wrong {
				if len(w.signals) > 0 {
					t.Fatalf("reuse %d at step %d: another process got %v", n, at, w.signals)
				}
			}
			switch {
			case err == nil && len(right.signals) == 1:
				hits++
			case err != nil && len(right.signals) == 0 && reasonOf(t, err) == Changed:
				refused++
			default:
				t.Fatalf("reuse %d at step %d: %v, signals %v", n, at, err, right.signals)
			}
		}
		if hits == 0 || refused == 0 {
			t.Errorf("%d done, %d refused: nothing was tried", hits, refused)
		}
	})
}

// connection returns the identity of a connection with a cookie.
func connection(cookie uint64) Connection {
	return Connection{Cookie: cookie, Local: netip.MustParseAddrPort("192.0.2.1:443"), Remote: netip.MustParseAddrPort("198.51.100.1:50000"), State: "ESTABLISHED"}
}

// TestPortReuse (X4): whenever another connection gets the same ends, it is left alone.
func TestPortReuse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		chance := rand.New(rand.NewPCG(3, 4))
		hits, refused := 0, 0
		for n := range reuses {
			f := newFake()
			a := newTestActor(t, f)
			right := f.connection(connection(uint64(n + 1)))
			target := Target{Connection: right.id}
			nonce, _ := a.confirm.issue(Close, target)
			time.Sleep(apart)
			var wrong *fakeSocket
			at, steps := chance.IntN(3), 0
			f.between = func() {
				if steps == at {
					right.ended_ = true
					wrong = f.connection(connection(uint64(n + 1_000_000)))
				}
				steps++
			}
			_, _, err := a.Do(t.Context(), Order{Verb: Close, Target: target, Nonce: nonce})
			if wrong != nil && wrong.ended_ {
				t.Fatalf("reuse %d at step %d: another connection was closed", n, at)
			}
			switch {
			case err == nil && right.ended_ && wrong == nil:
				hits++
			case err != nil && reasonOf(t, err) == Changed && f.acts == 0:
				refused++
			default:
				t.Fatalf("reuse %d at step %d: %v", n, at, err)
			}
		}
		if hits == 0 || refused == 0 {
			t.Errorf("%d done, %d refused: nothing was tried", hits, refused)
		}
	})
}
