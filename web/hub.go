package web

import (
	"sync"

	dns "sockeye/names"
	"sockeye/poller"
	"sockeye/query"
)

// hub keeps the views that somebody looks at and hands each of their viewers what changed.
type hub struct {
	poller  *poller.Poller
	fields  []field
	traffic traffic
	names   *dns.Cache // of addresses; nil where nobody can be asked
	book    *nameBook  // of the addresses of names

	mu      sync.Mutex
	shelf   *shelf
	viewers int
	// seq is that of the last delta. ahead is set where somebody came while the table was ahead of it: what the views
	// share was moved on then, so that no window knows any more what its viewers were told.
	seq   uint64
	ahead bool
}

func newHub(p *poller.Poller) *hub {
	return &hub{poller: p, fields: liveFields(), book: newNameBook(systemResolver{}), shelf: newShelf()}
}

// observe is the poller's observer: it brings every view up to date and offers the change to the viewers. It never
// waits for one.
func (h *hub) observe(d *poller.Delta) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ahead := h.ahead
	h.ahead, h.seq = false, d.Seq
	h.shelf.apply(d, func(v *view) {
		for _, w := range v.windows {
			if ahead {
				w.refill(v, h.shelf.roster, &d.Status)
				for viewer := range w.viewers {
					h.resync(viewer)
				}
				continue
			}
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
	old, before := viewer.view, viewer.window
	h.poller.Read(func(t *poller.Table) {
		h.ahead = h.ahead || t.Status().Seq != h.seq
		v := h.shelf.open(q, t)
		s := v.named(s, h.shelf.roster)
		s.asks = viewer.asks && q.Names()
		w := v.windows[s]
		if w == nil {
			w = newWindow(s, h.fields)
			w.names = h.names
			if c, ok := t.Get(s.anchor); ok {
				w.anchored = h.shelf.roster.number(c)
			}
			status := t.Status()
			w.fill(v, h.shelf.roster, &status)
			v.windows[s] = w
		}
		w.viewers[viewer] = struct{}{}
		viewer.view, viewer.window = v, w
		if viewer.facets {
			h.shelf.watchFacets(v, t)
			if old != nil { // only now: the book that it counts from serves the new one
				h.shelf.leaveFacets(old)
			}
			h.giveFacets(viewer, t.Status().At)
		}
	})
	if before != nil && before != viewer.window { // only now: what the old view has sorted may serve the new one
		h.part(viewer, old, before)
	}
	h.resync(viewer)
}

// named tells the viewers who want names of those that have become known. It needs no poll: the rows are those that
// they have. A window that is behind its view has lines that may be no more; the poll that it is told of next has the
// names as well.
func (h *hub) named() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.poller.Read(func(*poller.Table) {
		for _, v := range h.shelf.views {
			if !v.query.Names() {
				continue
			}
			for _, w := range v.windows {
				if w.status.Seq != v.seq {
					continue
				}
				if m := w.again(v, h.shelf.roster); m != nil {
					for viewer := range w.viewers {
						h.traffic.replaced.Add(viewer.offer(m))
					}
				}
			}
		}
	})
}

// hold keeps the rows of the viewer's window where they are, until the viewer asks for a view again: their values are
// kept up to date, and the viewer is told how many of them the view would put elsewhere. The window is the viewer's own
// from then on. It goes on from what the viewer was told last.
func (h *hub) hold(viewer *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v, w := viewer.view, viewer.window
	if w == nil || w.holder != nil {
		return
	}
	own := w.held(viewer)
	v.windows[own.span] = own
	viewer.window = own
	w.drop(v, viewer)
}

// resync makes a snapshot the next thing that the viewer is sent.
func (h *hub) resync(viewer *viewer) { h.traffic.replaced.Add(viewer.demand()) }

// leave ends what join began.
func (h *hub) leave(viewer *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaveLocked(viewer)
}

// leaveLocked ends what join began, under the lock.
func (h *hub) leaveLocked(viewer *viewer) {
	v, w := viewer.view, viewer.window
	if w == nil {
		return
	}
	if viewer.facets {
		h.shelf.leaveFacets(v)
	}
	viewer.view, viewer.window = nil, nil
	h.part(viewer, v, w)
}

// part takes a viewer out of a window that it looks at no more, and drops what nobody looks at.
func (h *hub) part(viewer *viewer, v *view, w *window) {
	w.drop(v, viewer)
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
