package web

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// The throng of the benchmarks: many sockets, of which one in a hundred comes, goes or changes with each poll.
const (
	throngSockets   = 100_000
	throngProcesses = 200
	throngChurn     = throngSockets / 100
)

// throng is a machine with many sockets, as [poller.Fake] sees it.
type throng struct {
	sockets []poller.Socket
	last    poller.ID
	rand    *rand.Rand
}

// newThrong returns a throng that is the same in every run.
func newThrong() *throng {
	c := &throng{rand: rand.New(rand.NewPCG(1, 2))}
	for range throngSockets {
		c.sockets = append(c.sockets, c.socket())
	}
	return c
}

// socket returns a socket that was not there before.
func (c *throng) socket() poller.Socket {
	c.last++
	var remote [4]byte
	binary.BigEndian.PutUint32(remote[:], 0xc6336400|c.rand.Uint32N(256)) // 198.51.100.0/24
	s := poller.Socket{
		ID: c.last, Protocol: poller.TCP, Family: poller.IPv4, State: poller.StateEstablished, PID: 1 + c.rand.Int32N(throngProcesses),
		Known:  poller.KnownBytes | poller.KnownRTT | poller.KnownQueues | poller.KnownRetransmits,
		Local:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 7}), uint16(1024+c.rand.IntN(60000))),
		Remote: netip.AddrPortFrom(netip.AddrFrom4(remote), uint16(1024+c.rand.IntN(60000))), RTT: c.rand.Uint32N(200_000),
	}
	switch c.rand.IntN(10) {
	case 0:
		s.State, s.PID = poller.StateTimeWait, 0
	case 1:
		s.State = poller.StateCloseWait
	}
	return s
}

// list is the throng's part of [poller.Fake]: each call is a tick later than the one before. Half of the churn are
// sockets that end and others that open in their place, half are sockets whose counters move.
func (c *throng) list(_ context.Context, dst []poller.Socket) ([]poller.Socket, error) {
	for range throngChurn / 2 {
		c.sockets[c.rand.IntN(len(c.sockets))] = c.socket()
		s := &c.sockets[c.rand.IntN(len(c.sockets))]
		s.BytesReceived += uint64(c.rand.IntN(100_000))
		s.BytesSent += uint64(c.rand.IntN(100_000))
	}
	return append(dst, c.sockets...), nil
}

// process is the throng's other part of [poller.Fake].
func (c *throng) process(pid int32) (poller.Process, error) {
	return poller.Process{PID: pid, Start: 1, Name: fmt.Sprintf("worker-%d", pid)}, nil
}

// throngViews returns n views: filters that keep all, most, some or a few sockets, in the orders people choose.
func throngViews(tb testing.TB, n int) []query.Query {
	tb.Helper()
	orders := []string{"", "&sort=-rxrate", "&sort=proc,-rx", "&sort=remote", "&sort=age"}
	all := make([]query.Query, n)
	for i := range all {
		filter := [...]string{"-port=%d", "state=ESTABLISHED&-pid=%d", "proc=worker-%d", "-proc=worker-%d&state=ESTABLISHED"}[i/len(orders)%4]
		q, _, err := query.FromURL(fmt.Sprintf(filter, i+1) + orders[i%len(orders)])
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = q
	}
	return all
}

// outbox is a channel over which everything is sent at once.
type outbox struct{ bytes int }

func (s *outbox) read(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
func (s *outbox) write(_ context.Context, b []byte) error  { s.bytes += len(b); return nil }
func (s *outbox) ping(context.Context) error               { return nil }
func (s *outbox) close(int, string)                        {}

// tally measures what ticks cost: the site's part of a poll, until every frame was handed to the network.
type tally struct {
	ticks  int
	took   time.Duration
	best   time.Duration // of one tick: what it costs where nothing else runs
	allocs uint64
	bytes  uint64
}

// tick measures one.
func (m *tally) tick(work func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	work()
	took := time.Since(start)
	m.took += took
	if m.best == 0 || took < m.best {
		m.best = took
	}
	runtime.ReadMemStats(&after)
	m.ticks++
	m.allocs += after.Mallocs - before.Mallocs
	m.bytes += after.TotalAlloc - before.TotalAlloc
}

// report tells the means, in place of the time of an iteration, most of which is the poll.
func (m *tally) report(b *testing.B) {
	n := float64(m.ticks)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(m.took.Nanoseconds())/n, "ns/tick")
	b.ReportMetric(float64(m.best.Nanoseconds()), "ns/best")
	b.ReportMetric(float64(m.allocs)/n, "allocs/tick")
	b.ReportMetric(float64(m.bytes)/n, "B/tick")
}

// benchmarkTick polls a throng while viewers look at the first 60 rows of views, each view having as many viewers, perhaps
// with the facets beside them.
func benchmarkTick(b *testing.B, views []query.Query, viewers int, facets bool) {
	c, m := newThrong(), &tally{}
	var observe func(*poller.Delta)
	p, err := poller.New(b.Context(), poller.Options{
		Fake: &poller.Fake{Sockets: c.list, Process: c.process}, Interval: poller.DefaultInterval, Log: quiet,
		Observe: func(d *poller.Delta) { observe(d) },
	})
	if err != nil {
		b.Fatal(err)
	}
	s := newSite(p, quiet, nobody{})
	defer s.Close()
	observe = s.Observe
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(b.Context())
	go func() { done <- p.Run(ctx) }()
	defer func() { cancel(); <-done }()
	next := func() {
		time.Sleep(poller.DefaultInterval)
		if err := p.Fresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	for range 3 { // until all rates are known, and no row changes for that reason
		next()
	}
	var all []*session
	for _, q := range views {
		for range viewers {
			all = append(all, &session{hub: s.hub, channel: &outbox{}, viewer: newViewer(true)})
			s.hub.join(all[len(all)-1].viewer, q, span{offset: 0, limit: defaultLimit})
			s.hub.showFacets(all[len(all)-1].viewer, facets)
		}
	}
	serve := func() {
		for _, one := range all {
			if err := one.send(b.Context()); err != nil {
				b.Error(err)
			}
		}
	}
	serve()
	observe = func(d *poller.Delta) { s.Observe(d); serve() }
	next() // the memory that is kept from tick to tick is there after one
	observe = func(d *poller.Delta) { m.tick(func() { s.Observe(d); serve() }) }
	for b.Loop() {
		next()
	}
	m.report(b)
}

// BenchmarkViews shows the cost of a tick by the number of different views. Use -benchtime=20x: an iteration waits
// for the poll, which is not counted.
func BenchmarkViews(b *testing.B) {
	for _, views := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(views), func(b *testing.B) { benchmarkTick(b, throngViews(b, views), 1, false) })
	}
}

// BenchmarkViewers shows the cost of a tick by the number of viewers of one view; see [BenchmarkViews].
func BenchmarkViewers(b *testing.B) {
	for _, viewers := range []int{1, 64} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) { benchmarkTick(b, throngViews(b, 1), viewers, false) })
	}
}
