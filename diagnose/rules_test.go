package diagnose

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
)

// bench drives a Watch with polls of connections that the test makes, and is the table.
type bench struct {
	w    *Watch
	rows map[poller.ID]*poller.Connection
	at   time.Time
	seq  uint64
}

// Get and All make it the table.
func (b *bench) Get(id poller.ID) (c *poller.Connection, ok bool) { c, ok = b.rows[id]; return c, ok }

func (b *bench) All() iter.Seq[*poller.Connection] { return maps.Values(b.rows) }

// newBench begins with rows that were there before.
func newBench(rows ...poller.Connection) *bench {
	b := &bench{rows: map[poller.ID]*poller.Connection{}, at: time.Unix(1e9, 0), w: NewWatch()}
	b.poll(0, open(rows...))
	return b
}

// poll tells the Watch of a poll some time later.
func (b *bench) poll(after time.Duration, d poller.Delta) {
	b.at, b.seq = b.at.Add(after), b.seq+1
	d.At, d.Seq, d.Interval = b.at, b.seq, time.Second
	for _, c := range d.Closed {
		delete(b.rows, c.ID)
	}
	for _, c := range d.Opened {
		c.FirstSeen = b.at
		if after > 0 {
			c.Known |= poller.KnownOpened
		}
		b.rows[c.ID] = c
	}
	for _, c := range d.Changed {
		b.rows[c.ID] = c
	}
	b.w.Apply(&d)
}

// open, change and closing make deltas.
func open(rows ...poller.Connection) (d poller.Delta)   { d.Opened = pointers(rows); return d }
func change(rows ...poller.Connection) (d poller.Delta) { d.Changed = pointers(rows); return d }
func closeAll(rows ...poller.Connection) (d poller.Delta) {
	d.Closed = pointers(rows)
	return d
}

func pointers(rows []poller.Connection) (list []*poller.Connection) {
	for i := range rows {
		list = append(list, &rows[i])
	}
	return list
}

var app = &poller.Process{PID: 812, Name: "app"}

// conn makes a connection of app with a number of its own.
func conn(id int, state poller.State, remote string) poller.Connection {
	return poller.Connection{Owner: app, Direction: poller.Outbound, Socket: poller.Socket{
		ID: poller.ID(id), Protocol: poller.TCP, Family: poller.IPv4, State: state, Known: poller.KnownQueues | poller.KnownRetransmits | poller.KnownBytes,
		Local: netip.MustParseAddrPort(fmt.Sprintf("192.0.2.1:%d", 32768+id%20000)), Remote: netip.MustParseAddrPort(remote),
	}}
}

// many makes several.
func many(from, count int, state poller.State, remote string) (list []poller.Connection) {
	for i := range count {
		list = append(list, conn(from+i, state, remote))
	}
	return list
}

// causes lists the causes found.
func causes(list []Finding) (out []string) {
	for _, f := range list {
		out = append(out, f.Cause)
	}
	return out
}

// expect checks that exactly these causes are found, and that each finding is complete.
func (b *bench) expect(t *testing.T, f Facts, want ...string) []Finding {
	t.Helper()
	if f.GOOS == "" {
		f.GOOS = "linux"
	}
	list := b.w.Findings(b, f)
	if got := causes(list); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("found %v, want %v", got, want)
	}
	for _, f := range list {
		if f.Place == "" || f.Sentence == "" || f.Harmless == "" || len(f.Mend) == 0 {
			t.Errorf("incomplete: %+v", f)
		}
		if _, err := query.Parse(f.Evidence); err != nil {
			t.Errorf("%s: evidence %q: %v", f.Cause, f.Evidence, err)
		}
	}
	return list
}

func TestCloseWaitGrows(t *testing.T) {
	b := newBench(many(1, 12, poller.StateCloseWait, "198.51.100.7:443")...)
	b.expect(t, Facts{}) // 12 that do not grow, and only one look
	b.poll(10*time.Second, open(many(100, 8, poller.StateCloseWait, "198.51.100.7:443")...))
	b.expect(t, Facts{})
	b.poll(10*time.Second, open(many(200, 8, poller.StateCloseWait, "198.51.100.8:443")...))
	f := b.expect(t, Facts{}, causeCloseWait)
	if len(f) == 1 && (f[0].Evidence != "state:CLOSE_WAIT pid:812" || !strings.Contains(f[0].Sentence, "app (PID 812)") || !strings.Contains(f[0].Sentence, "28 are") ||
		!strings.Contains(f[0].Sentence, "16 more than 20s ago") || !strings.Contains(f[0].Sentence, "20, are with 198.51.100.7") || !strings.Contains(f[0].Sentence, "first was seen 20s ago")) {
		t.Errorf("%+v", f[0])
	}
	b.poll(10*time.Second, closeAll(many(100, 8, poller.StateCloseWait, "198.51.100.7:443")...))
	b.expect(t, Facts{}) // it closes some
}

func TestCloseWaitMany(t *testing.T) {
	b := newBench(many(1, closeWaitMany, poller.StateCloseWait, "198.51.100.7:443")...)
	b.expect(t, Facts{}, causeCloseWait)
	b.poll(time.Second, change(conn(5, poller.StateLastAck, "198.51.100.7:443")))
	b.expect(t, Facts{})
}

func TestCalls(t *testing.T) {
	b := newBench(many(1, 4, poller.StateSynSent, "198.51.100.7:443")...)
	b.poll(4*time.Second, open(conn(10, poller.StateSynSent, "198.51.100.7:443")))
	b.expect(t, Facts{}) // the fifth is young
	b.poll(3*time.Second, poller.Delta{})
	if f := b.expect(t, Facts{}, causeCallsOne); len(f) == 1 && (f[0].Place != PlaceServer || f[0].Evidence != "state:SYN_SENT rip:198.51.100.7") {
		t.Errorf("%+v", f[0])
	}
	b.poll(time.Second, change(conn(10, poller.StateEstablished, "198.51.100.7:443")))
	b.expect(t, Facts{})
}

func TestCallsToAll(t *testing.T) {
	b := newBench()
	var rows []poller.Connection
	for i := range 9 {
		rows = append(rows, conn(i+1, poller.StateSynSent, fmt.Sprintf("198.51.100.%d:443", i%3+1)))
	}
	b.poll(time.Second, open(rows...))
	b.poll(7*time.Second, poller.Delta{})
	b.expect(t, Facts{}, causeCallsAll)
	b.poll(time.Second, open(conn(50, poller.StateEstablished, "203.0.113.1:443"))) // somebody is reached
	b.expect(t, Facts{})
}

func TestPorts(t *testing.T) {
	b := newBench(append(many(1, 6, poller.StateTimeWait, "198.51.100.7:443"), many(10, 3, poller.StateEstablished, "198.51.100.7:443")...)...)
	b.expect(t, Facts{}) // the range is not known
	f := b.expect(t, Facts{FirstPort: 40000, LastPort: 40009}, causeNoPorts)
	if len(f) == 1 && (f[0].Severity != Warning || !strings.Contains(f[0].Sentence, "6 in TIME_WAIT") || f[0].Evidence != "proto:tcp dir:outbound,loopback lip:192.0.2.1 rip:198.51.100.7 rport:443") {
		t.Errorf("%+v", f[0])
	}
	b.poll(time.Second, open(conn(20, poller.StateEstablished, "198.51.100.7:443")))
	if f = b.expect(t, Facts{FirstPort: 40000, LastPort: 40009}, causeNoPorts); len(f) == 1 && f[0].Severity != Failure {
		t.Errorf("%+v", f[0])
	}
	b.expect(t, Facts{FirstPort: 32768, LastPort: 60999}) // a range of the usual size
}

// listener makes a listener.
func listener(id int, local string, length, most uint32) poller.Connection {
	c := conn(id, poller.StateListen, "0.0.0.0:0")
	c.Local, c.Direction, c.ReceiveQueue, c.SendQueue = netip.MustParseAddrPort(local), poller.Listening, length, most
	return c
}

func TestBacklog(t *testing.T) {
	b := newBench(listener(1, "192.0.2.1:80", 127, 128))
	b.expect(t, Facts{})
	b.poll(time.Second, change(listener(1, "192.0.2.1:80", 128, 128)))
	if f := b.expect(t, Facts{}, causeBacklog); len(f) == 1 && f[0].Evidence != "state:LISTEN lip:192.0.2.1 lport:80 rq:>=128" {
		t.Errorf("%+v", f[0])
	}
	b.poll(time.Second, closeAll(listener(1, "192.0.2.1:80", 128, 128)))
	b.expect(t, Facts{})
}

func TestNewListener(t *testing.T) {
	b := newBench(listener(1, "0.0.0.0:80", 0, 128))
	b.expect(t, Facts{}) // was there before
	b.poll(time.Second, open(listener(2, "127.0.0.1:81", 0, 128), listener(3, "[::]:82", 0, 128)))
	b.expect(t, Facts{}, causeNewListener)
	b.poll(11*time.Minute, poller.Delta{})
	b.expect(t, Facts{})
}

func TestListenerStartedAgain(t *testing.T) {
	b := newBench(listener(1, "0.0.0.0:80", 0, 128))
	b.poll(time.Second, closeAll(listener(1, "0.0.0.0:80", 0, 128)))
	b.poll(time.Second, open(listener(2, "0.0.0.0:80", 0, 128)))
	b.expect(t, Facts{}) // its program was started again
	b.poll(time.Second, closeAll(listener(2, "0.0.0.0:80", 0, 128)))
	b.poll(11*time.Minute, poller.Delta{})
	b.expect(t, Facts{})
	b.poll(time.Second, open(listener(3, "0.0.0.0:80", 0, 128)))
	b.expect(t, Facts{}, causeNewListener) // so long after
}

func TestLoopbackOnly(t *testing.T) {
	b := newBench(listener(1, "127.0.0.1:5432", 0, 128), listener(2, "127.0.0.1:80", 0, 128), listener(3, "192.0.2.1:80", 0, 128))
	if got := b.w.Wants(b).Ports; !slices.Equal(got, []uint16{5432}) {
		t.Errorf("wants to hear of %v", got)
	}
	try := func(from string, port uint16) Try { return Try{netip.MustParseAddrPort(from), port} }
	tries := []Try{try("192.0.2.9:4000", 5432), try("192.0.2.9:4001", 5432), try("192.0.2.8:4000", 80), try("192.0.2.8:4001", 81)}
	b.expect(t, Facts{Tries: tries}, causeLoopback)
	f := b.expect(t, Facts{Tries: tries[:1]}, causeLoopback) // the same one once more
	if len(f) == 1 && !strings.Contains(f[0].Sentence, "192.0.2.9 tried to reach it, 2 times") {
		t.Errorf("%+v", f[0])
	}
	b.poll(11*time.Minute, poller.Delta{})
	b.expect(t, Facts{}) // long ago
	if open := newBench(listener(1, "0.0.0.0:80", 0, 128)); len(open.w.Wants(open).Ports) > 0 {
		t.Error("asked for nothing")
	}
}

func TestQueues(t *testing.T) {
	c := conn(1, poller.StateEstablished, "198.51.100.7:443")
	c.ReceiveQueue, c.SendQueue = 5000, 9000
	b := newBench(c)
	b.poll(29*time.Second, poller.Delta{})
	b.expect(t, Facts{})
	b.poll(2*time.Second, poller.Delta{})
	b.expect(t, Facts{}, causeUnread, causeUnsent)
	c.ReceiveQueue, c.SendQueue = 6000, 8000 // more to read, and some was taken
	b.poll(time.Second, change(c))
	b.expect(t, Facts{}, causeUnread)
	c.ReceiveQueue = 0
	b.poll(time.Second, change(c))
	b.expect(t, Facts{})
}

// TestUnreadFIN: the end of the other side stands in the receive queue as a byte until it is read, and is none.
func TestUnreadFIN(t *testing.T) {
	c := conn(1, poller.StateCloseWait, "198.51.100.7:443")
	c.ReceiveQueue = 1
	b := newBench(c)
	b.poll(40*time.Second, poller.Delta{})
	b.expect(t, Facts{})
	c.ReceiveQueue = 2
	b.poll(time.Second, change(c))
	b.poll(40*time.Second, poller.Delta{})
	if f := b.expect(t, Facts{}, causeUnread); len(f) == 1 && !strings.Contains(f[0].Sentence, "1 byte on 1 connection") {
		t.Errorf("%+v", f[0])
	}
}

// TestUnreadOfLeak: of a process that forgets its connections it is not said as well that it does not read.
func TestUnreadOfLeak(t *testing.T) {
	rows := many(1, closeWaitMany, poller.StateCloseWait, "198.51.100.7:443")
	for i := range rows {
		rows[i].ReceiveQueue = 400
	}
	b := newBench(rows...)
	b.poll(40*time.Second, poller.Delta{})
	b.expect(t, Facts{}, causeCloseWait)
	b.poll(time.Second, closeAll(rows[:50]...))
	b.expect(t, Facts{}, causeUnread) // fewer than are too many, and still not read
}

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 51058: "51 kB", 999_499: "999 kB", 999_500: "1.0 MB", 3_200_000_000: "3.2 GB", 5_000_000_000_000: "5 TB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// sends makes a connection that has sent bytes and repeated segments, and sends so many segments a second.
func sends(id int, remote string, segments int, again uint32, rate float64) poller.Connection {
	c := conn(id, poller.StateEstablished, remote)
	c.BytesSent, c.Retransmits, c.SendRate = uint64(segments*segmentSize), again, rate*segmentSize
	if rate > 0 {
		c.Known |= poller.KnownRates
	}
	return c
}

func TestRetransmits(t *testing.T) {
	b := newBench(sends(1, "198.51.100.7:8443", 400, 40, 0), sends(2, "198.51.100.8:443", 4000, 1, 0))
	if f := b.expect(t, Facts{}, causeRetransmits); len(f) == 1 && (f[0].Evidence != "retr:>0 -dir:loopback rip:198.51.100.7" || !strings.Contains(f[0].Mend[0], "198.51.100.7:8443")) {
		t.Errorf("%+v", f[0])
	}
	b.poll(time.Second, change(sends(2, "198.51.100.8:443", 4100, 1, 100)))
	b.poll(61*time.Second, poller.Delta{})
	b.expect(t, Facts{}, causeRetransmits) // within two minutes, though nothing moved
	b.poll(150*time.Second, poller.Delta{})
	b.expect(t, Facts{}) // it was long ago
}

// TestRetransmitsNow: what counts is what is sent again now, not how it began.
func TestRetransmitsNow(t *testing.T) {
	b := newBench(sends(1, "198.51.100.7:443", 40000, 40, 0), sends(2, "198.51.100.8:443", 4000, 1, 0))
	b.expect(t, Facts{})
	b.poll(130*time.Second, poller.Delta{})
	for i := range 10 {
		b.poll(time.Second, change(sends(1, "198.51.100.7:443", 40000+20*i, uint32(42+2*i), 20), sends(2, "198.51.100.8:443", 4000+20*i, 1, 20)))
	}
	b.expect(t, Facts{}, causeRetransmits)
}

// TestRetransmitsUnwatched: of the time in which nobody looked nothing is told.
func TestRetransmitsUnwatched(t *testing.T) {
	b := newBench(sends(1, "198.51.100.7:443", 400, 0, 0), sends(2, "198.51.100.8:443", 4000, 1, 0))
	late := sends(3, "198.51.100.9:443", 400, 40, 0)
	b.poll(10*time.Minute, change(sends(1, "198.51.100.7:443", 800, 400, 0)))
	b.poll(0, open(late)) // its age is not known: it was opened while nobody looked
	b.expect(t, Facts{})
}

func TestRetransmitsEverywhere(t *testing.T) {
	b := newBench(sends(1, "198.51.100.7:443", 400, 40, 0), sends(2, "198.51.100.8:443", 400, 40, 0), sends(3, "198.51.100.9:443", 400, 41, 0))
	b.expect(t, Facts{}, causeEverywhere)
}

// drops makes a UDP socket that threw datagrams away.
func drops(id int, local string, count uint32) poller.Connection {
	c := conn(id, poller.StateNone, "0.0.0.0:0")
	c.Protocol, c.Local, c.Direction, c.Drops, c.Known = poller.UDP, netip.MustParseAddrPort(local), poller.Listening, count, poller.KnownQueues|poller.KnownDrops
	return c
}

// TestDropsNameTheSocket: the kernel's count of a socket tells whose datagrams were lost.
func TestDropsNameTheSocket(t *testing.T) {
	b := newBench(drops(1, "192.0.2.1:53", 500), drops(2, "192.0.2.1:5353", 3))
	b.expect(t, Facts{}) // long ago
	b.poll(time.Second, change(drops(1, "192.0.2.1:53", 512), drops(2, "192.0.2.1:5353", 4)))
	if f := b.expect(t, Facts{}, causeUDP); len(f) == 1 && (!strings.Contains(f[0].Sentence, "13 UDP datagrams") || !strings.Contains(f[0].Sentence, "most, 12, were for app (PID 812) on port 53")) {
		t.Errorf("%+v", f[0])
	}
	b.poll(61*time.Second, poller.Delta{})
	b.expect(t, Facts{})
}

// TestClockSet: when the clock is set, nothing has waited for an hour.
func TestClockSet(t *testing.T) {
	c := conn(1, poller.StateEstablished, "198.51.100.7:443")
	c.ReceiveQueue = 5000
	b := newBench(append(many(10, 5, poller.StateSynSent, "198.51.100.8:443"), c)...)
	d := change(c)
	d.ClockSet = true
	b.poll(time.Hour, d)
	b.expect(t, Facts{})
	d = change(c)
	d.ClockSet = true
	b.poll(-3*time.Hour, d)
	b.expect(t, Facts{})
	b.poll(40*time.Second, poller.Delta{})
	b.expect(t, Facts{}, causeCallsOne, causeUnread)
}

func TestCountersGrow(t *testing.T) {
	b := newBench()
	count := func(overflows, full int64) Facts {
		return Facts{Counters: map[string]int64{"TcpExt.ListenOverflows": overflows, "Udp.InErrors": full, "Udp.RcvbufErrors": full}}
	}
	b.expect(t, count(100, 1000)) // since boot is no news
	b.poll(6*time.Second, poller.Delta{})
	b.expect(t, count(103, 1009), causeOverflows)
	b.poll(6*time.Second, poller.Delta{})
	b.expect(t, count(103, 1010), causeOverflows, causeUDP)
	b.poll(2*time.Minute, poller.Delta{})
	b.expect(t, count(103, 1010), causeOverflows, causeUDP) // the samples before are dropped with this one
	b.poll(6*time.Second, poller.Delta{})
	b.expect(t, count(103, 1010))
}

func TestLimits(t *testing.T) {
	b := newBench()
	b.expect(t, Facts{Tracked: 79, TrackedMost: 100, Descriptors: map[int32]Descriptors{812: {84, 100}, 1: {5, 0}}})
	f := b.expect(t, Facts{Tracked: 80, TrackedMost: 100, Descriptors: map[int32]Descriptors{812: {85, 100}}}, causeDescriptors, causeConntrack)
	if len(f) == 2 && f[1].Severity != Warning {
		t.Errorf("%+v", f)
	}
	if f = b.expect(t, Facts{Tracked: 95, TrackedMost: 100}, causeConntrack); len(f) == 1 && f[0].Severity != Failure {
		t.Errorf("%+v", f)
	}
}

func TestWants(t *testing.T) {
	other := &poller.Process{PID: 5, Name: "other"}
	rows := many(1, 100, poller.StateEstablished, "198.51.100.7:443")
	for _, c := range many(1000, 150, poller.StateEstablished, "198.51.100.7:443") {
		c.Owner = other
		rows = append(rows, c)
	}
	b := newBench(append(rows, conn(5000, poller.StateEstablished, "198.51.100.7:443"))...)
	if got := b.w.Wants(b); len(got.PIDs) != 2 || got.PIDs[0] != 5 || got.PIDs[1] != 812 || got.Ports != nil {
		t.Errorf("wants %v", got)
	}
	f := b.expect(t, Facts{Descriptors: map[int32]Descriptors{5: {90, 100}}}, causeDescriptors)
	if len(f) == 1 && !strings.HasPrefix(f[0].Sentence, "other (PID 5) has 90 of 100") {
		t.Errorf("%+v", f)
	}
	few := newBench(conn(1, poller.StateCloseWait, "198.51.100.7:443"))
	if got := few.w.Wants(few); len(got.PIDs) != 0 {
		t.Errorf("wants %v", got)
	}
}

// TestWatchForgets: whatever comes and goes, once all is closed nothing is remembered of sockets, and on the way what
// is counted is what is there.
func TestWatchForgets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench()
		there := map[poller.ID]poller.Connection{}
		for range rapid.IntRange(1, 30).Draw(t, "polls") {
			id := rapid.IntRange(1, 8).Draw(t, "id")
			state := rapid.SampledFrom([]poller.State{poller.StateSynSent, poller.StateEstablished, poller.StateCloseWait, poller.StateTimeWait, poller.StateListen}).Draw(t, "state")
			c := conn(id, state, fmt.Sprintf("198.51.100.%d:443", rapid.IntRange(1, 3).Draw(t, "remote")))
			c.Direction = rapid.SampledFrom([]poller.Direction{poller.Outbound, poller.Inbound, poller.Loopback}).Draw(t, "direction")
			c.ReceiveQueue, c.SendQueue = rapid.Uint32Range(0, 2).Draw(t, "rq"), rapid.Uint32Range(0, 2).Draw(t, "sq")
			c.Retransmits = rapid.Uint32Range(0, 9).Draw(t, "again")
			if rapid.Bool().Draw(t, "unowned") {
				c.Owner = nil
			}
			old, known := there[c.ID]
			if known { // what a socket keeps for its life, and a listener stays one
				c.Remote, c.Direction = old.Remote, old.Direction
				if (old.State == poller.StateListen) != (c.State == poller.StateListen) {
					c.State = old.State
				}
			}
			if c.State == poller.StateListen {
				c.Remote, c.Direction = netip.MustParseAddrPort("0.0.0.0:0"), poller.Listening
			} else if !known && rapid.Bool().Draw(t, "bound") { // and not connected yet
				c.Remote, c.Direction, c.State = netip.MustParseAddrPort("0.0.0.0:0"), poller.DirectionUnknown, poller.StateClosed
			} else if known && !old.Connected() { // it connects
				c.Remote, c.Direction = netip.MustParseAddrPort("198.51.100.1:443"), poller.Outbound
			}
			switch {
			case known && rapid.Bool().Draw(t, "close"):
				b.poll(time.Second, closeAll(there[c.ID]))
				delete(there, c.ID)
			case known:
				b.poll(time.Second, change(c))
				there[c.ID] = c
			default:
				b.poll(time.Second, open(c))
				there[c.ID] = c
			}
			checkCounts(t, b.w, there)
			b.w.Findings(b, Facts{FirstPort: 1, LastPort: 9})
		}
		for _, c := range there {
			b.poll(time.Second, closeAll(c))
		}
		w := b.w
		if n := len(w.closing.of) + len(w.closing.leaks) + len(w.dialling.calls) + len(w.tuples.count) + len(w.tuples.hot) + len(w.tuples.apart) +
			len(w.doors.open) + len(w.queues.unread) + len(w.queues.unsent) + len(w.losses.repeats); n != 0 {
			t.Fatalf("%d things are remembered: %+v", n, w)
		}
	})
}

// checkCounts compares the counts of a Watch with the rows.
func checkCounts(t *rapid.T, w *Watch, there map[poller.ID]poller.Connection) {
	closeWait, tuples, listening := 0, 0, 0
	for _, c := range there {
		if c.State == poller.StateCloseWait {
			closeWait++
		}
		if takesPort(&c) {
			tuples++
		}
		if c.State == poller.StateListen {
			listening++
		}
	}
	for _, l := range w.closing.leaks {
		closeWait -= l.count
	}
	for _, n := range w.tuples.count {
		tuples -= int(n)
	}
	if closeWait != 0 || tuples != 0 || len(w.doors.open) != listening {
		t.Fatalf("off by %d in CLOSE_WAIT, %d in tuples; %d listeners of %d", closeWait, tuples, len(w.doors.open), listening)
	}
}
