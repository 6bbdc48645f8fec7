package workload

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sockeye/poller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tableOf hands out a table of these sockets; a process has its PID as its start, and a name of its own.
func tableOf(t testing.TB, read func(*poller.Table), sockets ...poller.Socket) {
	t.Helper()
	p, err := poller.New(context.Background(), poller.Options{
		Fake: &poller.Fake{
			Sockets: func(_ context.Context, dst []poller.Socket) ([]poller.Socket, error) {
				return append(dst, sockets...), nil
			},
			Process: func(pid int32) (poller.Process, error) {
				return poller.Process{PID: pid, Start: uint64(pid), Name: fmt.Sprintf("p%d", pid)}, nil
			},
		},
		Interval: poller.MaxInterval, Observe: func(*poller.Delta) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	if err := p.Fresh(ctx); err != nil {
		t.Fatal(err)
	}
	p.Read(read)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// tcp is a TCP socket of a process.
func tcp(id poller.ID, state poller.State, local, remote string, pid int32) poller.Socket {
	return poller.Socket{ID: id, Protocol: poller.TCP, Family: poller.IPv4, State: state, PID: pid,
		Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
}

// sockets are those of a small machine.
func sockets() []poller.Socket {
	listen := tcp(1, poller.StateListen, "0.0.0.0:443", "0.0.0.0:0", 10)
	one := tcp(2, poller.StateEstablished, "192.0.2.7:443", "198.51.100.9:50001", 10)
	one.Known, one.BytesReceived, one.BytesSent = poller.KnownBytes, 100, 2000
	two := tcp(3, poller.StateCloseWait, "192.0.2.7:443", "198.51.100.9:50002", 10)
	two.Known, two.BytesReceived, two.BytesSent = poller.KnownBytes, 1, 2
	three := tcp(4, poller.StateEstablished, "192.0.2.7:443", "198.51.100.10:50001", 10)
	browser := tcp(5, poller.StateEstablished, "192.0.2.7:40001", "203.0.113.5:80", 20)
	browser.Known, browser.BytesReceived = poller.KnownBytes, 1_000_000
	left := tcp(6, poller.StateTimeWait, "192.0.2.7:443", "198.51.100.9:50000", 0)
	return []poller.Socket{listen, one, two, three, browser, left}
}

// TestSurvey counts what each process has, and what nobody has.
func TestSurvey(t *testing.T) {
	tableOf(t, func(table *poller.Table) {
		all, without := Survey(table)
		Sort(all, DefaultOrder)
		if len(all) != 2 || without.Total() != 1 || without[poller.OwnerNone] != 1 {
			t.Fatalf("%+v, %+v", all, without)
		}
		p := all[0]
		if p.Key != (Key{10, 10}) || p.Name != "p10" || p.Sockets != 4 || p.Listening != 1 || p.Connections != 3 ||
			p.Received != 101 || p.Sent != 2002 || p.WithBytes != 2 || p.States[poller.StateCloseWait] != 1 {
			t.Errorf("%+v", p)
		}
	}, sockets()...)
}

// TestOrders: each column sorts both ways, and what is alike always stands the same.
func TestOrders(t *testing.T) {
	for column := range compare {
		for _, text := range []string{column, "-" + column} {
			o, err := ParseOrder(text)
			if err != nil || o.String() != text {
				t.Fatalf("%s: %+v, %v", text, o, err)
			}
		}
	}
	if o, err := ParseOrder(""); err != nil || o != DefaultOrder {
		t.Errorf("%+v, %v", o, err)
	}
	for _, text := range []string{"nonsense", "--pid", "-", " pid"} {
		if _, err := ParseOrder(text); err == nil || !strings.Contains(err.Error(), "close_wait") {
			t.Errorf("%q: %v", text, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Process {
			return Process{Key: Key{rapid.Int32Range(1, 4).Draw(t, "pid"), rapid.Uint64Range(1, 9).Draw(t, "start")},
				Name: rapid.SampledFrom([]string{"a", "B", "b"}).Draw(t, "name"), Load: Load{Connections: rapid.IntRange(0, 2).Draw(t, "n")}}
		}), 0, 12).Draw(t, "processes")
		o := Order{rapid.SampledFrom([]string{"process", "pid", "connections", "rx"}).Draw(t, "column"), rapid.Bool().Draw(t, "down")}
		one, two := slices.Clone(all), slices.Clone(all)
		slices.Reverse(two)
		Sort(one, o)
		Sort(two, o)
		if d := cmp.Diff(one, two, cmp.AllowUnexported(Process{})); d != "" {
			t.Fatalf("the order depends on where one begins:\n%s", d)
		}
		for i := 1; i < len(one); i++ {
			if n := compare[o.Column](&one[i-1], &one[i]); o.Down && n < 0 || !o.Down && n > 0 {
				t.Fatalf("%v is not sorted", one)
			}
		}
	})
}

// TestDescribe: listeners with their clients, and connections by their other end.
func TestDescribe(t *testing.T) {
	tableOf(t, func(table *poller.Table) {
		for _, k := range []Key{{10, 10}, {10, 0}} {
			d, ok := Describe(table, k)
			if !ok || d.Name != "p10" || d.Key != (Key{10, 10}) || len(d.Listeners) != 1 || d.Listeners[0].Clients != 3 || d.RemotesTotal != 2 {
				t.Fatalf("%+v", d)
			}
			r := d.Remotes[0]
			if r.Addr.String() != "198.51.100.9" || r.Connections != 2 || r.Inbound != 2 || r.Received != 101 || r.States[poller.StateCloseWait] != 1 ||
				!slices.Equal(r.Ports, []Port{{443, poller.TCP, true}}) || r.MorePorts {
				t.Errorf("%+v", r)
			}
		}
		for _, k := range []Key{{10, 11}, {30, 0}} {
			if d, ok := Describe(table, k); ok {
				t.Errorf("%v: %+v", k, d)
			}
		}
		if d, _ := Describe(table, Key{20, 20}); len(d.Remotes) != 1 || d.Remotes[0].Ports[0] != (Port{80, poller.TCP, false}) {
			t.Errorf("%+v", d)
		}
	}, sockets()...)
}

// TestManyPorts: of one remote a few ports are named, in order, whatever comes first.
func TestManyPorts(t *testing.T) {
	var all []poller.Socket
	for n := range 9 {
		all = append(all, tcp(poller.ID(n+1), poller.StateEstablished, fmt.Sprintf("192.0.2.7:%d", 40000+n), fmt.Sprintf("203.0.113.5:%d", 90-n), 10))
	}
	tableOf(t, func(table *poller.Table) {
		d, _ := Describe(table, Key{10, 0})
		r := d.Remotes[0]
		if len(r.Ports) != maxPorts || r.Ports[0].Number != 82 || !r.MorePorts {
			t.Errorf("%+v", r)
		}
	}, all...)
}
