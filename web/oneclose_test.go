package web

import (
	"bytes"
	"net"
	"testing"

	"pgregory.net/rapid"
)

// sink is a connection that keeps what is written to it.
type sink struct {
	net.Conn
	kept bytes.Buffer
}

func (s *sink) Write(b []byte) (int, error) { return s.kept.Write(b) }

// frame returns an unmasked frame.
func frame(first byte, payload []byte) []byte {
	n := len(payload)
	switch {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n < 1<<16:
		return append([]byte{first, 126, byte(n >> 8), byte(n)}, payload...)
	}
	return append([]byte{first, 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
}

// However the frames are cut into writes, all up to the first close frame goes out, and nothing after it.
func TestOneClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		wanted, closes := -1, 0
		for range rapid.IntRange(1, 6).Draw(t, "frames") {
			first := rapid.SampledFrom([]byte{0x81, 0x82, 0x01, 0x80, 0x89, 0x8a, closeFrame}).Draw(t, "first")
			size := rapid.SampledFrom([]int{0, 1, 2, 125, 126, 300, 1 << 16}).Draw(t, "size")
			if first >= 0x88 {
				size = min(size, 125)
			}
			stream = append(stream, frame(first, bytes.Repeat([]byte{closeFrame}, size))...)
			if first == closeFrame {
				closes++
			}
			if first == closeFrame && wanted < 0 {
				wanted = len(stream)
			}
		}
		if wanted < 0 {
			wanted = len(stream)
		}
		out := &sink{}
		said := 0
		c := &oneClose{Conn: out, said: func() { said++ }}
		for rest := stream; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if written, err := c.Write(rest[:n]); err != nil || written != n {
				t.Fatalf("wrote %d of %d: %v", written, n, err)
			}
			rest = rest[n:]
		}
		if want := min(closes, 1); said != want {
			t.Fatalf("told of a goodbye %d times, want %d", said, want)
		}
		if !bytes.Equal(out.kept.Bytes(), stream[:wanted]) {
			t.Fatalf("%d bytes went out, want %d of %d", out.kept.Len(), wanted, len(stream))
		}
	})
}
