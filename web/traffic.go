package web

import "sync/atomic"

// traffic counts what the viewers were sent. All of it only grows.
type traffic struct {
	sent     atomic.Uint64 // frames handed to the network
	replaced atomic.Uint64 // deltas that were not sent because a snapshot took their place
	bytes    atomic.Uint64 // of the frames sent, without the framing of WebSockets
}

// count notes a frame that was sent.
func (t *traffic) count(frame []byte) {
	t.sent.Add(1)
	t.bytes.Add(uint64(len(frame)))
}
