package sockdiag

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The dump that the fake kernel answers.
const (
	testPort     = 4242
	testSequence = 7
)

// errEnd is what the fake kernel gives where a real one would let its reader wait.
var errEnd = errors.New("no more datagrams")

// kernel is a receiver that plays the kernel's part at byte level: one prepared datagram a receive, then errEnd.
type kernel struct {
	datagrams []datagram
	received  int
}

func (k *kernel) receive() (datagram, error) {
	if k.received == len(k.datagrams) {
		return datagram{}, errEnd
	}
	k.received++
	return k.datagrams[k.received-1], nil
}

// say returns a kernel that sends each argument as one datagram.
func say(datagrams ...[]byte) *kernel {
	k := &kernel{}
	for _, b := range datagrams {
		k.datagrams = append(k.datagrams, datagram{data: b})
	}
	return k
}

// message is one message of the dump under test.
func message(kind MessageType, flags uint16, payload []byte) []byte {
	return AppendMessage(nil, Header{Type: kind, Flags: flags, Sequence: testSequence, PortID: testPort}, payload)
}

// socket is a message with a record of which only the cookie matters.
func socket(cookie uint64) []byte { return message(TypeSockByFamily, 0, plain(cookie)) }

// plain is the wire form of a small record.
func plain(cookie uint64) []byte {
	return AppendRecord(nil, &Record{
		Family: FamilyIPv4, State: Established, Cookie: cookie,
		Source: netip.MustParseAddrPort("192.0.2.1:80"), Destination: netip.MustParseAddrPort("192.0.2.2:50000"),
	})
}

// done is the message that ends a dump.
func done(errno int32) []byte { return message(TypeDone, 0, number(errno)) }

// number is an errno on the wire.
func number(errno int32) []byte { return order.AppendUint32(nil, uint32(errno)) }

// join puts messages into one datagram.
func join(messages ...[]byte) []byte {
	var all []byte
	for _, m := range messages {
		all = append(all, m...)
	}
	return all
}

// equal compares records, whose addresses have no exported fields.
func equal() cmp.Option {
	return cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
}

// check ends the test on an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
