package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"nhooyr.io/websocket"
)

// maxMessage is the greatest length of a client's message in bytes; the library closes with 1009 beyond it.
const maxMessage = 4096

// closeTimeout is how long a goodbye may take.
const closeTimeout = time.Second

// socket is a channel over a WebSocket. This file is the only one that knows the library.
type socket struct {
	conn *websocket.Conn
	raw  net.Conn // the connection beneath
}

// accept upgrades a request that has passed the gates. The library's own check of the Origin stays on beside them.
// Messages are not compressed: a compressor kept for each viewer would cost more memory than all else it has.
func accept(w http.ResponseWriter, r *http.Request) (channel, error) {
	live := &liveWriter{ResponseWriter: w}
	conn, err := websocket.Accept(live, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	conn.SetReadLimit(maxMessage)
	return &socket{conn, live.conn}, nil
}

// read implements channel. The library lets text through that is not UTF-8; it is refused here.
func (s *socket) read(ctx context.Context) ([]byte, error) {
	kind, r, err := s.conn.Reader(ctx)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if kind != websocket.MessageText {
		return nil, &violation{closeBinary, "Messages are text."}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !utf8.Valid(b) {
		return nil, &violation{closeNotUTF8, "Messages are UTF-8."}
	}
	return b, nil
}

func (s *socket) write(ctx context.Context, message []byte) error {
	if err := s.conn.Write(ctx, websocket.MessageText, message); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (s *socket) ping(ctx context.Context) error {
	if err := s.conn.Ping(ctx); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// close implements channel. The library may wait longer for the peer's goodbye, and what it offers to cut that short
// (CloseNow) waits as well, so the connection itself is closed.
func (s *socket) close(code int, reason string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.conn.Close(websocket.StatusCode(code), reason) // the peer may be gone already
	}()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		_ = s.raw.Close()
		<-done
	}
}
