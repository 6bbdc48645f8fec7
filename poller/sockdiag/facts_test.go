package sockdiag

import (
	"net/netip"
	"testing"
)

// payload is what the first client of a captured dump had sent.
const payload = "five5"

// many is how many connections the captured TCP dump has, so that it takes more than one datagram.
const many = 30

// overflow is how many datagrams were sent to a UDP socket that had no room for all of them.
const overflow = 20

// fact is one socket that was open when a dump was taken. The ports are fixed: it was alone in its network namespace.
type fact struct {
	state               uint8
	source, destination string
	is                  func(*Record) bool // what else is true of it; nil for nothing
}

// facts of the captured dumps, by name.
var capturedFacts = map[string][]fact{
	"tcp4-le": {
		{Listen, "127.0.0.1:7001", "0.0.0.0:0", func(r *Record) bool { return r.SendQueue > 0 && r.Inode != 0 }},
		{Established, "127.0.0.1:7101", "127.0.0.1:7001", func(r *Record) bool {
			return r.Info.BytesSent == uint64(len(payload)) && r.HasInfo && r.Info.HasSent && r.Info.RTT > 0 &&
				r.Info.Unacked == 0 && r.Info.BytesAcked == r.Info.BytesSent+1 // its SYN
		}},
		{Established, "127.0.0.1:7001", "127.0.0.1:7101", func(r *Record) bool {
			return r.ReceiveQueue == uint32(len(payload)) && r.Info.BytesReceived == uint64(len(payload)) &&
				r.Info.Unacked == 0 && r.Info.BytesAcked == 0
		}},
		{Established, "127.0.0.1:7130", "127.0.0.1:7001", nil},
		{CloseWait, "127.0.0.1:7102", "127.0.0.1:7001", nil},
		{FinWait2, "127.0.0.1:7001", "127.0.0.1:7102", nil},
		{TimeWait, "127.0.0.1:7103", "127.0.0.1:7001", func(r *Record) bool {
			return r.Inode == 0 && r.Timer == TimerTimeWait && !r.HasInfo && r.Expires > 0
		}},
	},
	"tcp6-le": {
		{Listen, "[::]:7002", "[::]:0", func(r *Record) bool { return r.HasV6 && !r.V6Only }},
		{Established, "[::ffff:127.0.0.1]:7002", "[::ffff:127.0.0.1]:7201", nil},
		{Listen, "[::]:7003", "[::]:0", func(r *Record) bool { return r.HasV6 && r.V6Only }},
		{Established, "[::1]:7301", "[::1]:7003", nil},
	},
	"udp4-le": {
		{Close, "127.0.0.1:7004", "0.0.0.0:0", func(r *Record) bool {
			return r.Inode != 0 && !r.HasInfo && r.ReceiveQueue > 0 && r.HasDrops && r.Drops > 0 && r.Drops < overflow
		}},
		{Established, "127.0.0.1:7401", "127.0.0.1:7004", func(r *Record) bool { return r.HasDrops && r.Drops == 0 }},
	},
	"udp6-le": {
		{Close, "[::]:7005", "[::]:0", func(r *Record) bool { return r.HasV6 && !r.V6Only && r.Drops > 0 }},
		{Established, "[::1]:7501", "[::1]:7005", nil},
	},
}

// facts compares a dump with what was open when it was taken. Each socket is there once, with a cookie of its own.
func (c *capture) facts(t *testing.T) {
	t.Helper()
	records := c.decode(t)
	cookies := map[uint64]bool{0: true}
	for _, r := range records {
		if cookies[r.Cookie] {
			t.Errorf("cookie %d is 0 or there twice", r.Cookie)
		}
		cookies[r.Cookie] = true
		if r.Family != c.request.Family {
			t.Errorf("family %d in a dump of family %d", r.Family, c.request.Family)
		}
	}
	for _, f := range capturedFacts[c.name] {
		f.check(t, records)
	}
	if n := len(c.kernel(t).datagrams); c.name == "tcp4-le" && n < 3 {
		t.Errorf("%d datagrams do not show how a dump is split", n)
	}
}

// check looks for the socket among the records.
func (f *fact) check(t *testing.T, records []Record) {
	t.Helper()
	found := 0
	for i := range records {
		r := &records[i]
		if r.Source != netip.MustParseAddrPort(f.source) || r.Destination != netip.MustParseAddrPort(f.destination) {
			continue
		}
		found++
		if r.State != f.state || f.is != nil && !f.is(r) {
			t.Errorf("%s → %s: %+v", f.source, f.destination, *r)
		}
	}
	if found != 1 {
		t.Errorf("%s → %s is there %d times", f.source, f.destination, found)
	}
}
