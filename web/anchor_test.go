package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
)

// byPort is the order of the tests here: the port is the place.
func byPort(t fataler) query.Query {
	q, _, err := query.FromURL("sort=port")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// ladder returns a machine with listeners whose ids and ports are 10, 20, 30 and so on.
func ladder(n int) *machine {
	m := newMachine(nil)
	for i := 1; i <= n; i++ {
		m.sockets[poller.ID(10*i)] = rung(10 * i)
	}
	return m
}

func rung(id int) poller.Socket {
	return tcp(poller.ID(id), poller.StateListen, fmt.Sprintf("127.0.0.1:%d", id), nowhere, 0)
}

// TestAnchor: rows that come and go above the anchor move the window's place and not its rows, and where the anchor goes
// the row after it takes over.
func TestAnchor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ladder(40)
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		w := newWatcher(t, s, byPort(t), span{offset: 3, limit: 5, anchor: 200, above: 2})
		check := func(what string, offset int, ids ...string) {
			t.Helper()
			if diff := cmp.Diff(ids, w.client.order); diff != "" || w.client.Offset != offset {
				t.Errorf("%s: the window begins at %d, want %d; rows (-want +got):\n%s", what, w.client.Offset, offset, diff)
			}
		}
		hex := func(ids ...int) (all []string) {
			for _, id := range ids {
				all = append(all, poller.ID(id).String())
			}
			return all
		}
		change := func(what string, offset int, ids []string, change func(m *machine)) {
			t.Helper()
			m.set(change)
			poll(t, s)
			w.serve(t, true)
			w.client.same(t, truth(t, s, w.query, w.at()))
			check(what, offset, ids...)
		}
		check("at first", 17, hex(180, 190, 200, 210, 220)...)
		change("three come above", 20, hex(180, 190, 200, 210, 220), func(m *machine) {
			for _, id := range []int{11, 12, 13} {
				m.sockets[poller.ID(id)] = rung(id)
			}
		})
		change("one of the rows goes", 19, hex(170, 180, 200, 210, 220), func(m *machine) { delete(m.sockets, 190) })
		change("the anchor goes", 19, hex(170, 180, 210, 220, 230), func(m *machine) { delete(m.sockets, 200) })
		change("one comes above", 20, hex(170, 180, 210, 220, 230), func(m *machine) { m.sockets[14] = rung(14) })
		change("all of it goes", 20, hex(240, 250, 260, 270, 280), func(m *machine) {
			for _, id := range []int{170, 180, 210, 220, 230} {
				delete(m.sockets, poller.ID(id))
			}
		})
		change("the end comes near", 0, hex(240, 250), func(m *machine) {
			for id := range m.sockets {
				if id != 240 && id != 250 {
					delete(m.sockets, id)
				}
			}
		})
	})
}

// TestAnchorKeepsItsPlace: whatever else changes, a row that stays in the view stays where it is in the window, unless
// the view begins or ends there.
func TestAnchorKeepsItsPlace(t *testing.T) {
	const keep, above, limit = poller.ID(5000), 3, 8
	checkInBubble(t, func(t *rapid.T) {
		m := ladder(0)
		m.sockets[keep] = rung(int(keep))
		s := newTestSite(t, m, time.Second)
		disturbed := func() {
			m.set(func(m *machine) {
				for range rapid.IntRange(1, 30).Draw(t, "changes") {
					id := rapid.IntRange(1, 9999).Draw(t, "id")
					if poller.ID(id) == keep {
						continue
					}
					if m.sockets[poller.ID(id)] = rung(id); rapid.Bool().Draw(t, "goes") {
						delete(m.sockets, poller.ID(id))
					}
				}
			})
			poll(t, s)
		}
		disturbed()
		q := byPort(t)
		if rapid.Bool().Draw(t, "filtered") {
			q, _ = q.With("-lport:1..2000")
		}
		w := newWatcher(t, s, q, span{limit: limit, anchor: keep, above: above})
		for range 6 {
			disturbed()
			w.serve(t, true)
			rank := w.client.Offset + slices.Index(w.client.order, keep.String())
			want := max(0, min(rank-above, w.client.Size.Matched-limit))
			if w.client.Offset != want || rank < w.client.Offset {
				t.Fatalf("the row is number %d of %d, the window begins at %d, want %d", rank, w.client.Size.Matched, w.client.Offset, want)
			}
		}
	})
}

// TestHold: the rows that a viewer holds stay where they are, whatever the view does, their values are those of now, and
// the viewer is told how many would be elsewhere. Other viewers see the view as it is.
func TestHold(t *testing.T) {
	checkInBubble(t, func(t *rapid.T) {
		m := newMachine([]string{"a", "b", "c"})
		s := newTestSite(t, m, time.Second)
		disturb(t, m)
		poll(t, s)
		q, sp := drawFrom(t, viewQueries), rapid.SampledFrom(windows).Draw(t, "window")
		w, other := newWatcher(t, s, q, sp), newWatcher(t, s, q, sp)
		disturb(t, m)
		poll(t, s) // its frame may still be on its way
		w.say(t, `{"t":"hold"}`)
		w.serve(t, true)
		before := slices.Clone(w.client.order)
		for range rapid.IntRange(1, 8).Draw(t, "polls") {
			disturb(t, m)
			poll(t, s)
			s.poller.Read(func(table *poller.Table) {
				before = slices.DeleteFunc(before, func(name string) bool { // for good, should the id come again
					id, _ := poller.ParseID(name)
					_, there := table.Get(id)
					return !there
				})
			})
			if rapid.Bool().Draw(t, "again") {
				w.say(t, `{"t":"hold"}`)
			}
			if rapid.IntRange(0, 4).Draw(t, "lost") == 0 {
				w.serve(t, false)
				continue
			}
			w.serve(t, true)
			other.serve(t, true)
			other.client.same(t, truth(t, s, q, other.at()))
			w.client.holds(t, s, before)
		}
		w.join(t, q, sp)
		w.client.same(t, truth(t, s, q, w.at()))
	})
}

// holds checks that the rows are those of before, without the closed ones, with the values of now.
func (c *client) holds(t fataler, s *Site, before []string) {
	t.Helper()
	var want, cells []string
	s.poller.Read(func(table *poller.Table) {
		for _, name := range before {
			id, _ := poller.ParseID(name)
			connection, there := table.Get(id)
			if !there {
				continue
			}
			var row []json.RawMessage
			if err := json.Unmarshal(appendArray(nil, liveFields(), connection, table.Status().At), &row); err != nil {
				t.Fatal(err)
			}
			want, cells = append(want, name), append(cells, cellsOf(row))
		}
	})
	if diff := cmp.Diff(want, c.order); diff != "" && len(want)+len(c.order) > 0 {
		t.Fatalf("held rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(cells, c.shown.Rows); diff != "" && len(want)+len(cells) > 0 {
		t.Fatalf("values of held rows (-want +got):\n%s", diff)
	}
}

// TestHoldCountsMoves: "moves" is how many places of the window would have another row.
func TestHoldCountsMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ladder(6)
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		w := newWatcher(t, s, byPort(t), span{limit: 4})
		w.say(t, `{"t":"hold"}`)
		for _, step := range []struct {
			change func(m *machine)
			moves  int
		}{
			{func(m *machine) {}, 0},
			{func(m *machine) { m.sockets[35] = rung(35) }, 1},           // 40 would give way to it
			{func(m *machine) { m.sockets[5] = rung(5) }, 4},             // and everything would go down by one
			{func(m *machine) { delete(m.sockets, 5) }, 1},               //
			{func(m *machine) { delete(m.sockets, 20) }, 2},              // 10, 30, 40 are left of 10, 30, 35, 40
			{func(m *machine) { delete(m.sockets, 35) }, 1},              // 50 would fill the place
			{func(m *machine) { m.failure = errors.New("no table") }, 1}, // a poll that fails moves nothing
		} {
			m.set(step.change)
			poll(t, s)
			var last anyFrame
			for len(w.session.viewer.wake) > 0 {
				<-w.session.viewer.wake
				if err := w.session.send(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, f := range w.channel.take() {
					last = parseFrame(t, f)
				}
			}
			if last.Moves != step.moves || last.Order != nil {
				t.Errorf("moves %d, order %v, want %d and none", last.Moves, last.Order, step.moves)
			}
		}
		if n := s.hub.shelf.views[byPort(t).Encode()]; len(n.windows) != 1 {
			t.Errorf("%d windows, want that of the viewer who holds", len(n.windows))
		}
		s.hub.leave(w.session.viewer)
		if n := len(s.hub.shelf.views); n != 0 {
			t.Errorf("%d views are kept though nobody looks", n)
		}
	})
}

// TestAnchorByPlace: who knows no row of the place it wants gets the one that stands there as an anchor.
func TestAnchorByPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ladder(40)
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		w := newWatcher(t, s, byPort(t), span{offset: 17, limit: 5, above: 2})
		before := slices.Clone(w.client.order)
		for id := 11; id < 20; id++ {
			m.set(func(m *machine) { m.sockets[poller.ID(id)] = rung(id) })
			poll(t, s)
			w.serve(t, true)
		}
		if diff := cmp.Diff(before, w.client.order); diff != "" || w.client.Offset != 17+9 {
			t.Errorf("the window begins at %d, want %d; rows: %s", w.client.Offset, 17+9, diff)
		}
		w = newWatcher(t, s, byPort(t), span{offset: 1000, limit: 5, above: 2})
		if len(w.client.order) != 5 && len(w.client.order) != 0 {
			t.Errorf("behind the end: %v", w.client.order)
		}
	})
}

// TestHeadingsStandBeforeAnAnchor: a window whose anchor is not there stays where it is when nothing moves, headings of
// groups before the row that takes over included.
func TestHeadingsStandBeforeAnAnchor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestSite(t, office(), time.Second)
		poll(t, s)
		w := newWatcher(t, s, parsed(t, "group=state&open=ESTABLISHED&sort=-state"), span{offset: 0, limit: 5, anchor: 1 << 40, above: 1})
		before := w.client.Offset
		for range 3 {
			poll(t, s)
			w.serve(t, true)
			if w.client.Offset != before {
				t.Fatalf("the window moved from %d to %d", before, w.client.Offset)
			}
			w.client.same(t, truth(t, s, w.query, w.at()))
		}
	})
}
