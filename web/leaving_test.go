package web

import (
	"testing"
	"testing/synctest"
	"time"

	"sockeye/query"
)

// TestFacetsEndWithTheLastLook: who turns to another view or scrolls counts once as a viewer of facets, so that they are
// not counted on when nobody shows them any more.
func TestFacetsEndWithTheLastLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		first, second := box(t, "state:ESTABLISHED"), box(t, "proto:udp")
		w, other := newWatcher(t, s, first, span{limit: 3}), newWatcher(t, s, first, span{limit: 3})
		s.hub.showFacets(w.session.viewer, true)
		for offset := range 3 {
			s.hub.join(w.session.viewer, first, span{offset: offset, limit: 3})
		}
		old := s.hub.shelf.views[first.Identity()]
		if old.facetViewers != 1 {
			t.Errorf("after scrolling there are %d viewers of the facets, want 1", old.facetViewers)
		}
		s.hub.join(w.session.viewer, second, span{limit: 3})
		if old.facets != nil || old.facetViewers != 0 {
			t.Errorf("the facets of a view that its only viewer of them has left are counted on: %d viewers", old.facetViewers)
		}
		s.hub.showFacets(w.session.viewer, false)
		if s.hub.shelf.book != nil {
			t.Error("facts are kept though nobody looks at facets")
		}
		s.hub.leave(w.session.viewer)
		s.hub.leave(other.session.viewer)
	})
}

// TestNamesOfGroupsThatAreGone: names can become known after a poll has taken a group away and before the viewers are
// told of that.
func TestNamesOfGroupsThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := named()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		q, _, err := query.FromURL("names=1&group=remote&open=198.51.100.9&open=203.0.113.5")
		if err != nil {
			t.Fatal(err)
		}
		w, other := newWatcher(t, s, q, span{limit: 60}), newWatcher(t, s, q, span{limit: 60})
		m.set(func(m *machine) {
			delete(m.sockets, 4)
			m.observing = func() {
				s.hub.join(other.session.viewer, q, span{limit: 59}) // which takes the view anew
				s.hub.named()
			}
		})
		poll(t, s)
		m.set(func(m *machine) { m.observing = nil })
		w.next(t)
		if row, there := w.client.rows["=203.0.113.5"]; there {
			t.Errorf("the group that is gone is still there: %s", row)
		}
		s.hub.leave(w.session.viewer)
		s.hub.leave(other.session.viewer)
	})
}
