package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/websocket"
)

// viewer is a browser's end of a live view (docs/protocol.md): it reads every frame and says nothing. Its owner calls
// leave.
type viewer struct {
	conn    *websocket.Conn
	reading sync.WaitGroup

	mu     sync.Mutex // guards what is below
	deltas []int      // the lengths of the delta frames in bytes
	failed error      // why reading ended
}

// look opens a live view; view is the query of the page's URL.
func look(ctx context.Context, url, view string) (*viewer, error) {
	config, err := websocket.NewConfig("ws"+strings.TrimPrefix(url, "http")+"/live?"+view, url)
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := config.DialContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	v := &viewer{conn: conn}
	v.reading.Go(v.read)
	return v, nil
}

// read takes frames until the connection ends. Pings are answered by the library.
func (v *viewer) read() {
	for {
		var frame []byte
		err := websocket.Message.Receive(v.conn, &frame)
		var kind struct {
			Type string `json:"t"`
		}
		if err == nil {
			err = json.Unmarshal(frame, &kind)
		}
		v.mu.Lock()
		if err != nil {
			v.failed = err
			v.mu.Unlock()
			return
		}
		if kind.Type == "delta" {
			v.deltas = append(v.deltas, len(frame))
		}
		v.mu.Unlock()
	}
}

// leave ends the view.
func (v *viewer) leave() error {
	err := v.conn.Close()
	v.reading.Wait()
	return err
}

// frames returns the lengths of the delta frames so far, and why no more will come.
func (v *viewer) frames() ([]int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]int(nil), v.deltas...), v.failed
}

// audience is the viewers of one URL.
type audience []*viewer

// gather lets n viewers look at a view. When the server has no room for more, those who are in stay: refused is then
// the reason, and no error is returned.
func gather(ctx context.Context, url, view string, n int) (a audience, refused, err error) {
	for range n {
		v, err := look(ctx, url, view)
		var dial *websocket.DialError
		switch {
		case err == nil:
			a = append(a, v)
		case len(a) > 0 && errors.As(err, &dial) && dial.Err == websocket.ErrBadStatus:
			return a, err, nil
		default:
			return nil, nil, errors.Join(err, a.leave())
		}
	}
	return a, nil, nil
}

// leave has everybody go.
func (a audience) leave() error {
	var errs []error
	for _, v := range a {
		errs = append(errs, v.leave())
	}
	return errors.Join(errs...)
}

// failed returns why viewers were cut off, nil where none was.
func (a audience) failed() error {
	var errs []error
	for _, v := range a {
		if _, err := v.frames(); err != nil {
			errs = append(errs, fmt.Errorf("viewer: %w", err))
		}
	}
	return errors.Join(errs...)
}

// sleep waits, or returns early with ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// healthy reports whether the server answers a request for its health with 200.
func healthy(ctx context.Context, client *http.Client, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
