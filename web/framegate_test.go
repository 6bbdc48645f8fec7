package web

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"
	"pgregory.net/rapid"
)

// script is a connection that gives what a test says, in pieces of its choice.
type script struct {
	net.Conn
	pieces [][]byte
}

// Read gives the next piece.
func (s *script) Read(b []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

// cutUp cuts bytes into pieces.
func cutUp(t *rapid.T, b []byte) (pieces [][]byte) {
	for len(b) > 0 {
		n := rapid.IntRange(1, len(b)).Draw(t, "piece")
		pieces, b = append(pieces, b[:n]), b[n:]
	}
	return pieces
}

// frozen is a frameGate for which no time passes.
func frozen(pieces [][]byte) *frameGate {
	g := newFrameGate(&script{pieces: pieces})
	g.now = func() time.Time { return time.Unix(1, 0) }
	return g
}

// TestGateIsTransparent: frames of the protocol come through as they were sent, however they are cut.
//
//attack:w2 frames within the protocol come through unchanged, however they are cut up
func TestGateIsTransparent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []byte
		for range rapid.IntRange(1, 10).Draw(t, "messages") {
			fragments := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 125, 126, 900}), 1, 4).Draw(t, "fragments")
			for i, n := range fragments {
				first := byte(opContinuation)
				if i == 0 {
					first = opText
				}
				if i == len(fragments)-1 {
					first |= bitFin
				}
				sent = append(sent, masked(first, strings.Repeat("x", n))...)
				if rapid.Bool().Draw(t, "ping") {
					sent = append(sent, masked(0x89, strings.Repeat("p", rapid.SampledFrom([]int{0, 1, 125}).Draw(t, "length")))...)
				}
			}
		}
		if len(sent) == 0 {
			return
		}
		g := frozen(cutUp(t, sent))
		g.allowance.SetLimit(rate.Inf)
		if got, err := io.ReadAll(g); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("%d of %d bytes came through, %v", len(got), len(sent), err)
		}
	})
}

// TestGateStopsAtTheFrame: what came before the frame that breaks a rule is handed out, whole, and of that frame no
// more than a part of its header; then the reason, once; then nothing more.
func TestGateStopsAtTheFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := again(rapid.IntRange(0, 5).Draw(t, "before"), masked(0x81, resync))
		bad := rapid.SampledFrom([][]byte{announced(0x81, 1<<62), masked(0xc1, "x"), masked(0x80, "x"), {0x81, 2, 'a', 'b'}}).Draw(t, "bad")
		sent := append(append(bytes.Clone(before), bad...), before...)
		g := frozen(cutUp(t, sent))
		got, err := io.ReadAll(g)
		var v *violation
		if !errors.As(err, &v) || !bytes.HasPrefix(sent, got) || len(got) < len(before) || len(got) >= len(before)+14 {
			t.Fatalf("%q came through, %v", got, err)
		}
		if n, err := g.Read(make([]byte, 10)); n != 0 || err != io.EOF {
			t.Fatalf("after it: %d bytes, %v", n, err)
		}
	})
}

// TestGateAfterGoodbye: once we have said goodbye, what breaks a rule is thrown away like the rest: an error would have the
// library close the connection, and the goodbye be lost.
func TestGateAfterGoodbye(t *testing.T) {
	for said, want := range map[bool]error{false: &violation{}, true: nil} {
		g := frozen([][]byte{{0xff, 0xff}, []byte("more"), []byte("and more")})
		g.goodbye.Store(said)
		b, err := io.ReadAll(g)
		var broken *violation
		if len(b) > 0 || errors.As(err, &broken) != (want != nil) || want == nil && err != nil {
			t.Errorf("goodbye %v: %q, %v", said, b, err)
		}
	}
}

// TestFrameAllowance: a second's worth of frames comes through at once, and as many each second after.
//
//attack:w2 pings and empty fragments: 60 a second are read
func TestFrameAllowance(t *testing.T) {
	pieces := [][]byte{again(framesPerSecond, masked(0x89, "")), again(framesPerSecond, masked(0x89, "")), masked(0x89, "")}
	g := frozen(pieces)
	at, b := time.Unix(1, 0), make([]byte, 1<<16)
	g.now = func() time.Time { return at }
	for i := range 2 {
		if n, err := g.Read(b); n != len(masked(0x89, ""))*framesPerSecond || err != nil {
			t.Fatalf("second %d: %d bytes, %v", i, n, err)
		}
		at = at.Add(time.Second)
	}
	at = at.Add(-time.Second)
	if _, err := g.Read(b); err == nil || !strings.Contains(err.Error(), "Too many frames") {
		t.Errorf("one more: %v", err)
	}
}

// FuzzFrameGate: whatever comes in whatever pieces, what goes through is a beginning of it, no frame in it is longer
// than a message may be, and the gate keeps no more than a header.
//
//attack:w2 no sequence of bytes leads to a panic or is kept
func FuzzFrameGate(f *testing.F) {
	for _, test := range wireAttacks {
		f.Add(test.frames, 3)
	}
	f.Fuzz(func(t *testing.T, sent []byte, piece int) {
		var pieces [][]byte
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 1+piece&0xff)
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		g := frozen(pieces)
		got, err := io.ReadAll(g)
		if !bytes.HasPrefix(sent, got) || len(g.header) > 14 || g.payload > maxMessage || g.message > maxMessage {
			t.Fatalf("%q: %q came through; header %d, payload %d, message %d", sent, got, len(g.header), g.payload, g.message)
		}
		if err == nil && len(got) != len(sent) {
			t.Fatalf("%q: %d bytes are missing without a reason", sent, len(sent)-len(got))
		}
	})
}
