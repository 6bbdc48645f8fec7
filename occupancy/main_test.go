package occupancy

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye/poller"
	"sockeye/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rules are those of a Linux that nobody changed, for a program without rights.
var rules = ports.Rules{Ephemeral: ports.Span{First: 32768, Last: 60999}, PrivilegedBelow: 1024}

// nowhere is the remote end of a socket that is not connected.
const nowhere = "0.0.0.0:0"

// names are the processes of the tests by their PID.
var names = map[int32]string{1: "nginx", 2: "docker-proxy", 3: "curl"}

// sock returns a socket: "tcp" or "udp", the state, both ends, and the PID of its process. v6 makes it an IPv6 one.
func sock(id poller.ID, protocol string, state poller.State, local, remote string, pid int32) poller.Socket {
	s := poller.Socket{ID: id, Protocol: poller.TCP, Family: poller.IPv4, State: state, PID: pid,
		Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
	if protocol == "udp" {
		s.Protocol = poller.UDP
	}
	if s.Local.Addr().Is6() {
		s.Family = poller.IPv6
	}
	return s
}

// listens returns a TCP listener.
func listens(id poller.ID, local string, pid int32) poller.Socket {
	return sock(id, "tcp", poller.StateListen, local, nowhere, pid)
}

// only makes an IPv6 socket take IPv6 alone.
func only(s poller.Socket) poller.Socket {
	s.V6Only = true
	return s
}

// within calls f with the table of sockets.
func within(t testing.TB, f func(*poller.Table), sockets ...poller.Socket) {
	t.Helper()
	p, err := poller.New(context.Background(), poller.Options{
		Interval: poller.MaxInterval, Log: slog.New(slog.DiscardHandler),
		Fake: &poller.Fake{
			Sockets: func(_ context.Context, dst []poller.Socket) ([]poller.Socket, error) {
				return append(dst, sockets...), nil
			},
			Process: func(pid int32) (poller.Process, error) {
				if names[pid] == "" {
					return poller.Process{}, errors.New("no such process")
				}
				return poller.Process{PID: pid, Start: 1, Name: names[pid]}, nil
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	if err := p.Fresh(ctx); err != nil {
		t.Fatal(err)
	}
	p.Read(f)
}

// describe answers for a port from a table of sockets.
func describe(t testing.TB, k Key, sockets ...poller.Socket) (a *Answer) {
	t.Helper()
	within(t, func(table *poller.Table) { a = Describe(table, k, rules, time.Now()) }, sockets...)
	return a
}

// as leaves foreign text as it is.
func as(s string) string { return s }
