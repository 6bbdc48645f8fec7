package main

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/poller/sockdiag"
)

// message is a netlink message of the dump 7.
func message(kind sockdiag.MessageType, payload ...byte) []byte {
	return sockdiag.AppendMessage(nil, sockdiag.Header{Type: kind, Sequence: 7}, payload)
}

func TestEnds(t *testing.T) {
	record := message(sockdiag.TypeSockByFamily, make([]byte, 72)...)
	done := message(sockdiag.TypeDone, 0, 0, 0, 0)
	refused := []byte{0xff, 0xff, 0xff, 0xff} // -EPERM
	for name, tt := range map[string]struct {
		datagram []byte
		end      bool
		err      error
	}{
		"records":             {append(record, record...), false, nil},
		"end alone":           {done, true, nil},
		"end after records":   {append(record, done...), true, nil},
		"end with an errno":   {message(sockdiag.TypeDone, refused...), true, syscall.EPERM},
		"refusal":             {message(sockdiag.TypeError, append(refused, record[:16]...)...), true, syscall.EPERM},
		"end of another dump": {append(record, sockdiag.AppendMessage(nil, sockdiag.Header{Type: sockdiag.TypeDone, Sequence: 6}, make([]byte, 4))...), false, nil},
		"short":               {done[:10], false, sockdiag.ErrShort},
	} {
		end, err := ends(tt.datagram, 7)
		if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) || tt.err == nil && end != tt.end {
			t.Errorf("%s: end %t, %v; want %t, %v", name, end, err, tt.end, tt.err)
		}
	}
}

// TestRawDumpReadsAll sockets: there are at least those that were opened here, and each takes a message of 72 bytes
// after its header.
func TestRawDumpReadsAll(t *testing.T) {
	const n = 200
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	raw, err := openRawDump()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for range 2 { // the second finds the first read to its end
		took, bytes, err := raw.time()
		if err != nil || took <= 0 || bytes < n*(16+72) {
			t.Fatalf("%d bytes in %v, %v", bytes, took, err)
		}
	}
	if allocs := testing.AllocsPerRun(10, func() { _, _, _ = raw.time() }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestRawDumpFails(t *testing.T) {
	fd, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw := newRawDump(fd)
	defer raw.Close()
	if _, _, err := raw.time(); err == nil {
		t.Error("no error where nothing can be read")
	}
}
