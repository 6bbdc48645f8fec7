package web

import (
	"sync"

	"sockeye/poller"
	"sockeye/query"
)

// hub keeps the views that somebody looks at and hands each of their viewers what changed.
type hub struct {
	poller  *poller.Poller
	fields  []field
	traffic traffic
	names   *nameBook

	mu      sync.Mutex
	shelf   *shelf
	viewers int
}

func newHub(p *poller.Poller) *hub {
	return &hub{poller: p, fields: liveFields(), names: newNameBook(systemResolver{}), shelf: newShelf()}
}

// observe is the poller's observer: it brings every view up to date and offers the change to the viewers. It never
// waits for one.
func (h *hub) observe(d *poller.Delta) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shelf.apply(d, func(v *view) {
		for _, w := range v.windows {
			m := w.delta(v, h.shelf.roster, d)
			for viewer := range w.viewers {
				if d.ClockSet { // the chart's points have moved with the clock
					h.resync(viewer)
					continue
				}
				h.traffic.replaced.Add(viewer.offer(m))
			}
		}
		h.offerFacets(v, d.At)
	})
}

// join lets a viewer look at a window of a query's view, and only at that; the viewer is to be sent a snapshot next.
func (h *hub) join(viewer *viewer, q query.Query, s span) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaveLocked(viewer)
	h.poller.Read(func(t *poller.Table) {
		v := h.shelf.open(q, t)
		w := v.windows[s]
		if w == nil {
			w = newWindow(s, h.fields)
			status := t.Status()
			w.fill(v, h.shelf.roster, &status)
			v.windows[s] = w
		}
		w.viewers[viewer] = struct{}{}
		viewer.view, viewer.window = v, w
		if viewer.facets {
			h.shelf.watchFacets(v, t)
			h.giveFacets(viewer, t.Status().At)
		}
	})
	h.resync(viewer)
}

// resync makes a snapshot the next thing that the viewer is sent.
func (h *hub) resync(viewer *viewer) { h.traffic.replaced.Add(viewer.demand()) }

// leave ends what join began.
func (h *hub) leave(viewer *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaveLocked(viewer)
}

// leaveLocked drops the window and the view that nobody looks at any more.
func (h *hub) leaveLocked(viewer *viewer) {
	v, w := viewer.view, viewer.window
	if w == nil {
		return
	}
	if viewer.facets {
		h.shelf.leaveFacets(v)
	}
	viewer.view, viewer.window = nil, nil
	delete(w.viewers, viewer)
	if len(w.viewers) == 0 {
		delete(v.windows, w.span)
	}
	if len(v.windows) == 0 {
		h.shelf.close(v)
	}
}

// snap encodes the window that the viewer looks at as a whole.
func (h *hub) snap(viewer *viewer) (m *message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.poller.Read(func(t *poller.Table) {
		m = viewer.window.snap(t)
	})
	return m
}

// looking returns how many viewers there are.
func (h *hub) looking() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.viewers
}

// maxViewers is how many viewers are let in at once.
const maxViewers = 200

// admit counts a viewer in; ok is false where there are too many.
func (h *hub) admit() (ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.viewers >= maxViewers {
		return false
	}
	h.viewers++
	return true
}

// dismiss counts a viewer out.
func (h *hub) dismiss() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.viewers--
}
