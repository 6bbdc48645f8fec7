package sockdiag

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
)

// The message names family, protocol, both ends, interface and cookie, and asks for an answer.
func TestAppendDestroy(t *testing.T) {
	h, body, rest, err := NextMessage(appendDestroy(nil, 9, question()))
	check(t, err)
	if h.Type != TypeDestroy || h.Flags != flagRequest|flagAck || h.Sequence != 9 || len(body) != requestLen || len(rest) != 0 {
		t.Errorf("header %+v, %d bytes, %d more", h, len(body), len(rest))
	}
	id := body[8:]
	if body[0] != FamilyIPv4 || body[1] != ProtocolTCP || !bytes.Equal(id[4:8], []byte{192, 0, 2, 1}) || !bytes.Equal(id[20:24], []byte{192, 0, 2, 2}) {
		t.Errorf("request %x", body)
	}
	if cookie := uint64(order.Uint32(id[40:])) | uint64(order.Uint32(id[44:]))<<32; cookie != question().Cookie || order.Uint32(id[36:]) != 3 {
		t.Errorf("interface and cookie %x", id[36:])
	}
}

// What the kernel can answer, and what that means.
func TestReadAck(t *testing.T) {
	stranger := say(message(TypeError, 0, number(0)), message(TypeError, 0, number(-int32(syscall.EPERM))))
	stranger.datagrams[0].from = 77
	cut := say(message(TypeError, 0, number(0)))
	cut.datagrams[0].truncated = true
	for name, tt := range map[string]struct {
		kernel *kernel
		err    error
	}{
		"done":                 {say(message(TypeError, 0, number(0))), nil},
		"forbidden":            {say(message(TypeError, 0, number(-int32(syscall.EPERM)))), syscall.EPERM},
		"no such socket":       {say(message(TypeError, 0, number(-int32(syscall.ENOENT)))), ErrGone},
		"another cookie":       {say(message(TypeError, 0, number(-staleErrno))), ErrGone},
		"kernel without it":    {say(message(TypeError, 0, number(-int32(syscall.EOPNOTSUPP)))), syscall.EOPNOTSUPP},
		"of another sender":    {stranger, syscall.EPERM},
		"after something else": {say(socket(1), message(TypeError, 0, number(-int32(syscall.EPERM)))), syscall.EPERM},
		"too long":             {cut, ErrTruncated},
		"too short":            {say(message(TypeError, 0, nil)), ErrShort},
	} {
		if err := readAck(tt.kernel, testPort, testSequence); !errors.Is(err, tt.err) || (tt.err == nil) != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAck: whatever comes, no answer is taken for "done" but one that says so.
func FuzzAck(f *testing.F) {
	f.Add(message(TypeError, 0, number(0)))
	f.Add(message(TypeError, 0, number(-1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		done, err := ackIn(b, testPort, testSequence)
		if done && err == nil && !bytes.Contains(b, number(0)) {
			t.Errorf("%x is taken for done", b)
		}
	})
}
