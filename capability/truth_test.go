package capability

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye/netinfo"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/processes"
)

// patience bounds a failure and measures nothing.
const patience = 60 * time.Second

// watch is a poller at work, and what it told.
type watch struct {
	*poller.Poller
	mu    sync.Mutex
	ended []poller.Ending
}

// observe starts a poller with a source; it is stopped with the test.
func observe(t *testing.T, kind poller.SourceKind) *watch {
	t.Helper()
	w := &watch{}
	p, err := poller.New(t.Context(), poller.Options{Source: kind, Interval: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Observe: func(d *poller.Delta) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ended = append(w.ended, d.Ended...)
		}})
	if err != nil {
		t.Fatal(err)
	}
	w.Poller = p
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	leave := p.Watch()
	t.Cleanup(func() {
		leave()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

// polls waits until so many further polls have begun and are over.
func (w *watch) polls(t *testing.T, n uint64) {
	t.Helper()
	seq := func() (seq uint64) {
		w.Read(func(table *poller.Table) { seq = table.Status().Seq })
		return seq
	}
	for from, end := seq(), time.Now().Add(patience); seq() < from+n+1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no poll succeeds")
		}
	}
}

// rows returns copies of the rows of which holds is true.
func (w *watch) rows(holds func(*poller.Connection) bool) (rows []poller.Connection) {
	w.Read(func(table *poller.Table) {
		for c := range table.All() {
			if holds(c) {
				rows = append(rows, *c)
			}
		}
	})
	return rows
}

// scene is sockets of all sorts that the test holds, by their local ports.
type scene struct {
	listener, client, young, solo, udp, twins, bound uint16
	short                                            netip.AddrPort // the local end of a connection that came and went between two polls
}

// has reports whether the test holds a socket with this local port.
func (s *scene) has(port uint16) bool {
	return slices.Contains([]uint16{s.listener, s.client, s.young, s.solo, s.udp, s.twins, s.bound}, port)
}

// connect makes a connection to a listener over which something went both ways.
func connect(t *testing.T, l net.Listener) (client, server net.Conn) {
	t.Helper()
	accepted := make(chan net.Conn, 1)
	go func() { c, _ := l.Accept(); accepted <- c }()
	client, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server = <-accepted; server == nil {
		t.Fatal("nothing was accepted")
	}
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		if _, err := pair[0].Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(pair[1], make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
	}
	return client, server
}

// portOf returns the port of an address.
func portOf(a net.Addr) uint16 { return netip.MustParseAddrPort(a.String()).Port() }

// play opens the sockets, some before the poller first looks and some after, and returns what there is.
func play(t *testing.T, kind poller.SourceKind) (*scene, *watch) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	solo, err := net.Listen("tcp6", "[::]:0") // without IPv4
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = solo.Close() })
	client, _ := connect(t, l)
	s := &scene{listener: portOf(l.Addr()), client: portOf(client.LocalAddr()), solo: portOf(solo.Addr()),
		udp: udpSocket(t), twins: twinSockets(t), bound: boundSocket(t)}
	w := observe(t, kind)
	w.polls(t, 2)
	young, _ := connect(t, l)
	s.young = portOf(young.LocalAddr())
	short, other := connect(t, l)
	s.short = netip.MustParseAddrPort(short.LocalAddr().String())
	for _, c := range []net.Conn{short, other} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w.polls(t, 3)
	return s, w
}

// known returns a measure: whether a fact is known of one of the sockets.
func known(fact poller.Known) func(*testing.T, *scene, *watch) bool {
	return of(func(c *poller.Connection) bool { return c.Known.Has(fact) })
}

// of returns a measure: whether one of the sockets is so.
func of(holds func(*poller.Connection) bool) func(*testing.T, *scene, *watch) bool {
	return func(_ *testing.T, s *scene, w *watch) bool {
		return len(w.rows(func(c *poller.Connection) bool { return s.has(c.Local.Port()) && holds(c) })) > 0
	}
}

// measures tell, fact by fact, whether it is known of at least one of the test's sockets, or of this machine.
var measures = map[string]func(*testing.T, *scene, *watch) bool{
	"ends": of(func(c *poller.Connection) bool { return c.State == poller.StateEstablished }),
	"owner": of(func(c *poller.Connection) bool {
		return c.Owner != nil && int(c.Owner.PID) == os.Getpid() && c.Owner.Name != ""
	}),
	"services": func(_ *testing.T, _ *scene, w *watch) bool {
		return len(w.rows(func(c *poller.Connection) bool { return c.Owner != nil && strings.HasSuffix(c.Owner.Name, ")") })) > 0
	},
	"user":        of(func(c *poller.Connection) bool { return c.User != "" }),
	"uid":         known(poller.KnownUID),
	"opened":      known(poller.KnownOpened),
	"queues":      known(poller.KnownQueues),
	"bytes":       known(poller.KnownBytes),
	"rates":       known(poller.KnownRates),
	"rtt":         known(poller.KnownRTT),
	"retransmits": known(poller.KnownRetransmits),
	"drops":       known(poller.KnownDrops),
	"twins": func(_ *testing.T, s *scene, w *watch) bool {
		return len(w.rows(func(c *poller.Connection) bool { return c.Local.Port() == s.twins })) == 2
	},
	"endings": func(_ *testing.T, s *scene, w *watch) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.ContainsFunc(w.ended, func(e poller.Ending) bool { return e.Local == s.short && e.Known.Has(poller.KnownBytes) })
	},
	"bound": of(func(c *poller.Connection) bool { return c.Protocol == poller.TCP && c.State == poller.StateClosed }),
	"unheld": func(_ *testing.T, s *scene, w *watch) bool {
		return len(w.rows(func(c *poller.Connection) bool { return c.Local == s.short && c.State == poller.StateTimeWait })) == 1
	},
	"dual": of(func(c *poller.Connection) bool { return c.V6Only }),
	"details": func(t *testing.T, s *scene, w *watch) bool {
		rows := w.rows(func(c *poller.Connection) bool {
			return c.Local.Port() == s.client && c.State == poller.StateEstablished
		})
		if len(rows) != 1 {
			t.Fatalf("%d rows of the connection", len(rows))
		}
		_, err := w.Details(t.Context(), &rows[0].Socket)
		return err == nil
	},
	"command": func(t *testing.T, _ *scene, _ *watch) bool {
		d, err := processes.New().Read(t.Context(), int32(os.Getpid()), 0)
		return err == nil && d.Executable.Known() && d.Args.Known() && d.Parents.Known()
	},
	"interfaces": func(*testing.T, *scene, *watch) bool {
		list, err := netinfo.Interfaces()
		return err == nil && len(list) > 0
	},
	"routes":  func(*testing.T, *scene, *watch) bool { _, err := netinfo.Routes(); return err == nil },
	"devices": func(*testing.T, *scene, *watch) bool { _, err := netinfo.Neighbours(); return err == nil },
	"counters": func(*testing.T, *scene, *watch) bool {
		list, err := netinfo.CountersNow()
		return err == nil && len(list) > 0
	},
	"setaside": func(*testing.T, *scene, *watch) bool {
		return len(ports.ReadRules().Problems) == 0 && (runtime.GOOS == "linux" || runtime.GOOS == "windows")
	},
}

// Every cell about a source of this system is true: what it says is known is known of at least one socket, and what it
// says is not known is known of none.
func TestCellsAreTrue(t *testing.T) {
	for i, p := range platforms {
		if !slices.Contains(p.Systems, runtime.GOOS) {
			continue
		}
		t.Run(p.ID(), func(t *testing.T) {
			s, w := play(t, p.Source)
			for _, f := range Facts() {
				measure := measures[f.Key]
				if measure == nil {
					t.Errorf("%s is not measured", f.Key)
					continue
				}
				want, why := f.Cells[i].Level != No, f.Cells[i].Why
				if lack := lacks(p.Source)[f.Key]; lack != "" {
					want, why = false, lack
					t.Logf("not proved here: %s: %s", f.Title, lack)
				}
				if got := measure(t, s, w); got != want {
					t.Errorf("%s: known %v, the table says %v (%s)", f.Title, got, want, why)
				}
			}
		})
	}
}

// What is measured is in the table.
func TestMeasuresAreOfFacts(t *testing.T) {
	for key := range measures {
		if Find(key) == nil {
			t.Errorf("%s is measured, and no fact", key)
		}
	}
}
