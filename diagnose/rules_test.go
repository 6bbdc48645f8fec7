package diagnose

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/query"
)

// bench drives a Watch with polls of connections that the test makes.
type bench struct {
	w    *Watch
	rows map[poller.ID]*poller.Connection
	at   time.Time
}

// newBench begins with rows that were there before.
func newBench(rows ...poller.Connection) *bench {
	b := &bench{rows: map[poller.ID]*poller.Connection{}, at: time.Unix(1e9, 0)}
	b.w = newWatch(0, b.at)
	for _, c := range rows {
		b.rows[c.ID] = &c
		b.w.put(&c, false)
	}
	return b
}

// poll tells the Watch of a poll some time later.
func (b *bench) poll(after time.Duration, d poller.Delta) {
	b.at = b.at.Add(after)
	d.At = b.at
	b.w.Apply(&d)
}

// open, change and closeAll make deltas.
func open(rows ...poller.Connection) (d poller.Delta)   { d.Opened = pointers(rows); return d }
func change(rows ...poller.Connection) (d poller.Delta) { d.Changed = pointers(rows); return d }
func closing(rows ...poller.Connection) (d poller.Delta) {
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
	list := b.w.Findings(f)
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
	b.expect(t, Facts{}) // 12 that do not grow
	b.poll(10*time.Second, open(many(100, 8, poller.StateCloseWait, "198.51.100.7:443")...))
	b.expect(t, Facts{})
	b.poll(10*time.Second, open(many(200, 8, poller.StateCloseWait, "198.51.100.8:443")...))
	f := b.expect(t, Facts{}, causeCloseWait)
	if len(f) == 1 && (f[0].Evidence != "state:CLOSE_WAIT pid:812" || !strings.Contains(f[0].Sentence, "app (PID 812)") || !strings.Contains(f[0].Sentence, "28 are") ||
		!strings.Contains(f[0].Sentence, "16 more than 20s ago") || !strings.Contains(f[0].Sentence, "20, are with 198.51.100.7")) {
		t.Errorf("%+v", f[0])
	}
	b.poll(10*time.Second, closing(many(100, 8, poller.StateCloseWait, "198.51.100.7:443")...))
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
	if len(f) == 1 && (f[0].Severity != Warning || !strings.Contains(f[0].Sentence, "6 in TIME_WAIT") || f[0].Evidence != "rip:198.51.100.7 rport:443") {
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
	if f := b.expect(t, Facts{}, causeBacklog); len(f) == 1 && f[0].Evidence != "state:LISTEN lport:80" {
		t.Errorf("%+v", f[0])
	}
	b.poll(time.Second, closing(listener(1, "192.0.2.1:80", 128, 128)))
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

func TestLoopbackOnly(t *testing.T) {
	b := newBench(listener(1, "127.0.0.1:5432", 0, 128), listener(2, "127.0.0.1:80", 0, 128), listener(3, "192.0.2.1:80", 0, 128))
	b.expect(t, Facts{Tried: map[uint16]int{5432: 3, 80: 9, 81: 2}}, causeLoopback)
	b.expect(t, Facts{})
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

// sends makes a connection that has sent bytes and repeated segments.
func sends(id int, remote string, segments int, again uint32) poller.Connection {
	c := conn(id, poller.StateEstablished, remote)
	c.BytesSent, c.Retransmits = uint64(segments*segmentSize), again
	return c
}

func TestRetransmits(t *testing.T) {
	b := newBench(sends(1, "198.51.100.7:443", 400, 40), sends(2, "198.51.100.8:443", 4000, 1))
	if f := b.expect(t, Facts{}, causeRetransmits); len(f) == 1 && f[0].Evidence != "rip:198.51.100.7" {
		t.Errorf("%+v", f[0])
	}
	b.poll(150*time.Second, change(sends(2, "198.51.100.8:443", 8000, 2)))
	b.expect(t, Facts{}) // it was long ago
}

func TestRetransmitsEverywhere(t *testing.T) {
	b := newBench(sends(1, "198.51.100.7:443", 400, 40), sends(2, "198.51.100.8:443", 400, 40), sends(3, "198.51.100.9:443", 400, 41))
	b.expect(t, Facts{}, causeEverywhere)
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
	b := newBench(many(1, 11, poller.StateCloseWait, "198.51.100.7:443")...)
	if got := b.w.Wants(); len(got) != 1 || got[0] != 812 {
		t.Errorf("wants %v", got)
	}
	if got := newBench(conn(1, poller.StateCloseWait, "198.51.100.7:443")).w.Wants(); len(got) != 0 {
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
			c.ReceiveQueue, c.SendQueue = rapid.Uint32Range(0, 2).Draw(t, "rq"), rapid.Uint32Range(0, 2).Draw(t, "sq")
			c.Retransmits = rapid.Uint32Range(0, 9).Draw(t, "again")
			if rapid.Bool().Draw(t, "unowned") {
				c.Owner = nil
			}
			_, known := there[c.ID]
			switch {
			case known && rapid.Bool().Draw(t, "close"):
				b.poll(time.Second, closing(there[c.ID]))
				delete(there, c.ID)
			case known:
				b.poll(time.Second, change(c))
				there[c.ID] = c
			default:
				b.poll(time.Second, open(c))
				there[c.ID] = c
			}
			checkCounts(t, b.w, there)
			b.w.Findings(Facts{FirstPort: 1, LastPort: 9})
		}
		for _, c := range there {
			b.poll(time.Second, closing(c))
		}
		w := b.w
		if n := len(w.seen) + len(w.closeWait) + len(w.calling) + len(w.tuples) + len(w.hot) + len(w.listeners) + len(w.unread) + len(w.unsent); n != 0 {
			t.Fatalf("%d things are remembered: %+v", n, w)
		}
	})
}

// checkCounts compares the counts of a Watch with the rows.
func checkCounts(t *rapid.T, w *Watch, there map[poller.ID]poller.Connection) {
	closeWait, tuples := 0, 0
	for _, c := range there {
		if c.State == poller.StateCloseWait {
			closeWait++
		}
		tuples++
	}
	for _, l := range w.closeWait {
		closeWait -= l.count
	}
	for _, s := range w.tuples {
		tuples -= s.total
	}
	if closeWait != 0 || tuples != 0 || len(w.seen) != len(there) {
		t.Fatalf("off by %d in CLOSE_WAIT, %d in tuples; %d seen of %d", closeWait, tuples, len(w.seen), len(there))
	}
}

// BenchmarkApply has 100,000 sockets of which one in a hundred changes.
func BenchmarkApply(b *testing.B) {
	x := newBench(many(1, 100000, poller.StateEstablished, "198.51.100.7:443")...)
	changed := many(1, 1000, poller.StateEstablished, "198.51.100.7:443")
	b.ReportAllocs()
	for b.Loop() {
		x.poll(time.Second, change(changed...))
		x.w.Findings(Facts{FirstPort: 32768, LastPort: 60999})
	}
}
