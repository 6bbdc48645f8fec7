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
	v.facets, v.rests = s.book.open(v.query, s.roster, &status), rests(v.query)
	v.facetsTold = nil
}

// leaveFacets ends what watchFacets began. The book goes with the last view that needs it.
func (s *shelf) leaveFacets(v *view) {
	if v.facetViewers--; v.facetViewers > 0 {
		return
	}
	s.book.shut(v.facets)
	v.facets, v.facetsTold = nil, nil
	if len(s.book.sets) == 0 {
		s.book = nil
	}
}

// countFacets brings the facets of all views up to date with the delta that the roster has marked.
func (s *shelf) countFacets(d *poller.Delta) {
	if s.book == nil || d.Seq <= s.bookSeq {
		return // nobody looks, or the book was made from a table that had this poll
	}
	s.bookSeq = d.Seq
	s.book.apply(s.roster, d)
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
