package web

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// fakeChannel is a connection whose other end the test plays.
type fakeChannel struct {
	incoming chan []byte   // what the client says; closed when it hangs up
	gone     chan struct{} // closed by close

	mu      sync.Mutex // guards what is below
	open    chan struct{}
	frames  [][]byte
	mute    bool // pings go unanswered
	code    int
	reason  string
	closed  time.Time
	waiting time.Time // since when the last write has waited
}

// newFakeChannel returns a channel whose client reads everything at once.
func newFakeChannel() *fakeChannel {
	f := &fakeChannel{incoming: make(chan []byte, 64), gone: make(chan struct{}), open: make(chan struct{})}
	close(f.open)
	return f
}

// stall lets writes wait from now on, until release is called.
func (f *fakeChannel) stall() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	open := make(chan struct{})
	f.open = open
	return func() { close(open) }
}

func (f *fakeChannel) read(ctx context.Context) ([]byte, error) {
	select {
	case b, ok := <-f.incoming:
		if !ok {
			return nil, io.EOF
		}
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.gone:
		return nil, net.ErrClosed
	}
}

func (f *fakeChannel) write(ctx context.Context, message []byte) error {
	f.mu.Lock()
	open := f.open
	f.waiting = time.Now()
	f.mu.Unlock()
	select {
	case <-open:
	case <-ctx.Done():
		return ctx.Err()
	case <-f.gone:
		return net.ErrClosed
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frames = append(f.frames, message)
	return nil
}

func (f *fakeChannel) ping(ctx context.Context) error {
	f.mu.Lock()
	mute := f.mute
	f.mu.Unlock()
	if !mute {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeChannel) close(code int, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.code, f.reason, f.closed = code, reason, time.Now()
	close(f.gone)
}

// hangUp ends the connection from the client's end.
func (f *fakeChannel) hangUp() { close(f.incoming) }

// fallSilent leaves pings unanswered from now on.
func (f *fakeChannel) fallSilent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mute = true
}

// take returns the frames that came since the last call.
func (f *fakeChannel) take() [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	frames := f.frames
	f.frames = nil
	return frames
}

// last returns the newest frame and leaves all of them for take.
func (f *fakeChannel) last(t fataler) []byte {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.frames) == 0 {
		t.Fatal("no frame came")
	}
	return f.frames[len(f.frames)-1]
}

// ended returns how the server closed the channel; code is 0 where it is open.
func (f *fakeChannel) ended() (code int, reason string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.code, f.reason, f.closed
}
