package web

import (
	"time"

	"sockeye/poller"
)

// watchFacets counts one viewer more of a view's facets, which are counted from then on.
func (s *shelf) watchFacets(v *view, t *poller.Table) {
	if v.facetViewers++; v.facetViewers > 1 {
		return
	}
	if s.book == nil {
		s.book = newFactBook()
		for c := range t.All() {
			s.book.enter(s.roster.number(c), c)
		}
		s.bookSeq = t.Status().Seq
	}
	status := t.Status()
	v.facets = newFacetSet(v.query, s.book)
	v.facets.fill(s.roster, &status)
	v.facetsTold = nil
}

// leaveFacets ends what watchFacets began. The book goes with the last view that needs it.
func (s *shelf) leaveFacets(v *view) {
	if v.facetViewers--; v.facetViewers > 0 {
		return
	}
	v.facets, v.facetsTold = nil, nil
	for _, other := range s.views {
		if other.facets != nil {
			return
		}
	}
	s.book = nil
}

// countFacets brings the facets of all views up to date with the delta that the roster has marked. The book is changed
// last, since every view has to take off what it has counted before.
func (s *shelf) countFacets(d *poller.Delta) {
	if s.book == nil || d.Seq <= s.bookSeq {
		return // nobody looks, or the book was made from a table that had this poll
	}
	s.bookSeq = d.Seq
	for _, n := range s.roster.closed {
		if !s.book.has(n) {
			continue
		}
		old := s.book.rows[n]
		s.replaceFacts(n, &old, nil)
		s.book.release(&old)
		s.book.rows[n] = facts{}
	}
	for _, n := range s.roster.fresh {
		now := s.book.of(s.roster.rows[n])
		if !s.book.has(n) {
			s.replaceFacts(n, nil, &now)
			s.book.place(n, now)
			continue
		}
		old := s.book.rows[n]
		s.replaceFacts(n, &old, &now)
		s.book.release(&old)
		s.book.place(n, now)
	}
	for _, v := range s.views {
		if v.facets != nil {
			v.facets.pass(s.roster, d)
		}
	}
}

// replaceFacts tells the facets of every view.
func (s *shelf) replaceFacts(n int32, old, now *facts) {
	for _, v := range s.views {
		if v.facets != nil {
			v.facets.replace(n, s.roster.rows[n], old, now)
		}
	}
}

// offerFacets hands the facets of a view to the viewers who show them, where they are due.
func (h *hub) offerFacets(v *view, at time.Time) {
	message := v.tellFacets(at)
	if message == nil {
		return
	}
	for _, w := range v.windows {
		for viewer := range w.viewers {
			if viewer.facets {
				viewer.count(message)
			}
		}
	}
}

// giveFacets hands the facets of its view to a viewer who has just come to them.
func (h *hub) giveFacets(viewer *viewer, at time.Time) {
	v := viewer.view
	if v.tellFacets(at); v.facetsTold != nil {
		viewer.count(v.facetsTold)
	}
}

// showFacets lets a viewer see the facets of its view from now on, or no longer.
func (h *hub) showFacets(viewer *viewer, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if viewer.facets == on {
		return
	}
	viewer.facets = on
	switch v := viewer.view; {
	case v == nil:
	case on:
		h.poller.Read(func(t *poller.Table) {
			h.shelf.watchFacets(v, t)
			h.giveFacets(viewer, t.Status().At)
		})
	default:
		h.shelf.leaveFacets(v)
		viewer.count(nil)
	}
}
