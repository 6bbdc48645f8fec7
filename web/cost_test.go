package web

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
)

// shelfOf returns a shelf with the views that the queries name, as they are with rows of ids from 1 on.
func shelfOf(t fataler, rows int, queries ...string) (s *shelf, all []*poller.Connection) {
	t.Helper()
	s = newShelf()
	for i := range rows {
		all = append(all, row(i+1))
	}
	for _, text := range queries {
		q, _, err := query.FromURL(text)
		if err != nil {
			t.Fatal(err)
		}
		v := &view{query: q, series: &series{query: q}, windows: map[span]*window{}, all: len(q.Terms()) == 0}
		s.series[orderKey(q)], s.views[q.Encode()] = v.series, v
	}
	s.apply(&poller.Delta{Status: poller.Status{Seq: 1}, Opened: all}, func(*view) {})
	return s, all
}

// row returns a row of a table.
func row(id int) *poller.Connection {
	s := tcp(poller.ID(id), poller.StateEstablished, fmt.Sprintf("192.0.2.7:%d", 1024+id%60000), "198.51.100.9:443", 0)
	s.Known = poller.KnownBytes
	return &poller.Connection{Socket: s, FirstSeen: time.Unix(1, 0)}
}

// TestAllocationFollowsChange: a tick allocates as much in a view of many rows as in one of few, and nothing for the
// rows of a window that stay as they are.
func TestAllocationFollowsChange(t *testing.T) {
	allocated := func(rows int) float64 {
		s, all := shelfOf(t, rows, "", "port=443")
		for _, v := range s.views {
			w := newWindow(span{offset: 0, limit: defaultLimit}, liveFields())
			w.fill(v, s.roster, &poller.Status{Seq: 1})
			v.windows[w.span] = w
		}
		d := &poller.Delta{Status: poller.Status{Seq: 1}, Changed: all[100:110]}
		return testing.AllocsPerRun(20, func() {
			d.Seq++
			d.Closed, d.Opened = append(d.Closed[:0], all[99]), append(d.Opened[:0], row(1_000_000+int(d.Seq)))
			all[99] = d.Opened[0]
			s.apply(d, func(v *view) {
				for _, w := range v.windows {
					w.delta(v, s.roster, d)
				}
			})
		})
	}
	// What other goroutines of the process allocate meanwhile is counted too: the least of some is nearest.
	least := func(rows int) float64 { return min(allocated(rows), allocated(rows), allocated(rows)) }
	few, many := least(200), least(20_000)
	if many > few+2 {
		t.Errorf("%v allocations with 20000 rows, %v with 200", many, few)
	}
	if few > defaultLimit {
		t.Errorf("%v allocations though no row of the windows changed", few)
	}
}

// TestNumbersAreUsedAgain: rows that come and go need no more numbers than there are rows at a time.
func TestNumbersAreUsedAgain(t *testing.T) {
	s, all := shelfOf(t, 10, "")
	for seq := uint64(2); seq < 100; seq++ {
		d := &poller.Delta{Status: poller.Status{Seq: seq}, Closed: all, Opened: nil}
		all = nil
		for i := range 10 {
			all = append(all, row(int(seq)*10+i))
		}
		d.Opened = all
		s.apply(d, func(*view) {})
	}
	if n := len(s.roster.rows); n > 20 {
		t.Errorf("%d numbers for 10 rows", n)
	}
}

// TestMemoryIsGivenBack: a series does not keep the memory of a crowd that has left.
func TestMemoryIsGivenBack(t *testing.T) {
	s, all := shelfOf(t, 10_000, "")
	s.apply(&poller.Delta{Status: poller.Status{Seq: 2}, Closed: all[10:]}, func(*view) {})
	if one := s.series[""]; len(one.numbers) != 10 || cap(one.numbers) > 1000 {
		t.Errorf("%d rows in the memory of %d", len(one.numbers), cap(one.numbers))
	}
}

// TestSeriesAreShared: views of one order have one series; a view of a few rows has its own, and all go with the views.
func TestSeriesAreShared(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		watch := func(text string) *seat { return sit(t, s, text) }
		seats := []*seat{watch("sort=-rx"), watch("sort=-rx&port=443"), watch("sort=-rx&offset=2"), watch("sort=-rx&proc=nobody"), watch("")}
		views := s.hub.shelf.views
		shared := views["sort=-rx"].series
		if views["port=443&sort=-rx"].series != shared || shared.views != 2 || len(s.hub.shelf.series) != 2 {
			t.Errorf("series %v, used by %d", s.hub.shelf.series, shared.views)
		}
		if sparse := views["proc=nobody&sort=-rx"].series; !sparse.own || len(sparse.numbers) != 0 {
			t.Errorf("a view without rows has a series of %d", len(sparse.numbers))
		}
		for _, one := range seats {
			one.leave()
			<-one.done
		}
		if sh := s.hub.shelf; len(sh.series) != 0 || len(sh.roster.rows) != 0 {
			t.Errorf("%d series and %d rows stay", len(sh.series), len(sh.roster.rows))
		}
	})
}

// TestSnapIsMadeOnce for all who look at a window, until its next change.
func TestSnapIsMadeOnce(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		first, second := newViewer(true), newViewer(true)
		for _, v := range []*viewer{first, second} {
			s.hub.join(v, query.Query{}, span{offset: 0, limit: defaultLimit})
		}
		once := s.hub.snap(first)
		if s.hub.snap(second) != once {
			t.Error("two snaps of one window at one moment")
		}
		poll(t, s)
		if again := s.hub.snap(second); again == once || again.seq != 2 {
			t.Errorf("after a poll the snap is of %d", again.seq)
		}
	})
}

// TestStringsAsEncodingJSON: what is written without encoding/json is what it would have written, with what acts on a
// terminal escaped.
func TestStringsAsEncodingJSON(t *testing.T) {
	check := func(t fataler, s string) {
		want, err := marshal(s)
		if got := appendJSONString(nil, s); err != nil || string(got) != string(want) {
			t.Fatalf("%q as %s, want %s, %v", s, got, want, err)
		}
	}
	for c := range 256 {
		check(t, "a"+string([]byte{byte(c)})+"b")
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.String().Draw(t, "text")) })
}

// TestLiveCellsHoldStill: no cell of the live protocol depends on the moment, so that an encoded row stays true.
func TestLiveCellsHoldStill(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		poll(t, s)
		s.poller.Read(func(table *poller.Table) {
			for c := range table.All() {
				early, late := appendArray(nil, liveFields(), c, time.Time{}), appendArray(nil, liveFields(), c, time.Now().Add(time.Hour))
				if string(early) != string(late) {
					t.Errorf("first %s, later %s", early, late)
				}
			}
		})
	})
}
