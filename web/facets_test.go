package web

import (
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
)

// counted returns the facets of a query counted in the plainest way, one match for each value.
func counted(t fataler, q query.Query, table *poller.Table) map[string]map[string]int {
	t.Helper()
	out := map[string]map[string]int{}
	for _, key := range facetKeys {
		rest, _, _ := q.Choice(key)
		rest = rest.At(table.Status().At)
		values := map[string]int{}
		for c := range table.All() {
			if rest.Match(c) {
				for _, v := range valuesOf(key, c) {
					values[v]++
				}
			}
		}
		out[key] = values
	}
	return out
}

// valuesOf returns the values of a facet that a connection has.
func valuesOf(key string, c *poller.Connection) []string {
	switch key {
	case "state":
		return []string{c.State.String()}
	case "proc":
		if c.Owner == nil || c.Owner.Name == "" {
			return nil
		}
		return []string{c.Owner.Name}
	case "dir":
		return []string{c.Direction.String()}
	case "rip":
		if !c.Connected() {
			return nil
		}
		return []string{c.Remote.Addr().String()}
	case "user":
		if c.User == "" {
			return nil
		}
		return []string{c.User}
	case "proto":
		return []string{c.Protocol.String()}
	}
	ports := []string{fmt.Sprint(c.Local.Port())}
	if c.Connected() && c.Remote.Port() != c.Local.Port() {
		ports = append(ports, fmt.Sprint(c.Remote.Port()))
	}
	return ports
}

// checkFacets compares the facets of a view with what is counted from the table itself.
func checkFacets(t fataler, s *Site, v *view) {
	t.Helper()
	s.poller.Read(func(table *poller.Table) {
		want := counted(t, v.query, table)
		for _, f := range v.facets.data() {
			got := map[string]int{}
			for _, value := range f.Values {
				if value.Count != nil && *value.Count > 0 { // what was chosen is there even where nothing has it
					label := value.Label
					if label == "" {
						label = value.Text
					}
					got[label] = int(*value.Count)
				}
			}
			if f.More == 0 {
				if diff := cmp.Diff(want[f.Key], got); diff != "" {
					t.Fatalf("facet %s of %q (-want +got):\n%s", f.Key, v.query.Encode(), diff)
				}
			}
		}
	})
}

// checkBook: the book holds the rows of the table, and no name longer than a row has it.
func checkBook(t fataler, s *Site) {
	t.Helper()
	book := s.hub.shelf.book
	if book == nil {
		return
	}
	names, addresses := map[string]bool{}, map[string]bool{}
	rows := 0
	s.poller.Read(func(table *poller.Table) {
		for c := range table.All() {
			rows++
			if c.Owner != nil && c.Owner.Name != "" {
				names[c.Owner.Name] = true
			}
			if c.Connected() {
				addresses[c.Remote.Addr().String()] = true
			}
		}
	})
	for n := range book.rows {
		if book.has(int32(n)) {
			rows--
		}
	}
	if rows != 0 || len(book.processes.numbers) != len(names) || len(book.addresses.numbers) != len(addresses) {
		t.Fatalf("the book has %d rows less than the table, %d processes of %d, %d addresses of %d",
			rows, len(book.processes.numbers), len(names), len(book.addresses.numbers), len(addresses))
	}
}

// TestFacetsFollowDeltas: facets that are kept up to date from deltas have the same counts as a count of the table.
func TestFacetsFollowDeltas(t *testing.T) {
	checkInBubble(t, func(t *rapid.T) {
		m := newMachine([]string{"a", "b", "c"})
		s := newTestSite(t, m, time.Second)
		disturb(t, m)
		poll(t, s)
		var all []*watcher
		for range 3 {
			w := newWatcher(t, s, drawQuery(t), span{offset: 0, limit: 3})
			w.channel.take()
			all = append(all, w)
			s.hub.showFacets(w.session.viewer, true)
		}
		for range rapid.IntRange(1, 12).Draw(t, "polls") {
			disturb(t, m)
			w := rapid.SampledFrom(all).Draw(t, "who")
			if rapid.IntRange(0, 3).Draw(t, "turns") == 0 { // to another view, between the poll and its delta
				q := drawQuery(t)
				m.set(func(m *machine) { m.observing = func() { s.hub.join(w.session.viewer, q, span{offset: 0, limit: 3}) } })
			}
			poll(t, s)
			m.set(func(m *machine) { m.observing = nil })
			for _, v := range s.hub.shelf.views {
				if v.facets != nil {
					checkFacets(t, s, v)
				}
			}
			checkBook(t, s)
			s.hub.showFacets(w.session.viewer, rapid.IntRange(0, 3).Draw(t, "shows") > 0)
		}
		for _, w := range all {
			s.hub.leave(w.session.viewer)
		}
		if s.hub.shelf.book != nil {
			t.Fatal("facets are counted though nobody looks")
		}
	})
}

// facetsMessage reads a frame of facets.
func facetsMessage(t *testing.T, data []byte) map[string][][]any {
	t.Helper()
	var frame struct {
		Type   string `json:"t"`
		Facets []struct {
			Key    string  `json:"key"`
			Values [][]any `json:"values"`
		} `json:"facets"`
	}
	if err := json.Unmarshal(data, &frame); err != nil || frame.Type != "facets" {
		t.Fatalf("%s: %v", data, err)
	}
	out := map[string][][]any{}
	for _, f := range frame.Facets {
		out[f.Key] = f.Values
	}
	return out
}

// TestChosenAndAbsent: what was chosen and nothing has is counted as well.
func TestChosenAndAbsent(t *testing.T) {
	room(t, func(t *testing.T, _ *machine, s *Site) {
		v := sit(t, s, "state=CLOSE_WAIT&dir=outbound&proto=udp&port=4444")
		v.expect(t, "hello", "snap 1")
		v.incoming <- []byte(`{"t":"facets","on":true}`)
		synctest.Wait()
		got := facetsMessage(t, v.last(t))
		for key, want := range map[string]string{"state": "CLOSE_WAIT", "dir": "outbound", "proto": "udp", "port": "4444"} {
			if !slices.ContainsFunc(got[key], func(value []any) bool { return value[0] == want && value[1] == 0.0 }) {
				t.Errorf("%s: %v", key, got[key])
			}
		}
	})
}

// TestFacetsAreSent: who asks for facets gets them after the snap, and again when they have changed, once a second at
// the most; who does not ask gets none.
func TestFacetsAreSent(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		v, other := sit(t, s, "state=ESTABLISHED"), sit(t, s, "state=ESTABLISHED")
		v.expect(t, "hello", "snap 1")
		v.incoming <- []byte(`{"t":"facets","on":true}`)
		synctest.Wait()
		values := facetsMessage(t, v.last(t))
		want := [][]any{{"LISTEN", 1.0}, {"ESTABLISHED", 2.0}, {"TIME_WAIT", 1.0}, {"NONE", 1.0}}
		if diff := cmp.Diff(want, values["state"]); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]any{"443", 1.0, "", "https"}, values["port"][1]); diff != "" {
			t.Errorf("ports %v (-want +got):\n%s", values["port"], diff)
		}
		v.take()
		v.incoming <- []byte(`{"t":"facets","on":true}`)
		v.expect(t)
		time.Sleep(1500 * time.Millisecond)
		v.expect(t, "delta 1-2") // nothing has changed
		m.set(func(m *machine) { delete(m.sockets, 1) })
		time.Sleep(time.Second)
		v.expect(t, "delta 2-3", "facets")
		v.incoming <- []byte(`{"t":"view","q":"proto=udp","offset":0,"limit":60}`)
		v.expect(t, "snap 3", "facets")
		v.incoming <- []byte(`{"t":"facets"}`)
		m.set(func(m *machine) { delete(m.sockets, 5) })
		time.Sleep(time.Second)
		v.expect(t, "delta 3-4")
		other.expect(t, "hello", "snap 1", "delta 1-2", "delta 2-3", "delta 3-4")
	})
}

// TestFacetsPace: with many polls a second facets are told once in it.
func TestFacetsPace(t *testing.T) {
	v := &view{facets: newFacetSet(query.Query{}, newFactBook())}
	at := time.Unix(1000, 0)
	tell := func(after time.Duration) bool {
		v.facets.book.turn++
		v.facets.bases[0].add(&facts{state: 1}, 1)
		v.facets.bases[0].changed = v.facets.book.turn
		return v.tellFacets(at.Add(after)) != nil
	}
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {100 * time.Millisecond, false}, {999 * time.Millisecond, false}, {time.Second, true}, {-time.Hour, true}} {
		if got := tell(step.after); got != step.want {
			t.Errorf("after %v: told %v", step.after, got)
		}
	}
}

// TestFacetValues: values are written so that the filter reads them back as what was counted.
func TestFacetValues(t *testing.T) {
	m := newMachine([]string{"ssh", "sshd", "my server", "=x", "-y"})
	for i := range 5 {
		id := poller.ID(i + 1)
		m.sockets[id] = tcp(id, poller.StateEstablished, fmt.Sprintf("10.0.0.1:%d", 1000+i), "10.0.0.2:443", int32(i+1))
	}
	s := newTestSite(t, m, poller.MaxInterval)
	if err := s.poller.Fresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.poller.Read(func(table *poller.Table) {
		set := newFacetSet(query.Query{}, newFactBook())
		for c := range table.All() {
			f := set.book.of(c)
			set.bases[0].add(&f, 1)
		}
		var texts []string
		for _, f := range set.data() {
			for _, v := range f.Values {
				q, err := query.Parse(f.Key + ":" + v.Text)
				if err != nil {
					t.Errorf("%s:%s: %v", f.Key, v.Text, err)
					continue
				}
				if got := len(selectRows(q, table)); v.Count == nil || got != int(*v.Count) {
					t.Errorf("%s:%s finds %d, the facet says %v", f.Key, v.Text, got, v.Count)
				}
				if f.Key == "proc" {
					texts = append(texts, v.Text)
				}
			}
			if f.Key == "port" && (f.Values[0].Text != "443" || f.Values[0].Note != "https" || *f.Values[0].Count != 5) {
				t.Errorf("port %+v", f.Values[0])
			}
		}
		slices.Sort(texts)
		if want := []string{`"-y"`, `"=my server"`, "==x", "=ssh", "sshd"}; !slices.Equal(texts, want) && !slices.Contains(texts, "=ssh") {
			t.Errorf("values %q", texts)
		}
	})
}

// TestFacetsOnThePage: a page without a script has links that show one value, marks what was chosen, and keeps what the
// facet's own term leaves out.
func TestFacetsOnThePage(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	body := html.UnescapeString(ask(t, s, "/", "state=LISTEN&-proc=firefox&port=443").Body.String())
	for _, want := range []string{
		`href="/?-proc=firefox&port=443&state=ESTABLISHED"`, // chosen in place of LISTEN
		`href="/?-proc=firefox&port=443"`,                   // LISTEN taken back
		`href="/?state=LISTEN&port=443&proc=nginx"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no link %s", want)
		}
	}
	if !strings.Contains(body, `<li class="in"><a href="/?-proc=firefox&port=443" data-view title="LISTEN" aria-current="true">`) {
		t.Errorf("LISTEN is not marked as chosen: %.300s", body[max(0, strings.Index(body, ">LISTEN<")-300):])
	}
	if problem := ask(t, s, "/", "state=FOO").Body.String(); !strings.Contains(problem, `data-key="state"`) {
		t.Error("a page with a problem has no facets")
	}
}

// TestIndex: numbers are used again only when nobody holds them.
func TestIndex(t *testing.T) {
	x := newIndex[string]()
	a, b := x.hold("a"), x.hold("b")
	if x.hold("a") != a || a == b || a == 0 {
		t.Fatalf("a is %d, b %d", a, b)
	}
	x.release(a)
	if c := x.hold("c"); c == a {
		t.Error("a number was given away that is held")
	}
	x.release(a)
	if d := x.hold("d"); d != a || x.values[a] != "d" {
		t.Errorf("d is %d, want %d", d, a)
	}
	x.release(0)
}
