package sockdiag

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole returns a copy of b beyond which nothing can be read.
func whole(b []byte) []byte { return slices.Clip(bytes.Clone(b)) }

// Whatever parses is written to something that parses to the same record. Nothing is read beyond the bytes given, and
// none of them is changed.
//
//attack:k1
func FuzzParseRecord(f *testing.F) {
	for _, m := range captured(f) {
		if h, payload, _, err := NextMessage(m); err == nil && h.Type == TypeSockByFamily {
			f.Add(payload)
		}
	}
	f.Add(plain(1))
	f.Add(appendAttribute(plain(1), attrInfo, make([]byte, infoBytesLen)))
	f.Fuzz(func(t *testing.T, b []byte) {
		input := whole(b)
		var first, second Record
		if ParseRecord(input, &first) != nil {
			return
		}
		check(t, ParseRecord(whole(AppendRecord(nil, &first)), &second))
		if diff := cmp.Diff(first, second, equal()); diff != "" {
			t.Errorf("record changed by writing it (-first +second):\n%s", diff)
		}
		if !bytes.Equal(input, b) {
			t.Error("the input was changed")
		}
	})
}

// A message is split off in full or not at all, and every one that is brings the end nearer.
//
//attack:k1
func FuzzNextMessage(f *testing.F) {
	f.Add(done(0))
	f.Add(join(socket(1), message(TypeNoop, 0, []byte{1}), done(-2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		rest := whole(b)
		for len(rest) > 0 {
			h, payload, next, err := NextMessage(rest)
			if err != nil {
				return
			}
			if int(h.Length) != headerLen+len(payload) || len(next) > len(rest)-int(h.Length) || len(next) < len(rest)-align(int(h.Length)) {
				t.Fatalf("length %d of %d bytes: payload %d, rest %d", h.Length, len(rest), len(payload), len(next))
			}
			if again := AppendMessage(nil, h, payload); !bytes.Equal(again[:h.Length], rest[:h.Length]) {
				t.Fatalf("%x was written as %x", rest[:h.Length], again)
			}
			rest = next
		}
	})
}

// frames cuts fuzzed bytes into datagrams: a length byte (in units of 4 bytes), a byte of properties, the bytes.
func frames(b []byte) *kernel {
	k := &kernel{}
	for len(b) >= 2 {
		n, properties := min(int(b[0])*4, len(b)-2), b[1]
		k.datagrams = append(k.datagrams, datagram{
			data: whole(b[2 : 2+n]), from: uint32(properties & 1), truncated: properties&2 != 0,
		})
		b = b[2+n:]
	}
	return k
}

// frame writes what frames reads.
func frame(datagrams ...[]byte) []byte {
	var b []byte
	for _, d := range datagrams {
		b = append(append(b, byte((len(d)+3)/4), 0), d...)
	}
	return b
}

// expectation is what the bytes of a dump must lead to, found out without reading records.
type expectation struct {
	records           int
	done, interrupted bool
}

// expect walks over the messages of a dump that is said to be whole.
func expect(t *testing.T, k *kernel) (e expectation) {
	for _, d := range k.datagrams {
		for b := d.data; d.from == 0 && len(b) > 0 && !e.done; {
			h, _, rest, err := NextMessage(b)
			if err != nil || d.truncated {
				t.Fatalf("whole in spite of %v, truncated %v", err, d.truncated)
			}
			if b = rest; h.Sequence != testSequence || h.PortID != testPort {
				continue
			}
			e.interrupted = e.interrupted || h.Interrupted()
			e.done = h.Type == TypeDone
			if h.Type == TypeSockByFamily || h.Type == TypeTCPDiag {
				e.records++
			}
		}
		if e.done {
			break
		}
	}
	return e
}

// A dump ends, whatever the kernel sends: with an error, or with every record up to its DONE handed on.
//
//attack:k1
func FuzzReadDump(f *testing.F) {
	f.Add(frame(socket(1), join(socket(2), socket(3)), done(0)))
	f.Add(frame(join(socket(1), message(TypeNoop, 0, nil), done(0))))
	f.Add(frame(socket(1), done(-2)))
	f.Add(frame(message(TypeTCPDiag, 0, plain(1)), socket(2), done(0)))
	f.Add(frame(message(TypeSockByFamily, flagDumpInterrupted, plain(1)), done(0)))
	f.Add(append([]byte{1, 1, 1, 2, 3, 4}, frame(socket(1), message(TypeError, 0, number(-1)))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, records := frames(b), 0
		err := readDump(k, testPort, testSequence, func(*Record) { records++ })
		if err != nil {
			return
		}
		if e := expect(t, k); !e.done || e.interrupted || records != e.records {
			t.Errorf("%d records and no error, though %+v", records, e)
		}
	})
}
