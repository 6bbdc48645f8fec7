package web

import "sync"

// viewer is one who looks at a window. It holds one pending frame at the most: when the next comes before it was
// sent, it is dropped, and a snapshot is due in place of both. So the latest state wins and nothing queues.
type viewer struct {
	view   *view   // guarded by the hub's lock
	window *window // guarded by the hub's lock
	facets bool    // whether it shows facets; guarded by the hub's lock
	asks   bool    // whether it may have names asked for; never changed

	wake chan struct{} // holds a token when there is something to send

	mu      sync.Mutex // guards what is below
	pending *message
	snap    bool // a snapshot is due
	errors  [][]byte
	counted []byte // facets that are to be sent, nil for none
}

// newViewer returns a viewer that looks at nothing yet; asks tells whether it may have names asked for.
func newViewer(asks bool) *viewer { return &viewer{asks: asks, wake: make(chan struct{}, 1)} }

// offer hands over the next frame. It never waits. It returns how many frames will not be sent because a snapshot takes
// their place.
func (v *viewer) offer(m *message) (replaced uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.snap:
		replaced = 1
	case v.pending != nil:
		v.pending, v.snap = nil, true
		replaced = 2
	default:
		v.pending = m
	}
	v.wakeUp()
	return replaced
}

// demand makes a snapshot the next thing to send. It returns how many frames that takes the place of.
func (v *viewer) demand() (replaced uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.pending != nil {
		replaced = 1
	}
	v.pending, v.snap = nil, true
	v.wakeUp()
	return replaced
}

// maxErrors bounds the answers that wait to be sent; a viewer that causes more is not told of the rest.
const maxErrors = 4

// complain answers a message that could not be used.
func (v *viewer) complain(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.errors) < maxErrors {
		v.errors = append(v.errors, encode(errorFrame{Type: "error", Text: text}))
	}
	v.wakeUp()
}

// count hands over facets, in place of those that were not sent yet; nil takes these back. It never waits.
func (v *viewer) count(facets []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counted = facets
	if facets != nil {
		v.wakeUp()
	}
}

func (v *viewer) wakeUp() {
	select {
	case v.wake <- struct{}{}:
	default: // it is awake already
	}
}

// take returns what is to be sent now and leaves nothing pending.
func (v *viewer) take() (errors [][]byte, pending *message, snap bool, counted []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	errors, pending, snap, counted = v.errors, v.pending, v.snap, v.counted
	v.errors, v.pending, v.snap, v.counted = nil, nil, false, nil
	return errors, pending, snap, counted
}
