package web

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"sockeye/poller"
	"sockeye/query"
)

// shapedQueries are views with groups and joined pairs.
var shapedQueries = []string{
	"group=process", "group=process&open=a&open=b&open=%3F&sort=-rx", "group=remote&sort=remote&open=127.0.0.1&pair=1",
	"group=state&port=443&sort=-state&open=ESTABLISHED", "group=user&sort=rx,user", "pair=1", "pair=1&sort=-rx&proc=a",
	"pair=1&state=ESTABLISHED&lport=443", "group=port&pair=1&open=443&open=22&sort=age", "group=lport&sort=-local&open=40001&-proc=b",
	"group=dir&open=loopback&pair=1", "group=user&open=%3F", "group=proto&sort=-rq,-sq&open=udp", "group=process&sort=-retr,-age", "group=remote&sort=count,remote&open=127.0.0.1", "group=user&sort=rx,-count",
}

// trueLines returns what a view shows and how much that is, found by looking at every row anew.
func trueLines(q query.Query, t *poller.Table) (lines []string, of size) {
	rows := trueRows(q, t)
	of = size{Matched: len(rows), Lines: len(rows)}
	if q.Group() == "" {
		for _, l := range rows {
			lines = append(lines, trueCells(l))
		}
		return lines, of
	}
	groups := trueGroups(q, rows)
	for _, g := range groups {
		lines = append(lines, g.cells(q))
		if !q.IsOpen(g.key.String()) {
			continue
		}
		for _, l := range g.rows {
			lines = append(lines, trueCells(l))
		}
	}
	return lines, size{len(rows), len(lines), len(groups)}
}

// trueRows returns the rows of a query in order, pairs joined where it wants that.
func trueRows(q query.Query, t *poller.Table) (rows []line) {
	for c := range t.All() {
		l := line{row: c}
		if other, there := t.Get(c.Peer); q.Pair() && there && c.Peer != 0 && other.Peer == c.ID {
			l.peer = other
		}
		if l.peer != nil && !c.Leads(l.peer) || !q.Match(c) && (l.peer == nil || !q.Match(l.peer)) {
			continue
		}
		rows = append(rows, l)
	}
	slices.SortFunc(rows, func(a, b line) int { return q.Compare(a.row, b.row) })
	return rows
}

// trueCells returns the cells of a row as JSON, as the client of a test has them.
func trueCells(l line) string {
	var row []json.RawMessage
	if err := json.Unmarshal(l.appendArray(nil, liveFields()), &row); err != nil {
		return err.Error()
	}
	return cellsOf(row)
}

// trueGroup is a group with its rows.
type trueGroup struct {
	key  query.GroupKey
	rows []line
}

// trueGroups puts rows into groups and orders those.
func trueGroups(q query.Query, rows []line) []*trueGroup {
	byKey := map[query.GroupKey]*trueGroup{}
	for _, l := range rows {
		key := q.GroupOf(l.row)
		if byKey[key] == nil {
			byKey[key] = &trueGroup{key: key}
		}
		byKey[key].rows = append(byKey[key].rows, l)
	}
	return slices.SortedFunc(maps.Values(byKey), func(a, b *trueGroup) int {
		for _, o := range q.Order() {
			if c := a.compare(b, o, q); c != 0 {
				return c
			}
		}
		return cmp.Or(len(b.rows)-len(a.rows), a.key.Compare(b.key))
	})
}

// compare orders by one column.
func (g *trueGroup) compare(other *trueGroup, o query.Order, q query.Query) int {
	name := map[string]string{"remote": "remote", "state": "state", "user": "user", "lport": "local"}[q.Group()]
	if o.Column == name {
		c := g.key.Compare(other.key)
		if o.Desc && g.key.Known() && other.key.Known() {
			return -c
		}
		return c
	}
	a, b := g.value(o.Column), other.value(o.Column)
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	case o.Desc:
		return cmp.Compare(*b, *a)
	}
	return cmp.Compare(*a, *b)
}

// value returns the sum of a column, nil where it is not known of any row or says nothing about a group.
func (g *trueGroup) value(column string) *int64 {
	switch column {
	case "count":
		n := int64(len(g.rows))
		return &n
	case "rx":
		return g.sum(poller.KnownBytes, func(c *poller.Connection) int64 { return int64(c.BytesReceived) })
	case "retr":
		return g.sum(poller.KnownRetransmits, func(c *poller.Connection) int64 { return int64(c.Retransmits) })
	case "rq":
		return g.worst(func(c *poller.Connection) int64 { return int64(c.ReceiveQueue) })
	case "sq":
		return g.worst(func(c *poller.Connection) int64 { return int64(c.SendQueue) })
	case "age":
		_, since := g.oldest()
		age := -since
		return &age
	}
	return nil
}

// sum adds up what is known.
func (g *trueGroup) sum(known poller.Known, of func(*poller.Connection) int64) (sum *int64) {
	for _, l := range g.rows {
		if l.row.Known.Has(known) {
			n := of(l.row)
			if sum != nil {
				n += *sum
			}
			sum = &n
		}
	}
	return sum
}

// worst returns the longest queue of rows that do not listen.
func (g *trueGroup) worst(of func(*poller.Connection) int64) (worst *int64) {
	for _, l := range g.rows {
		if n := of(l.row); l.row.Known.Has(poller.KnownQueues) && l.row.State != poller.StateListen && (worst == nil || n > *worst) {
			worst = &n
		}
	}
	return worst
}

// oldest returns when the oldest row was opened, nil where that is not known, and when it was opened or first seen.
func (g *trueGroup) oldest() (opened *int64, since int64) {
	for i, l := range g.rows {
		at, exact := l.row.FirstSeen.UnixMilli(), l.row.Known.Has(poller.KnownOpened)
		if exact {
			at = l.row.Opened.UnixMilli()
		}
		if i == 0 || at < since || at == since && !exact {
			opened, since = nil, at
			if exact {
				opened = &at
			}
		}
	}
	return opened, since
}

// cells returns the line of the group as JSON.
func (g *trueGroup) cells(q query.Query) string {
	count := func(known poller.Known, of func(c *poller.Connection) int64) *int64 { return g.sum(known, of) }
	rate := func(of func(c *poller.Connection) float64) *int64 {
		return count(poller.KnownRates, func(c *poller.Connection) int64 { return int64(of(c) + 0.5) })
	}
	states := []int{}
	for i, s := range poller.States() {
		n := 0
		for _, l := range g.rows {
			if l.row.State == s {
				n++
			}
		}
		if n > 0 {
			states = append(states, i, n)
		}
	}
	var label, note any
	if g.key.Known() {
		label = g.key.Label()
		switch q.Group() {
		case "port", "lport":
			port := g.rows[0].row.Local.Port()
			if q.Group() == "port" {
				port = g.rows[0].row.ServicePort()
			}
			if s := cmp.Or(serviceName(port, "tcp"), serviceName(port, "udp")); s != "" {
				note = s
			}
		}
	}
	opened, since := g.oldest()
	b, err := json.Marshal([]any{
		"=" + g.key.String(), label, note, q.IsOpen(g.key.String()), len(g.rows), states,
		count(poller.KnownBytes, func(c *poller.Connection) int64 { return int64(c.BytesReceived) }),
		count(poller.KnownBytes, func(c *poller.Connection) int64 { return int64(c.BytesSent) }),
		rate(func(c *poller.Connection) float64 { return c.ReceiveRate }), rate(func(c *poller.Connection) float64 { return c.SendRate }),
		count(poller.KnownRetransmits, func(c *poller.Connection) int64 { return int64(c.Retransmits) }), opened, since,
		g.worst(func(c *poller.Connection) int64 { return int64(c.ReceiveQueue) }),
		g.worst(func(c *poller.Connection) int64 { return int64(c.SendQueue) }),
	})
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// checkShaped compares a view with groups or pairs with what is found in the table itself.
func checkShaped(t fataler, s *Site, v *view) {
	t.Helper()
	s.poller.Read(func(table *poller.Table) {
		want, of := trueLines(v.query, table)
		w := newWindow(span{limit: maxOffset}, liveFields())
		status := table.Status()
		w.fill(v, s.hub.shelf.roster, &status)
		var got []string
		for _, n := range w.numbers {
			var row []json.RawMessage
			if err := json.Unmarshal(w.rows[n].cells, &row); err != nil {
				t.Fatal(err)
			}
			got = append(got, cellsOf(row))
		}
		if seq := table.Status().Seq; seq != v.seq || v.size() != of {
			t.Fatalf("view %q of poll %d has %+v, and at %d %+v\n%s", v.query.Encode(), v.seq, v.size(), seq, of, gocmp.Diff(want, got))
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("view %q (-true +view):\n%s", v.query.Encode(), diff)
		}
	})
}

// checkGrouping: a grouping keeps nothing of what is gone.
func checkGrouping(t fataler, g *grouping) {
	t.Helper()
	groups := 0
	for n, one := range g.groups {
		if one == nil {
			continue
		}
		groups++
		if one.sums.rows == 0 || g.isTouched[n] || one.stale || (one.rows != nil) != (g.wanted[one.text] > 0) || g.numbers[one.key] != int32(n) {
			t.Fatalf("group %q: %+v, wanted %v", one.text, one, g.wanted)
		}
	}
	if groups != len(g.numbers) || groups != len(g.order) || groups+len(g.free) != len(g.groups) || len(g.touched) != 0 {
		t.Fatalf("%d groups, %d in order, %d numbered, %d free, %d touched", groups, len(g.order), len(g.numbers), len(g.free), len(g.touched))
	}
	for n := range g.expanded {
		if g.groups[n] == nil || g.groups[n].rows == nil {
			t.Fatalf("group %d is not open", n)
		}
	}
}

// TestGroupingsAreShared by views that differ in what is open and in names, and go with the last of them.
func TestGroupingsAreShared(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		seats := []*seat{
			sit(t, s, "group=process"), sit(t, s, "group=process&open=nginx"), sit(t, s, "group=process&open=nginx&open=firefox"),
			sit(t, s, "group=process&pair=1"), sit(t, s, "group=process&port=443"),
		}
		if n := len(s.hub.shelf.groupings); n != 3 {
			t.Fatalf("%d groupings of three queries", n)
		}
		shared := s.hub.shelf.groupings["group=process"]
		if shared.views != 3 || shared.wanted["nginx"] != 2 || len(shared.expanded) != 2 {
			t.Errorf("%d views, wanted %v", shared.views, shared.wanted)
		}
		if s.hub.shelf.roster.pairs == nil {
			t.Error("pairs are wanted and not known")
		}
		leave := func(one *seat) { one.leave(); <-one.done }
		leave(seats[2])
		if len(shared.expanded) != 1 || len(shared.wanted) != 1 {
			t.Errorf("open are %v", shared.wanted)
		}
		leave(seats[3])
		if s.hub.shelf.roster.pairs != nil {
			t.Error("nobody wants pairs, and they are known")
		}
		for _, i := range []int{0, 1, 4} {
			leave(seats[i])
		}
		if sh := s.hub.shelf; len(sh.groupings) != 0 || len(sh.views) != 0 || len(sh.roster.rows) != 0 {
			t.Errorf("%d groupings, %d views and %d rows stay", len(sh.groupings), len(sh.views), len(sh.roster.rows))
		}
	})
}

// next sends what is pending, one frame, and returns it.
func (w *watcher) next(t fataler) anyFrame {
	t.Helper()
	<-w.session.viewer.wake
	if err := w.session.send(context.Background()); err != nil {
		t.Fatal(err)
	}
	f := parseFrame(t, w.channel.last(t))
	for _, data := range w.channel.take() {
		w.client.apply(t, data)
	}
	return f
}

// TestGroupFrames: a group that changes is put, one that comes and goes is in the order and in no other list, and the
// rows of an open group are told of as everywhere.
func TestGroupFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		q, _, err := query.FromURL("group=process&open=nginx&open=curl")
		if err != nil {
			t.Fatal(err)
		}
		w := newWatcher(t, s, q, span{limit: 60})
		if diff := gocmp.Diff([]string{"=nginx", "1", "2", "=firefox", "=resolved", "=?"}, w.client.order); diff != "" {
			t.Fatal(diff)
		}
		m.set(func(m *machine) {
			m.processes[4] = "curl"
			m.sockets[6] = tcp(6, poller.StateSynSent, "192.0.2.7:40002", "203.0.113.5:80", 4)
			delete(m.sockets, 4)
		})
		poll(t, s)
		f := w.next(t)
		if diff := gocmp.Diff([]string{"=nginx", "1", "2", "=curl", "6", "=resolved", "=?"}, *f.Order); diff != "" {
			t.Error(diff)
		}
		if diff := gocmp.Diff([]string{"6"}, f.Since); diff != "" || f.Closed != nil {
			t.Errorf("closed %v, since %s", f.Closed, diff)
		}
		m.set(func(m *machine) { delete(m.sockets, 2); delete(m.sockets, 6) })
		poll(t, s)
		f = w.next(t)
		slices.Sort(f.Closed)
		if diff := gocmp.Diff([]string{"2", "6"}, f.Closed); diff != "" || len(f.Put) != 1 || f.Matched != 3 || f.Lines != 4 || f.Groups != 3 {
			t.Errorf("closed %s, %d lines put, %+v", diff, len(f.Put), f.size)
		}
		poll(t, s)
		if f := w.next(t); f.Put != nil || f.Order != nil {
			t.Errorf("nothing changed, and %d lines are put, order %v", len(f.Put), f.Order)
		}
	})
}

// TestHeldGroups: of held lines a group leaves when its last connection does, and is told of as closed.
func TestHeldGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		q, _, err := query.FromURL("group=process&sort=proc")
		if err != nil {
			t.Fatal(err)
		}
		w := newWatcher(t, s, q, span{limit: 60})
		w.say(t, `{"t":"hold"}`)
		m.set(func(m *machine) {
			delete(m.sockets, 4)
			m.processes[4] = "apache"
			m.sockets[6] = tcp(6, poller.StateListen, "0.0.0.0:80", nowhere, 4)
			m.sockets[7] = tcp(7, poller.StateListen, "0.0.0.0:81", nowhere, 1)
		})
		poll(t, s)
		f := w.next(t)
		if diff := gocmp.Diff([]string{"=firefox"}, f.Closed); diff != "" || f.Order != nil || len(f.Put) != 1 || f.Moves == 0 {
			t.Errorf("%s: %+v", diff, f)
		}
	})
}

// TestAnchorInGroup: a window that is anchored at a row of an open group moves with it.
func TestAnchorInGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		q, _, err := query.FromURL("group=process&sort=proc&open=nginx")
		if err != nil {
			t.Fatal(err)
		}
		w := newWatcher(t, s, q, span{limit: 2, anchor: 2, above: 1}) // firefox, nginx, 1, 2, …
		if diff := gocmp.Diff([]string{"1", "2"}, w.client.order); diff != "" {
			t.Fatal(diff)
		}
		m.set(func(m *machine) {
			m.processes[4] = "apache"
			m.sockets[6] = tcp(6, poller.StateListen, "0.0.0.0:80", nowhere, 4)
		})
		poll(t, s)
		if f := w.next(t); f.Order != nil || f.Offset == nil || *f.Offset != 3 {
			t.Errorf("%+v", f)
		}
		body := ask(t, s, "/", "sort=proc&group=process&open=nginx&above=1&anchor=2&limit=2").Body.String()
		if !strings.Contains(body, `data-offset="3"`) || strings.Contains(body, `data-id="=nginx"`) || !strings.Contains(body, `data-id="2"`) {
			t.Error("the page is at another place")
		}
	})
}

// TestGroupNotes: beside a PID stands its process, beside a port its service.
func TestGroupNotes(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		for text, want := range map[string][]any{
			"group=pid&sort=-pid":       {"=3", "3", "resolved", "=2", "2", "firefox", "=1", "1", "nginx", "=?", nil, nil},
			"group=lport&sort=local":    {"=53", "53", "domain", "=443", "443", "https", "=40001", "40001", nil},
			"group=port&proto=udp":      {"=53", "53", "domain"},
			"group=remote&state=LISTEN": {"=?", nil, nil},
		} {
			frames := sit(t, s, text).take()
			var got []any
			for _, row := range parseFrame(t, frames[1]).Rows {
				for _, cell := range row[:3] {
					var v any
					if err := json.Unmarshal(cell, &v); err != nil {
						t.Fatal(err)
					}
					got = append(got, v)
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", text, diff)
			}
		}
	})
}

// TestPairLine: a loopback pair is one line led by the end that called, whichever end matches; when one end goes, the
// other is a line of its own.
func TestPairLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine([]string{"server", "client"},
			tcp(1, poller.StateListen, "127.0.0.1:60000", nowhere, 1),
			tcp(2, poller.StateCloseWait, "127.0.0.1:60000", "127.0.0.1:40000", 1),
			tcp(3, poller.StateFinWait2, "127.0.0.1:40000", "127.0.0.1:60000", 2))
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		var all []*watcher
		for _, text := range []string{"pair=1&sort=state", "pair=1&proc=server&-state=LISTEN", "pair=1&state=CLOSE_WAIT", "pair=1&state=FIN_WAIT_2"} {
			q, _, err := query.FromURL(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, newWatcher(t, s, q, span{limit: 60}))
		}
		orders := func(want ...[]string) {
			t.Helper()
			for i, w := range all {
				w.serve(t, true)
				w.client.same(t, truth(t, s, w.query, w.span))
				if diff := gocmp.Diff(want[i], append([]string{}, w.client.order...)); diff != "" {
					t.Errorf("%s: %s", w.query.Encode(), diff)
				}
			}
		}
		orders([]string{"1", "3"}, []string{"3"}, []string{"3"}, []string{"3"})
		var cells []any
		if err := json.Unmarshal([]byte(all[1].client.rows["3"]), &cells); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff([]any{nil, "2", 1.0, "server", "CLOSE_WAIT"}, cells[len(liveFields()):]); diff != "" {
			t.Error(diff)
		}
		m.set(func(m *machine) { s := m.sockets[2]; s.State = poller.StateLastAck; m.sockets[2] = s })
		poll(t, s) // what a line shows of the other end changes with that
		orders([]string{"1", "3"}, []string{"3"}, []string{}, []string{"3"})
		m.set(func(m *machine) { delete(m.sockets, 3) })
		poll(t, s)
		orders([]string{"1", "2"}, []string{"2"}, []string{}, []string{})
		if closed := all[1].client.closed; !slices.Equal(closed, []string{"3"}) {
			t.Errorf("closed %v", closed)
		}
	})
}
