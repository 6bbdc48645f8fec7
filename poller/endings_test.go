package poller

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"sockeye/poller/sockdiag"
)

// stream is a stream of events that the test makes.
type stream struct {
	events chan any // *sockdiag.Record or error
	lost   uint64
	deaf   bool // it does not say how many were lost
}

func (s *stream) Receive(each func(*sockdiag.Record)) error {
	switch e := (<-s.events).(type) {
	case *sockdiag.Record:
		each(e)
		return nil
	case error:
		return e
	}
	return os.ErrClosed
}

func (s *stream) Lost() (uint64, error) {
	if s.deaf {
		return 0, errBroken
	}
	return s.lost, nil
}

func (s *stream) Close() error {
	close(s.events)
	return nil
}

// over makes the last word on a connection.
func over(cookie uint64) *sockdiag.Record {
	return &sockdiag.Record{
		Family: sockdiag.FamilyIPv4, State: sockdiag.Close, Protocol: sockdiag.ProtocolTCP, Cookie: cookie,
		Source: netip.MustParseAddrPort("127.0.0.1:1"), Destination: netip.MustParseAddrPort("127.0.0.1:2"),
	}
}

// collect sends events through endings and returns what is there at the end.
func collect(t *testing.T, s *stream, events ...any) (list []end, lost uint64) {
	t.Helper()
	s.events = make(chan any)
	e := startEndings(s, quiet())
	for _, event := range events {
		s.events <- event
	}
	check(t, e.stop())
	return e.take(nil)
}

// Ends of sockets are kept in order.
func TestEndingsCollect(t *testing.T) {
	list, lost := collect(t, &stream{}, over(1), over(3))
	if len(list) != 2 || list[0].record.Cookie != 1 || list[1].record.Cookie != 3 || lost != 0 {
		t.Errorf("%d endings, %d lost: %v", len(list), lost, list)
	}
}

// What the kernel drops is counted by its own count, and where that cannot be had, at least once for each report.
func TestEndingsLost(t *testing.T) {
	if list, lost := collect(t, &stream{lost: 7}, sockdiag.ErrLost, over(1), sockdiag.ErrLost); len(list) != 1 || lost != 7 {
		t.Errorf("%d endings, %d lost, want 1 and 7", len(list), lost)
	}
	if _, lost := collect(t, &stream{deaf: true}, sockdiag.ErrLost, sockdiag.ErrLost); lost != 2 {
		t.Errorf("%d lost, want 2", lost)
	}
}

// A stream that breaks ends the collecting, which can be told, and stop still works.
func TestEndingsBroken(t *testing.T) {
	s := &stream{events: make(chan any, 1)}
	e := startEndings(s, quiet())
	if e.broken() {
		t.Error("broken from the start")
	}
	s.events <- errors.New("broken for good")
	<-e.done
	if !e.broken() {
		t.Error("not broken")
	}
	check(t, e.stop())
}

// No more endings wait than there is room for; the others are lost, and counted.
func TestEndingsBounded(t *testing.T) {
	e := &endings{}
	r := over(1)
	for range maxEndings + 5 {
		e.add(r)
	}
	if list, lost := e.take(nil); len(list) != maxEndings || lost != 5 {
		t.Errorf("%d endings, %d lost", len(list), lost)
	}
	p := newPoller(&scripted{}, nobody{}, Options{Log: quiet()})
	p.endings = &endings{}
	for range 2 { // polls that fail leave them waiting
		for range maxEndings {
			p.endings.add(r)
		}
		p.takeEndings()
	}
	if len(p.ends) != maxEndings || p.lostBefore != maxEndings {
		t.Errorf("%d endings wait, %d lost", len(p.ends), p.lostBefore)
	}
}

// Only connections end: a socket without a remote end is none, unless its row knows better.
func TestEndingsAreOfConnections(t *testing.T) {
	table := newTable()
	bring(table, []Socket{
		tcp4(1, StateListen, "127.0.0.1:1", ""), tcp4(2, StateEstablished, "127.0.0.1:1", "127.0.0.1:2"),
	}, 0)
	var ends []end
	for cookie := range uint64(4) {
		ends = append(ends, end{record: *over(cookie)})
		ends[cookie].record.Destination = netip.MustParseAddrPort("0.0.0.0:0")
	}
	ended := table.end(ends, interfaceName)
	if len(ended) != 1 || ended[0].ID != 2 || ended[0].Final || !ended[0].Seen || ended[0].State != StateEstablished {
		t.Errorf("%+v", ended)
	}
}

// finalBytes takes SYN and FIN off the kernel's counters.
func TestFinalBytes(t *testing.T) {
	info := func(sent, retrans, acked, received uint64) sockdiag.Info {
		return sockdiag.Info{BytesSent: sent, BytesRetrans: retrans, BytesAcked: acked, BytesReceived: received, HasBytes: true, HasSent: true}
	}
	for _, tt := range []struct {
		name                string
		info                sockdiag.Info
		passive, peerClosed bool
		received, sent      uint64
	}{
		{"client, closed", info(100, 0, 102, 51), false, false, 50, 100},
		{"server, closed", info(50, 0, 51, 101), true, false, 100, 50},
		{"client, reset", info(100, 0, 101, 50), false, false, 50, 100},
		{"server, reset", info(50, 0, 50, 100), true, false, 100, 50},
		{"closed by the peer, then reset", info(100, 0, 101, 51), false, true, 50, 100},
		{"with repetitions", info(130, 30, 102, 51), false, false, 50, 100},
		{"never answered", info(0, 0, 0, 0), false, false, 0, 0},
		{"nothing sent, closed", info(0, 0, 2, 1), false, false, 0, 0},
		{"not all acknowledged", info(100, 0, 41, 7), false, false, 7, 100},
		{"old kernel", sockdiag.Info{BytesAcked: 102, BytesReceived: 51, HasBytes: true}, false, false, 51, 102},
	} {
		if received, sent := finalBytes(&tt.info, tt.passive, tt.peerClosed); received != tt.received || sent != tt.sent {
			t.Errorf("%s: %d in, %d out; want %d and %d", tt.name, received, sent, tt.received, tt.sent)
		}
	}
}

// Endings of a poll that failed are told with the next one that does not.
func TestEndingsSurviveAFailedPoll(t *testing.T) {
	broken := true
	var told []Ending
	p := newPoller(&scripted{list: func(context.Context) ([]Socket, error) {
		if broken {
			return nil, errBroken
		}
		return nil, nil
	}}, nobody{}, Options{Interval: time.Second, Log: quiet(), Observe: func(d *Delta) { told = append(told, d.Ended...) }})
	p.endings = &endings{}
	p.endings.add(over(1))
	p.poll(t.Context())
	if len(told) != 0 || p.table.status.Ended != 0 {
		t.Errorf("a failed poll told of %v", told)
	}
	broken = false
	p.endings.add(over(2))
	p.poll(t.Context())
	p.poll(t.Context())
	if len(told) != 2 || told[0].ID != 1 || told[1].ID != 2 || p.table.status.Ended != 2 {
		t.Errorf("told of %v", told)
	}
}
