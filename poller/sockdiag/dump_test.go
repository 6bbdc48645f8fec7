package sockdiag

import (
	"errors"
	"math"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dumpTest is one way in which a dump can go; cookies are those of the records that are handed on.
type dumpTest struct {
	name    string
	kernel  *kernel
	cookies []uint64
	err     error  // nil where the dump is whole
	text    string // what the error says, where it has no value of its own
}

// run reads the dump and compares what came of it. Whatever a dump ends with, everything before that was received.
func (d *dumpTest) run(t *testing.T) {
	var cookies []uint64
	err := readDump(d.kernel, testPort, testSequence, func(r *Record) { cookies = append(cookies, r.Cookie) })
	if diff := cmp.Diff(d.cookies, cookies); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	switch {
	case d.err == nil && d.text == "":
		check(t, err)
	case err == nil:
		t.Error("no error")
	case d.err != nil && !errors.Is(err, d.err):
		t.Errorf("error %q, want %q", err, d.err)
	case !strings.Contains(err.Error(), d.text):
		t.Errorf("error %q does not say %q", err, d.text)
	}
	if d.kernel.received != len(d.kernel.datagrams) {
		t.Errorf("%d of %d datagrams received", d.kernel.received, len(d.kernel.datagrams))
	}
}

// What a whole dump may look like.
func TestReadDumpWhole(t *testing.T) {
	for _, tt := range []dumpTest{
		{name: "empty", kernel: say(done(0))},
		{name: "one datagram", kernel: say(join(socket(1), socket(2), done(0))), cookies: []uint64{1, 2}},
		{name: "several", kernel: say(socket(1), join(socket(2), socket(3)), done(0)), cookies: []uint64{1, 2, 3}},
		{name: "empty datagram", kernel: say(socket(1), nil, done(0)), cookies: []uint64{1}},
		{name: "done without errno", kernel: say(message(TypeDone, 0, nil))},
		{name: "bytes after done", kernel: say(join(done(0), socket(1), []byte{1}))},
		{name: "noop", kernel: say(join(message(TypeNoop, 0, nil), socket(1), done(0))), cookies: []uint64{1}},
		{name: "unknown type", kernel: say(join(message(99, 0, number(-1)), socket(1), done(0))), cookies: []uint64{1}},
	} {
		t.Run(tt.name, tt.run)
	}
}

// What says that a dump is not whole: refusals, losses and changes under it.
//
//attack:k2
func TestReadDumpNotWhole(t *testing.T) {
	interrupted := message(TypeSockByFamily, flagDumpInterrupted, plain(2))
	truncated := say(socket(1), socket(2))
	truncated.datagrams[1].truncated = true
	for _, tt := range []dumpTest{
		{name: "error", kernel: say(message(TypeError, 0, number(-int32(syscall.EPERM)))), err: syscall.EPERM},
		{name: "error after records", kernel: say(socket(1), message(TypeError, 0, number(-int32(syscall.EBUSY)))),
			cookies: []uint64{1}, err: syscall.EBUSY},
		{name: "error with the least errno", kernel: say(message(TypeError, 0, number(math.MinInt32))), text: "refused"},
		{name: "acknowledgement", kernel: say(message(TypeError, 0, number(0))), text: "acknowledgement"},
		{name: "error without errno", kernel: say(message(TypeError, 0, []byte{0, 0})), err: ErrShort},
		{name: "errno in done", kernel: say(done(-int32(syscall.ENOENT))), err: syscall.ENOENT},
		{name: "errno in done after records", kernel: say(socket(1), done(-int32(syscall.ENOMEM))),
			cookies: []uint64{1}, err: syscall.ENOMEM},
		{name: "interrupted in the middle", kernel: say(socket(1), interrupted, socket(3), done(0)),
			cookies: []uint64{1, 2, 3}, err: ErrInterrupted},
		{name: "interrupted at the end", kernel: say(socket(1), message(TypeDone, flagDumpInterrupted, number(0))),
			cookies: []uint64{1}, err: ErrInterrupted},
		{name: "truncated", kernel: truncated, cookies: []uint64{1}, err: ErrTruncated},
		{name: "overrun", kernel: say(socket(1), message(TypeOverrun, 0, nil)), cookies: []uint64{1}, err: ErrOverrun},
		{name: "receive fails", kernel: say(socket(1)), cookies: []uint64{1}, err: errEnd},
	} {
		t.Run(tt.name, tt.run)
	}
}

// What does not belong to the dump is passed over, be it a record, an end, an error or a sign of trouble.
func TestReadDumpForeign(t *testing.T) {
	as := func(sequence, port uint32) []byte {
		var all []byte
		h := Header{Flags: flagDumpInterrupted, Sequence: sequence, PortID: port}
		for _, m := range []struct {
			kind    MessageType
			payload []byte
		}{{TypeSockByFamily, plain(66)}, {TypeOverrun, nil}, {TypeError, number(-1)}, {TypeDone, number(-1)}} {
			h.Type = m.kind
			all = AppendMessage(all, h, m.payload)
		}
		return all
	}
	sender := say(socket(1), join(socket(66), done(0)), []byte("noise"), socket(2), done(0))
	sender.datagrams[1].from, sender.datagrams[2].from = 99, testPort
	sender.datagrams[2].truncated = true
	for _, tt := range []dumpTest{
		{name: "sequence", kernel: say(socket(1), as(testSequence-1, testPort), socket(2), done(0)), cookies: []uint64{1, 2}},
		{name: "port id", kernel: say(join(socket(1), as(testSequence, testPort+1), socket(2)), done(0)), cookies: []uint64{1, 2}},
		{name: "sender", kernel: sender, cookies: []uint64{1, 2}},
	} {
		t.Run(tt.name, tt.run)
	}
}

// Bytes that are no netlink messages or no records end the dump with an error.
//
//attack:k1
func TestReadDumpMalformed(t *testing.T) {
	length := func(n uint32) []byte {
		b := socket(2)
		order.PutUint32(b, n)
		return b
	}
	attribute := func(n uint16) []byte {
		b := order.AppendUint16(plain(2), n)
		return message(TypeSockByFamily, 0, append(order.AppendUint16(b, attrInfo), make([]byte, 8)...))
	}
	family := plain(2)
	family[0] = 3
	whole := uint32(len(socket(2)))
	for _, tt := range []struct {
		name string
		bad  []byte
		err  error
	}{
		{"message length 0", length(0), ErrShort},
		{"message length 15", length(15), ErrShort},
		{"message length beyond the end", length(whole + 1), ErrShort},
		{"message length 2^32-1", length(math.MaxUint32), ErrShort},
		{"message length in the other byte order", length(whole << 24), ErrShort},
		{"half a header", socket(2)[:headerLen-1], ErrShort},
		{"record of 71 bytes", message(TypeSockByFamily, 0, plain(2)[:recordLen-1]), ErrShort},
		{"record of 0 bytes", message(TypeSockByFamily, 0, nil), ErrShort},
		{"attribute length 0", attribute(0), ErrShort},
		{"attribute length 3", attribute(3), ErrShort},
		{"attribute length beyond the end", attribute(13), ErrShort},
		{"attribute length 65535", attribute(math.MaxUint16), ErrShort},
		{"unknown family", message(TypeSockByFamily, 0, family), ErrFamily},
	} {
		d := dumpTest{kernel: say(join(socket(1), tt.bad)), cookies: []uint64{1}, err: tt.err}
		t.Run(tt.name, d.run)
	}
}
