package e2e

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"sockeye/owner"
	"sockeye/poller"
	"sockeye/server"
	"sockeye/web"
)

const (
	// throngPolls is how many polls a second a throng has at the most, as many as there can be.
	throngPolls = 10
	// throngChurn is the part of the quiet sockets that ends with a poll, and others open in its place.
	throngChurn = 1000
	// throngFront is how many sockets are in front: more than a screen has room for. Every second of them moves.
	throngFront = 60
)

// throng is a sockeye in this process that looks at a machine of our making: so many quiet sockets, of which some are
// replaced with each poll, and in front of them, by the order without a word, some that stay and of which every second
// moves.
type throng struct {
	url     string
	sockets []poller.Socket
	changes int // rows in front that change with a poll
	turn    int
	last    poller.ID
	polls   atomic.Int64
}

// startThrong serves a throng with this many quiet sockets, in which this many rows in front change with a poll. It ends
// with the test.
func startThrong(t *testing.T, quiet, changes int, interval time.Duration) *throng {
	t.Helper()
	c := &throng{changes: changes}
	for range throngFront + quiet {
		c.sockets = append(c.sockets, c.socket())
	}
	for i := range throngFront {
		c.sockets[i].PID = 1 // whose name is the first
	}
	log := slog.New(slog.DiscardHandler)
	var site *web.Site
	p, err := poller.New(t.Context(), poller.Options{
		Fake: &poller.Fake{Sockets: c.list, Process: throngProcess}, Interval: interval, Log: log,
		Observe: func(d *poller.Delta) { site.Observe(d) },
	})
	if err != nil {
		t.Fatal(err)
	}
	site = web.New(p, log)
	c.serve(t, p, site, log)
	return c
}

// serve has the site polled and served until the end of the test.
func (c *throng) serve(t *testing.T, p *poller.Poller, site *web.Site, log *slog.Logger) {
	t.Helper()
	s, err := server.New(server.Config{Listen: fmt.Sprintf("localhost:%d", freePort(t)), Log: log,
		UserOf: owner.OfPeer, Owners: owner.Users(os.LookupEnv)}, site)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.url = s.URL()
	polling, stop := context.WithCancel(context.Background())
	polled, served := make(chan error, 1), make(chan error, 1)
	go func() { polled <- p.Run(polling) }()
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		grace, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(grace); err != nil {
			t.Errorf("stop the server: %v", err)
		}
		<-served
		stop()
		<-polled
		site.Close()
	})
}

// socket returns a socket that was not there before: one of many programs talks to one of many machines.
func (c *throng) socket() poller.Socket {
	c.last++
	n := uint32(c.last)
	var remote [4]byte
	binary.BigEndian.PutUint32(remote[:], 0xc6336400|n%251) // 198.51.100.0/24
	s := poller.Socket{
		ID: c.last, Protocol: poller.TCP, Family: poller.IPv4, State: poller.StateEstablished, PID: 2 + int32(n%97),
		Known:  poller.KnownBytes | poller.KnownRTT | poller.KnownQueues | poller.KnownRetransmits,
		Local:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 7}), uint16(1024+n%60000)),
		Remote: netip.AddrPortFrom(netip.AddrFrom4(remote), uint16(1024+n*7%60000)), RTT: n * 31 % 200_000,
	}
	if n%9 == 0 {
		s.State = poller.StateCloseWait
	}
	return s
}

// list is what a poll finds: bytes and queues of the next rows in front have moved, and some sockets behind are others.
func (c *throng) list(_ context.Context, dst []poller.Socket) ([]poller.Socket, error) {
	for range c.changes {
		s := &c.sockets[c.turn%(throngFront/2)*2]
		c.turn++
		s.BytesReceived += uint64(1000 + c.turn%90_000)
		s.BytesSent += uint64(c.turn % 7000)
		s.ReceiveQueue = uint32(c.turn % 7 * 300)
		s.RTT = uint32(200 + c.turn%50*100)
	}
	quiet := c.sockets[throngFront:]
	for range len(quiet) / throngChurn {
		quiet[int(c.last)*7919%len(quiet)] = c.socket()
	}
	c.polls.Add(1)
	return append(dst, c.sockets...), nil
}

// throngProcess names the processes of a throng.
func throngProcess(pid int32) (poller.Process, error) {
	name := fmt.Sprintf("worker-%d", pid)
	if pid == 1 {
		name = "front"
	}
	return poller.Process{PID: pid, Start: 1, Name: name}, nil
}

// pass waits until there were so many more polls.
func (c *throng) pass(t *testing.T, polls int) {
	t.Helper()
	until := c.polls.Load() + int64(polls)
	waitFor(t, "more polls", func() bool { return c.polls.Load() >= until })
}
