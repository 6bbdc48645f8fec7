package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
)

// bubble hides from rapid that the test runs in a synctest bubble, where it must not ask for the deadline.
type bubble struct{ testing.TB }

// checkInBubble checks a property with time that passes at once.
func checkInBubble(t *testing.T, property func(*rapid.T)) {
	synctest.Test(t, func(t *testing.T) { rapid.Check(bubble{t}, property) })
}

// viewQueries are views of every sort: by state, number, address, text, negation, and orders that ties part.
var viewQueries = []string{
	"", "state=ESTABLISHED", "port=443", "-port=443&sort=-rx", "proc=a&sort=-rxrate,proc", "sort=age", "sort=-pid", "q=b",
	"-proc=b&sort=proc,-rtt", "dir=listening&sort=local", "lip=10.0.0.0/8", "sort=state,-tx", "proto=udp", "sort=-remote",
	"age=%3E3s", "is=new&sort=-age", "q=state:LISTEN+or+port:22", "q=-(is:stuck+or+proc:a)&sort=proc",
}

// drawQuery draws one of viewQueries or shapedQueries.
func drawQuery(t *rapid.T) query.Query {
	return drawFrom(t, slices.Concat(viewQueries, shapedQueries))
}

// drawFrom draws one of the queries.
func drawFrom(t *rapid.T, queries []string) query.Query {
	q, _, err := query.FromURL(rapid.SampledFrom(queries).Draw(t, "query"))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// drawSocket draws a socket out of few values, so that ties and changes back are frequent.
func drawSocket(t *rapid.T, id poller.ID) poller.Socket {
	local := rapid.SampledFrom([]string{"127.0.0.1", "10.0.0.1", "192.0.2.7"}).Draw(t, "local")
	port := rapid.SampledFrom([]int{22, 443, 40001}).Draw(t, "port")
	remote := rapid.SampledFrom([]string{nowhere, "127.0.0.1:443", "127.0.0.1:40001", "198.51.100.9:443", "10.0.0.2:50000"}).Draw(t, "remote")
	s := tcp(id, poller.StateNone, fmt.Sprintf("%s:%d", local, port), remote, rapid.Int32Range(0, 3).Draw(t, "pid"))
	s.Protocol = rapid.SampledFrom([]poller.Protocol{poller.TCP, poller.TCP, poller.UDP}).Draw(t, "protocol")
	if s.Protocol == poller.TCP {
		s.State = rapid.SampledFrom(poller.States()).Draw(t, "state")
	}
	s.Known = poller.Known(rapid.SampledFrom([]poller.Known{0, poller.KnownBytes, poller.KnownBytes | poller.KnownRTT, poller.KnownQueues | poller.KnownRetransmits}).Draw(t, "known"))
	s.BytesReceived = rapid.Uint64Range(0, 3).Draw(t, "received")
	s.ReceiveQueue, s.SendQueue = rapid.Uint32Range(0, 3).Draw(t, "rq"), rapid.Uint32Range(0, 3).Draw(t, "sq")
	s.Retransmits = rapid.Uint32Range(0, 3).Draw(t, "retransmits")
	s.RTT = rapid.Uint32Range(0, 2).Draw(t, "rtt")
	return s
}

// disturb changes the machine as time does: sockets open, change and close, processes come, go and take other names,
// polls fail or are slow.
func disturb(t *rapid.T, m *machine) {
	m.set(func(m *machine) {
		m.failure, m.slow, m.twice = nil, 0, rapid.IntRange(0, 5).Draw(t, "twice") == 0
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			switch id := poller.ID(rapid.IntRange(1, 9).Draw(t, "id")); rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2, 3, 4:
				m.sockets[id] = drawSocket(t, id)
			case 5, 6:
				delete(m.sockets, id)
			case 7:
				m.processes[rapid.Int32Range(1, 3).Draw(t, "of")] = rapid.SampledFrom([]string{"a", "b", "Ab", ""}).Draw(t, "name")
			case 8:
				delete(m.processes, rapid.Int32Range(1, 3).Draw(t, "of"))
			case 9:
				m.failure = errors.New("dump refused")
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "slow") == 0 {
			m.slow = time.Minute
		}
	})
}

// TestViewFollowsDeltas: a view that is kept up to date has the same rows, in the same order, as one made anew.
func TestViewFollowsDeltas(t *testing.T) {
	checkInBubble(t, func(t *rapid.T) {
		m := newMachine([]string{"a", "b", "c"})
		s := newTestSite(t, m, time.Second)
		disturb(t, m)
		poll(t, s)
		join := func() {
			q := drawQuery(t)
			s.poller.Read(func(table *poller.Table) { s.hub.shelf.open(q, table) })
		}
		for range 3 {
			join()
		}
		for range rapid.IntRange(1, 12).Draw(t, "polls") {
			disturb(t, m)
			poll(t, s)
			for _, v := range s.hub.shelf.views {
				if v.groups == nil && !v.query.Pair() {
					checkView(t, s, v)
				}
				checkShaped(t, s, v)
			}
			for _, g := range s.hub.shelf.groupings {
				checkGrouping(t, g)
			}
			checkRoster(t, s)
			join()
			if rapid.IntRange(0, 3).Draw(t, "close") == 0 {
				s.hub.shelf.close(s.hub.shelf.views[rapid.SampledFrom(slices.Sorted(maps.Keys(s.hub.shelf.views))).Draw(t, "which")])
			}
		}
	})
}

// checkView compares a view with what is selected from the table itself.
func checkView(t fataler, s *Site, v *view) {
	t.Helper()
	s.poller.Read(func(table *poller.Table) {
		want, got := selectRows(v.query, table), shownRows(s.hub.shelf.roster, v, span{offset: 0, limit: maxOffset})
		if seq := table.Status().Seq; seq != v.seq || v.matched != len(want) || !slices.Equal(got, want) {
			t.Fatalf("view %q of poll %d has %d rows: %v, and selected at %d: %v",
				v.query.Encode(), v.seq, v.matched, idsOf(got), seq, idsOf(want))
		}
	})
}

// checkRoster: a roster holds the rows of the table and no others, each once, and no marks stay.
func checkRoster(t fataler, s *Site) {
	t.Helper()
	r := s.hub.shelf.roster
	s.poller.Read(func(table *poller.Table) {
		for n, c := range r.rows {
			if r.marks[n] != 0 {
				t.Fatalf("mark %b stays on row %d", r.marks[n], n)
			}
			if c == nil {
				continue
			}
			if now, _ := table.Get(c.ID); now != c || r.numbers[c] != int32(n) {
				t.Fatalf("row %d is %v, in the table %v", n, c, now)
			}
		}
	})
	if len(r.rows) != len(r.numbers)+len(r.free) {
		t.Fatalf("%d numbers, of which %d in use and %d free", len(r.rows), len(r.numbers), len(r.free))
	}
}

// shownRows returns the rows of a view that are in a span.
func shownRows(r *roster, v *view, sp span) []*poller.Connection {
	var rows []*poller.Connection
	for _, n := range v.appendSpan(nil, sp) {
		rows = append(rows, r.rows[n])
	}
	return rows
}

// TestRowNamedTwice: a delta that names a row more than once leaves it in the view once.
func TestRowNamedTwice(t *testing.T) {
	a := &poller.Connection{Socket: tcp(1, poller.StateListen, "0.0.0.0:1", nowhere, 0)}
	b := &poller.Connection{Socket: tcp(2, poller.StateListen, "0.0.0.0:2", nowhere, 0)}
	shelf := newShelf()
	one := &series{seq: 1, numbers: []int32{shelf.roster.number(a)}}
	v := &view{seq: 1, series: one, all: true}
	shelf.series[""], shelf.views[""] = one, v
	told := 0
	shelf.apply(&poller.Delta{
		Status: poller.Status{Seq: 2}, Opened: []*poller.Connection{b}, Changed: []*poller.Connection{a, b, a},
	}, func(*view) { told++ })
	if got, want := shownRows(shelf.roster, v, span{offset: 0, limit: 9}), []*poller.Connection{a, b}; !slices.Equal(got, want) || told != 1 {
		t.Errorf("rows %v, want %v", idsOf(got), idsOf(want))
	}
}

// idsOf returns the ids of rows.
func idsOf(rows []*poller.Connection) []poller.ID {
	ids := make([]poller.ID, len(rows))
	for i, c := range rows {
		ids[i] = c.ID
	}
	return ids
}

// watcher is a viewer that is served without goroutines: frames are sent when the test says so.
type watcher struct {
	site    *Site
	session *session
	channel *fakeChannel
	client  client
	query   query.Query
	span    span
}

// newWatcher lets a watcher look at a window: the owner, unless asks says that names are not asked for.
func newWatcher(t fataler, s *Site, q query.Query, sp span, asks ...bool) *watcher {
	ch := newFakeChannel()
	w := &watcher{site: s, channel: ch, session: &session{hub: s.hub, channel: ch, viewer: newViewer(len(asks) == 0 || asks[0])}}
	w.join(t, q, sp)
	return w
}

// join turns the watcher to a window, and takes the snap.
func (w *watcher) join(t fataler, q query.Query, sp span) {
	w.query, w.span = q, sp
	w.site.hub.join(w.session.viewer, q, sp)
	w.serve(t, true)
	if w.client.gap {
		t.Fatalf("no snap after joining %q", q.Encode())
	}
}

// at is where the watcher's window is to be: with an anchor it is where the server has said.
func (w *watcher) at() span {
	if w.span.anchor != 0 {
		return span{offset: w.client.Offset, limit: w.span.limit}
	}
	return w.span
}

// serve sends what is pending; arrives tells whether the frames come through. The client asks for a snap where it
// notices that frames are missing.
func (w *watcher) serve(t fataler, arrives bool) {
	t.Helper()
	for len(w.session.viewer.wake) > 0 {
		<-w.session.viewer.wake
		if err := w.session.send(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, f := range w.channel.take() {
			if arrives && w.client.apply(t, f) {
				w.say(t, `{"t":"resync"}`)
			}
		}
	}
}

// say hands a message of the client to the server.
func (w *watcher) say(t fataler, message string) {
	t.Helper()
	if err := w.session.message(context.Background(), []byte(message)); err != nil {
		t.Fatal(err)
	}
}

// windows are where viewers look: at the first rows, further down, and behind the end.
var windows = []span{
	{offset: 0, limit: 200}, {offset: 0, limit: 3}, {offset: 2, limit: 3}, {offset: 7, limit: 60}, {offset: 1000, limit: 5},
	{offset: 1, limit: 3, anchor: 3, above: 1}, {offset: 0, limit: 4, anchor: 5}, {offset: 2, limit: 5, anchor: 1 << 40, above: 2},
}

// TestClientShowsTheTruth: a browser that follows docs/protocol.md shows the window's rows after every poll whose
// frame reached it, whatever was left out before, wherever the window lies and whenever it looked away.
func TestClientShowsTheTruth(t *testing.T) {
	checkInBubble(t, func(t *rapid.T) {
		m := newMachine([]string{"a", "b", "c"})
		s := newTestSite(t, m, time.Second)
		draw := func() (query.Query, span) { return drawQuery(t), rapid.SampledFrom(windows).Draw(t, "window") }
		disturb(t, m)
		poll(t, s)
		var all []*watcher
		for range 3 {
			q, sp := draw()
			all = append(all, newWatcher(t, s, q, sp))
		}
		for range rapid.IntRange(1, 12).Draw(t, "polls") {
			disturb(t, m)
			if rapid.IntRange(0, 3).Draw(t, "turns") == 0 { // to another view, between the poll and its delta
				w := rapid.SampledFrom(all).Draw(t, "who")
				q, sp := draw()
				m.set(func(m *machine) { m.observing = func() { w.join(t, q, sp) } })
			}
			poll(t, s)
			m.set(func(m *machine) { m.observing = nil })
			for _, w := range all {
				switch rapid.IntRange(0, 5).Draw(t, "frame") {
				case 0: // the viewer is slow: its frame waits
				case 1: // the frame is lost
					w.serve(t, false)
				default:
					w.serve(t, true)
					w.client.same(t, truth(t, s, w.query, w.at()))
					w.client.toldOfClosed(t, s)
				}
			}
		}
	})
}

// toldOfClosed checks that each row that left the window because its socket is gone was named in closed.
func (c *client) toldOfClosed(t fataler, s *Site) {
	t.Helper()
	s.poller.Read(func(table *poller.Table) {
		for _, name := range c.left {
			if name[0] == '=' {
				continue // a group is no socket
			}
			id, _ := poller.ParseID(name)
			if _, there := table.Get(id); there == slices.Contains(c.closed, name) {
				t.Fatalf("row %s left, its socket there: %v, and closed names %v", name, there, c.closed)
			}
		}
	})
}

// TestJoinBetweenPollAndDelta: the table is ahead of the views for a moment. Whoever comes then sees the table as it
// says it is, also where the view has been looked at before, and goes on from there.
func TestJoinBetweenPollAndDelta(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		first := newWatcher(t, s, query.Query{}, span{offset: 0, limit: 60})
		var second *watcher
		m.set(func(m *machine) {
			delete(m.sockets, 4)
			m.sockets[9] = tcp(9, poller.StateListen, "0.0.0.0:9", nowhere, 1)
			m.observing = func() {
				second = newWatcher(t, s, query.Query{}, span{offset: 0, limit: 2})
				second.client.same(t, truth(t, s, second.query, second.span))
			}
		})
		poll(t, s)
		for _, w := range []*watcher{first, second} {
			w.serve(t, true)
			w.client.same(t, truth(t, s, w.query, w.span))
		}
	})
}

// TestSnapOvertakesDelta: a snap that was made after the pending delta was offered makes it useless; what follows is
// a snap and no gap.
func TestSnapOvertakesDelta(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestSite(t, office(), time.Second)
		poll(t, s)
		w := newWatcher(t, s, query.Query{}, span{offset: 0, limit: 60})
		poll(t, s)
		w.session.sent = s.hub.snap(w.session.viewer).seq // as send does, had the poll come in the midst of it
		<-w.session.viewer.wake
		if err := w.session.send(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f := parseFrame(t, w.channel.last(t)); f.Type != "snap" || f.Seq != 2 {
			t.Errorf("%s %d", f.Type, f.Seq)
		}
	})
}

// TestFailedPollClosesNothing: the rows stay, the reason is told, and the next whole poll takes it back.
//
//attack:k2
func TestFailedPollClosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		w := newWatcher(t, s, query.Query{}, span{offset: 0, limit: 60})
		before := slices.Clone(w.client.shown.Rows)
		m.set(func(m *machine) { m.failure = errors.New("dump refused") })
		for range 3 {
			poll(t, s)
			<-w.session.viewer.wake
			if err := w.session.send(t.Context()); err != nil {
				t.Fatal(err)
			}
			f := parseFrame(t, w.channel.last(t))
			if f.Type != "delta" || f.Stale == nil || f.Put != nil || f.Order != nil || f.Closed != nil || *f.From != f.Seq {
				t.Errorf("after a failed poll: %+v", f)
			}
			w.client.apply(t, w.channel.take()[0])
		}
		if !slices.Equal(before, w.client.shown.Rows) || len(before) != 5 {
			t.Errorf("rows %v, before the failure %v", w.client.shown.Rows, before)
		}
		m.set(func(m *machine) { m.failure = nil; delete(m.sockets, 3) })
		poll(t, s)
		w.serve(t, true)
		w.client.same(t, truth(t, s, w.query, w.span))
		if w.client.Stale != "" || len(w.client.shown.Rows) != 4 {
			t.Errorf("stale %q with %d rows after a whole poll", w.client.Stale, len(w.client.shown.Rows))
		}
	})
}

// TestNotesAreTakenBack: a note that no longer holds is withdrawn by a delta.
func TestNotesAreTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		w := newWatcher(t, s, query.Query{}, span{offset: 0, limit: 60})
		var seen []int
		for _, slow := range []time.Duration{5 * time.Second, 0, 0, 0, 0, 0} {
			m.set(func(m *machine) { m.slow = slow })
			poll(t, s)
			w.serve(t, true)
			w.client.same(t, truth(t, s, w.query, w.span))
			seen = append(seen, len(w.client.Notes))
		}
		if slices.Max(seen) != 1 || seen[len(seen)-1] != 0 {
			t.Errorf("numbers of notes over the polls: %v", seen)
		}
	})
}

// TestSpan: a window never reaches beyond the rows, whether all rows of a series match or some.
func TestSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := &series{numbers: make([]int32, rapid.IntRange(0, 20).Draw(t, "rows"))}
		v := &view{series: one, all: rapid.Bool().Draw(t, "all")}
		var matching []int32
		for i := range one.numbers {
			n := int32(i*37) % 1000
			one.numbers[i] = n
			if v.all || rapid.Bool().Draw(t, "matches") {
				v.set(n, true)
				matching = append(matching, n)
			}
		}
		s := span{offset: rapid.IntRange(0, 30).Draw(t, "offset"), limit: rapid.IntRange(1, 30).Draw(t, "limit")}
		var want []int32
		for i, n := range matching {
			if i >= s.offset && i < s.offset+s.limit {
				want = append(want, n)
			}
		}
		if got := v.appendSpan(nil, s); !slices.Equal(got, want) {
			t.Fatalf("%v of %d rows: %v, want %v", s, len(matching), got, want)
		}
	})
}
