package web

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net"
	"net/http"
)

// oneClose is a connection that lets one close frame out and nothing after it (RFC 6455 section 5.5.1). The WebSocket
// library answers the peer's close frame even where it closed first, and browsers log that as an error.
type oneClose struct {
	net.Conn
	header  []byte // of the frame that is being written, as far as it came
	payload uint64 // bytes of that frame still to come
	closing bool   // it is a close frame
	closed  bool   // the close frame is out
	said    func() // called when it is
}

// closeFrame is the first byte of a close frame: the last of its message, opcode 8.
const closeFrame = 0x88

// Write implements net.Conn. What comes after a close frame is dropped and counts as written. The library writes from
// one goroutine at a time.
func (c *oneClose) Write(b []byte) (int, error) {
	keep := c.follow(b)
	if keep > 0 {
		if n, err := c.Conn.Write(b[:keep]); err != nil {
			return n, err
		}
	}
	return len(b), nil
}

// follow reads along and returns how much of b is up to the end of the first close frame.
func (c *oneClose) follow(b []byte) int {
	for i := 0; i < len(b); {
		if c.closed {
			return i
		}
		if c.payload == 0 && !c.complete(b[i]) {
			i++
			continue
		} else if c.payload == 0 {
			i++ // the last byte of a header
			c.begin()
		}
		n := min(c.payload, uint64(len(b)-i))
		c.payload -= n
		i += int(n)
		if c.closed = c.closing && c.payload == 0; c.closed {
			c.said()
		}
	}
	return len(b)
}

// complete adds a byte to the header and reports whether it is whole. Frames of a server carry no mask.
func (c *oneClose) complete(b byte) bool {
	c.header = append(c.header, b)
	if len(c.header) < 2 {
		return false
	}
	switch c.header[1] {
	case 126:
		return len(c.header) == 4
	case 127:
		return len(c.header) == 10
	}
	return true
}

// begin reads the whole header and makes room for the next one.
func (c *oneClose) begin() {
	h := c.header
	c.closing = h[0] == closeFrame
	switch h[1] {
	case 126:
		c.payload = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		c.payload = binary.BigEndian.Uint64(h[2:])
	default:
		c.payload = uint64(h[1])
	}
	c.header = h[:0]
}

// liveWriter hands out the connection of a viewer with what we put between it and the WebSocket library: a frameGate
// for what comes and a oneClose for what goes.
type liveWriter struct {
	http.ResponseWriter
	conn net.Conn // the connection itself, once it was handed out
}

// Hijack implements http.Hijacker. What net/http has read beyond the request is the start of the first frame.
func (w *liveWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = conn
	early, err := buffers.Reader.Peek(buffers.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	gate := newFrameGate(&earlyConn{conn, bytes.NewReader(bytes.Clone(early))})
	one := &oneClose{Conn: gate, said: func() { gate.goodbye.Store(true) }}
	buffers.Reader.Reset(one)
	buffers.Writer.Reset(one)
	return one, buffers, nil
}

// earlyConn is a connection of which something was read already.
type earlyConn struct {
	net.Conn
	early *bytes.Reader
}

// Read implements net.Conn.
func (c *earlyConn) Read(b []byte) (int, error) {
	if c.early.Len() > 0 {
		return c.early.Read(b)
	}
	return c.Conn.Read(b)
}
