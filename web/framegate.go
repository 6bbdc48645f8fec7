package web

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// frameGate reads along with what a viewer's browser sends and stops it at the first frame that breaks RFC 6455 or is
// more than a viewer needs. The WebSocket library comes after it. By itself the library would wait for ever for what a
// length of 2^62 announces, answer any number of pings, read any number of empty fragments, take lengths that are
// not minimal, and take a message for whole that the peer's leaving cut off.
//
// What stops it is an error of Read, a *violation. From then on the gate throws away what comes, so that the goodbye
// is not lost on the way: a connection that is closed with bytes unread is reset.
type frameGate struct {
	net.Conn
	now       func() time.Time
	allowance *rate.Limiter

	header  []byte // of the frame that is being read, as far as it came
	payload uint64 // bytes of that frame still to come
	message uint64 // bytes of the message so far
	open    bool   // a message has begun and its last frame has not
	broken  *violation
	told    bool // the violation was handed out

	goodbye atomic.Bool // we have said goodbye already: what is broken now changes nothing
}

// framesPerSecond is how many frames a viewer may send: its messages, some of them in fragments, and its pongs.
const framesPerSecond = 3 * messagesPerSecond

// closeProtocol is the close code for frames that break RFC 6455.
const closeProtocol = 1002

// The opcodes of frames (RFC 6455 section 11.8) and the bits of their first two bytes (section 5.2).
const (
	opContinuation, opText, opBinary, opClose, opPong = 0, 1, 2, 8, 10

	bitFin, bitsReserved, bitMask = 0x80, 0x70, 0x80
	controlPayload                = 125 // the greatest length of a control frame's payload
)

// newFrameGate stands before a connection whose next byte is the first of a frame.
func newFrameGate(conn net.Conn) *frameGate {
	return &frameGate{Conn: conn, now: time.Now, allowance: rate.NewLimiter(framesPerSecond, framesPerSecond)}
}

// Read implements net.Conn. What came before a frame that breaks a rule is handed out; the rest is the error.
func (g *frameGate) Read(b []byte) (int, error) {
	for g.broken == nil {
		n, err := g.Conn.Read(b)
		good := g.follow(b[:n])
		if err == io.EOF && (g.open || g.payload > 0 || len(g.header) > 0) {
			err = io.ErrUnexpectedEOF
		}
		if good > 0 || err != nil {
			return good, err
		}
	}
	if !g.told && !g.goodbye.Load() {
		g.told = true
		return 0, g.broken
	}
	if _, err := io.Copy(io.Discard, g.Conn); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// follow reads along and returns how much of b comes before the first frame that breaks a rule.
func (g *frameGate) follow(b []byte) int {
	good := 0
	for i := 0; i < len(b); {
		if g.payload > 0 {
			n := min(g.payload, uint64(len(b)-i))
			g.payload -= n
			i += int(n)
			good = i
			continue
		}
		g.header = append(g.header, b[i])
		i++
		if g.broken = g.begin(); g.broken != nil {
			return good
		}
		if len(g.header) == 0 {
			good = i
		}
	}
	return len(b)
}

// begin judges the header as soon as there is enough of it, and takes the frame in when it is whole.
func (g *frameGate) begin() *violation {
	h := g.header
	if len(h) < 2 {
		return nil
	}
	length, size := uint64(h[1]&^bitMask), 2
	switch length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if len(h) == 2 {
		if v := g.judge(h[0], h[1]); v != nil {
			return v
		}
	}
	if len(h) < size {
		return nil
	}
	switch size {
	case 4:
		length = uint64(binary.BigEndian.Uint16(h[2:]))
	case 10:
		length = binary.BigEndian.Uint64(h[2:])
	}
	if len(h) == size {
		if v := g.judgeLength(h[0], size, length); v != nil {
			return v
		}
	}
	if len(h) < size+4 { // the key of the mask
		return nil
	}
	g.take(h[0], length)
	return nil
}

// judge looks at the first two bytes of a frame.
func (g *frameGate) judge(first, second byte) *violation {
	op := first & 0xf
	switch control := op >= opClose; {
	case !g.allowance.AllowN(g.now(), 1):
		return &violation{closePolicy, "Too many frames."}
	case first&bitsReserved != 0:
		return &violation{closeProtocol, "A reserved bit is set."}
	case second&bitMask == 0:
		return &violation{closeProtocol, "A frame has no mask."}
	case op > opPong, op > opBinary && !control:
		return &violation{closeProtocol, "A frame has an unknown opcode."}
	case control && (first&bitFin == 0 || second&^bitMask > controlPayload):
		return &violation{closeProtocol, "A control frame is too long or in fragments."}
	case op == opContinuation && !g.open, (op == opText || op == opBinary) && g.open:
		return &violation{closeProtocol, "Fragments are out of order."}
	case op == opBinary:
		return &violation{closeBinary, "Messages are text."}
	}
	return nil
}

// judgeLength looks at the length of a frame, and at that of the message that it is of.
func (g *frameGate) judgeLength(first byte, size int, length uint64) *violation {
	switch {
	case size == 4 && length < 126, size == 10 && (length <= math.MaxUint16 || length > math.MaxInt64):
		return &violation{closeProtocol, "A frame has its length in a wrong form."}
	case first&0xf >= opClose:
		return nil
	case length > maxMessage || g.message+length > maxMessage:
		return &violation{closeTooLong, "The message is too long."}
	}
	return nil
}

// take begins a frame whose header is whole.
func (g *frameGate) take(first byte, length uint64) {
	g.header, g.payload = g.header[:0], length
	if first&0xf >= opClose {
		return
	}
	g.message += length
	if g.open = first&bitFin == 0; !g.open {
		g.message = 0
	}
}
