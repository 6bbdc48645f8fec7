package web

import (
	"sync"

	"sockeye/poller"
	"sockeye/query"
)

// hub keeps the views that somebody looks at and hands each of their viewers what changed.
type hub struct {
	poller *poller.Poller
	fields []field

	mu      sync.Mutex
	views   map[string]*view // by Query.Encode
	viewers int
}

func newHub(p *poller.Poller) *hub {
	return &hub{poller: p, fields: liveFields(), views: map[string]*view{}}
}

// observe is the poller's observer: it brings every view up to date and offers the change to the viewers. It never
// waits for one.
func (h *hub) observe(d *poller.Delta) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.views {
		v.apply(d)
		for _, w := range v.windows {
			m := w.delta(v, d)
			for viewer := range w.viewers {
				viewer.offer(m)
			}
		}
	}
}

// join lets a viewer look at a window of a query's view, and only at that; the viewer is to be sent a snapshot next.
func (h *hub) join(viewer *viewer, q query.Query, s span) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaveLocked(viewer)
	h.poller.Read(func(t *poller.Table) {
		key := q.Encode()
		v := h.views[key]
		if v == nil {
			v = newView(q, t)
			h.views[key] = v
		}
		v.catchUp(t)
		w := v.windows[s]
		if w == nil {
			w = newWindow(s, h.fields)
			status := t.Status()
			w.fill(v, &status)
			v.windows[s] = w
		}
		w.viewers[viewer] = struct{}{}
		viewer.view, viewer.window = v, w
	})
	viewer.demand()
}

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
	viewer.view, viewer.window = nil, nil
	delete(w.viewers, viewer)
	if len(w.viewers) == 0 {
		delete(v.windows, w.span)
	}
	if len(v.windows) == 0 {
		delete(h.views, v.query.Encode())
	}
}

// snap encodes the window that the viewer looks at as a whole.
func (h *hub) snap(viewer *viewer) (m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.poller.Read(func(t *poller.Table) {
		m = viewer.window.snap(t.History())
	})
	return m
}

// maxViewers is how many viewers are let in at once.
const maxViewers = 64

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
