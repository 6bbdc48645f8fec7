package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// shortWorkers is how many connections are under way at once; each worker has a listener of its own.
	shortWorkers = 4
	// shortTick is how often the connections that are due are made.
	shortTick = 5 * time.Millisecond
)

// short is one short connection as those who had it know it.
type short struct {
	Client, Server uint16 // ports on 127.0.0.1
	Up, Down       uint64 // bytes that the client and the server sent
}

// shorts is what the task "short" gives.
type shorts struct {
	Took  time.Duration
	Conns []short
}

// makeShort opens rate connections a second for a time; each sends a number of bytes each way that is its own, and is
// closed in order. Where the machine cannot keep the pace, there are fewer.
func makeShort(ctx context.Context, rate int, d time.Duration) (shorts, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	start := time.Now()
	made := make([][]short, shortWorkers)
	errs := make([]error, shortWorkers)
	var workers sync.WaitGroup
	for w := range shortWorkers {
		workers.Go(func() { made[w], errs[w] = makeSome(ctx, rate, d, w) })
	}
	workers.Wait()
	s := shorts{Took: time.Since(start)}
	for _, m := range made {
		s.Conns = append(s.Conns, m...)
	}
	return s, errors.Join(errs...)
}

// makeSome is the share of one worker, one connection after another until ctx ends.
func makeSome(ctx context.Context, rate int, d time.Duration, worker int) (made []short, err error) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		return nil, fmt.Errorf("short connections: %w", err)
	}
	defer l.Close()
	buffer := make([]byte, 4096)
	ticks := time.NewTicker(shortTick)
	defer ticks.Stop()
	all := int(int64(rate) * int64(d) / int64(time.Second))
	for start := time.Now(); ; {
		due := min(all, int(int64(rate)*int64(time.Since(start))/int64(time.Second)))
		for i := len(made)*shortWorkers + worker; i < due && ctx.Err() == nil; i += shortWorkers {
			s, err := makeOne(l, i, buffer)
			if err != nil {
				return made, fmt.Errorf("short connection %d: %w", i, err)
			}
			made = append(made, s)
		}
		select {
		case <-ctx.Done():
			return made, nil
		case <-ticks.C:
		}
	}
}

// makeOne makes the i-th connection. The client of every even one closes first, the server of every odd one.
func makeOne(l *net.TCPListener, i int, buffer []byte) (s short, err error) {
	client, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return s, err
	}
	defer client.Close()
	server, err := l.AcceptTCP()
	if err != nil {
		return s, err
	}
	defer server.Close()
	s = short{
		Client: uint16(client.LocalAddr().(*net.TCPAddr).Port), Server: uint16(l.Addr().(*net.TCPAddr).Port),
		Up: uint64(1 + i%1009), Down: uint64(1 + i%2003),
	}
	if err := errors.Join(carry(client, server, buffer[:s.Up]), carry(server, client, buffer[:s.Down])); err != nil {
		return s, err
	}
	first, last := client, server
	if i%2 == 1 {
		first, last = server, client
	}
	return s, endInOrder(first, last)
}

// carry sends what is in b from one end to the other.
func carry(from, to *net.TCPConn, b []byte) error {
	if _, err := from.Write(b); err != nil {
		return err
	}
	_, err := io.ReadFull(to, b)
	return err
}

// endInOrder closes first, lets last see the end, and closes last.
func endInOrder(first, last *net.TCPConn) error {
	closed := first.Close()
	_, read := io.Copy(io.Discard, last)
	return errors.Join(closed, read, last.Close())
}
