package past

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
)

// TestMemoryKeepsItsLimits, whatever comes: the maps and their orders agree, nothing is more than allowed, and a
// socket is never in the table and gone at once.
func TestMemoryKeepsItsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene()
		id := rapid.Map(rapid.IntRange(1, 8), func(n int) poller.ID { return poller.ID(n) })
		state := rapid.Map(rapid.IntRange(1, poller.NumStates-1), func(n int) poller.State { return poller.State(n) })
		t.Repeat(map[string]func(*rapid.T){
			"open or change": func(t *rapid.T) {
				i, to := id.Draw(t, "id"), state.Draw(t, "state")
				if s.rows[i] == nil {
					s.open(i, to)
				} else {
					s.change(i, to)
				}
			},
			"close": func(t *rapid.T) {
				if i := id.Draw(t, "id"); s.rows[i] != nil {
					s.close(i)
				}
			},
			"end": func(t *rapid.T) {
				e := poller.Ending{At: s.at, Seen: rapid.Bool().Draw(t, "seen")}
				e.ID, e.Final = id.Draw(t, "id"), rapid.Bool().Draw(t, "final")
				s.poll(poller.Delta{Ended: []poller.Ending{e}})
			},
			"look": func(t *rapid.T) {
				if c := s.rows[id.Draw(t, "id")]; c != nil {
					s.Look(c, s.at)
				}
			},
			"wait": func(t *rapid.T) { s.pass(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second) },
			"":     func(t *rapid.T) { checkLimits(t, s) },
		})
	})
}

func checkLimits(t *rapid.T, s *scene) {
	if len(s.gone) > 3 || len(s.gone) != s.goneIn.Len() || len(s.paths) > 2 || len(s.paths) != s.pathsIn.Len() || len(s.watched) > 2 {
		t.Fatalf("%d gone (%d), %d paths (%d), %d watched", len(s.gone), s.goneIn.Len(), len(s.paths), s.pathsIn.Len(), len(s.watched))
	}
	if len(s.states) != len(s.rows) {
		t.Fatalf("%d states, %d rows", len(s.states), len(s.rows))
	}
	for id, c := range s.rows {
		if s.states[id] != c.State {
			t.Fatalf("%v is in %v, remembered %v", id, c.State, s.states[id])
		}
		if _, gone := s.Gone(id); gone {
			t.Fatalf("%v is there and gone", id)
		}
		if steps := s.Steps(id); len(steps) > 0 && steps[len(steps)-1].To != c.State {
			t.Fatalf("%v is in %v, its last step %v", id, c.State, steps)
		}
	}
}
