package occupancy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
	"sockeye/ports"
)

// TestDoors: one for each process that waits on a port, in the order of ports.
func TestDoors(t *testing.T) {
	full := listens(1, "127.0.0.1:25", 1)
	full.Known, full.ReceiveQueue, full.SendQueue = poller.KnownQueues, 2, 1
	within(t, func(table *poller.Table) {
		var got []string
		for _, d := range Doors(table, &rules, time.Time{}) {
			got = append(got, fmt.Sprintf("%s %s %d sockets %d clients %d others full %v new %v fleeting %v", d.Key, d.Reach, d.Sockets, d.Clients, d.Others, d.Full, d.New, d.Fleeting))
		}
		want := []string{
			"25/tcp loopback only 1 sockets 0 clients 0 others full true new false fleeting false",
			"80/tcp all addresses 2 sockets 1 clients 0 others full false new false fleeting false",
			"80/udp all IPv4 addresses 1 sockets 0 clients 0 others full false new false fleeting false",
			"443/tcp all IPv4 addresses and 2001:db8::1 2 sockets 0 clients 1 others full false new false fleeting false",
			"443/tcp all IPv6 addresses 1 sockets 0 clients 1 others full false new false fleeting false",
			"40000/udp 192.0.2.7 1 sockets 0 clients 0 others full false new false fleeting true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for _, d := range Doors(table, &rules, time.Now().Add(-time.Hour)) {
			if !d.New {
				t.Errorf("%s is not new though it came after the moment asked for", d.Key)
			}
		}
	},
		full, listens(2, "0.0.0.0:80", 1), only(listens(3, "[::]:80", 1)), sock(4, "tcp", poller.StateEstablished, "192.0.2.7:80", "198.51.100.1:9", 1),
		sock(5, "udp", poller.StateNone, "0.0.0.0:80", nowhere, 1), listens(6, "0.0.0.0:443", 1), listens(7, "[2001:db8::1]:443", 1), only(listens(8, "[::]:443", 2)),
		sock(9, "udp", poller.StateNone, "192.0.2.7:40000", nowhere, 3), sock(10, "tcp", poller.StateClosed, "0.0.0.0:81", nowhere, 1),
		sock(11, "tcp", poller.StateEstablished, "192.0.2.7:41000", "198.51.100.1:443", 3))
}

// TestConflicts: ports with more than one holder, by how they get along.
func TestConflicts(t *testing.T) {
	within(t, func(table *poller.Table) {
		var got []string
		for _, c := range Conflicts(table) {
			got = append(got, fmt.Sprintf("%d %s %s %d", c.Port, c.Protocol, c.Relation, len(c.Rows)))
			if c.Why() == "" {
				t.Errorf("%+v: no reason", c)
			}
		}
		want := []string{"1 tcp twins 2", "2 tcp twins 2", "3 tcp families 2", "4 tcp apart 2", "5 tcp nested 2", "6 tcp bound 2", "7 tcp outgoing 2", "8  split 2", "10 udp twins 2"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	},
		listens(11, "0.0.0.0:1", 1), listens(12, "0.0.0.0:1", 2),
		listens(21, "0.0.0.0:2", 1), listens(22, "[::]:2", 1), // one process, but in its own way
		listens(31, "0.0.0.0:3", 1), only(listens(32, "[::]:3", 2)),
		listens(41, "127.0.0.1:4", 1), listens(42, "127.0.0.2:4", 2),
		listens(51, "0.0.0.0:5", 1), listens(52, "127.0.0.1:5", 2),
		listens(61, "127.0.0.1:6", 1), sock(62, "tcp", poller.StateClosed, "127.0.0.2:6", nowhere, 2),
		listens(71, "127.0.0.1:7", 1), sock(72, "tcp", poller.StateSynSent, "127.0.0.1:7", "198.51.100.1:443", 2),
		listens(81, "127.0.0.1:8", 1), sock(82, "udp", poller.StateNone, "127.0.0.1:8", nowhere, 2),
		// Not conflicts: one process with two families, with two protocols; outgoing connections alone.
		listens(91, "0.0.0.0:9", 1), only(listens(92, "[::]:9", 1)), sock(93, "udp", poller.StateNone, "0.0.0.0:9", nowhere, 1),
		sock(94, "tcp", poller.StateEstablished, "192.0.2.7:40000", "198.51.100.1:443", 2), sock(95, "tcp", poller.StateEstablished, "192.0.2.7:40000", "198.51.100.2:443", 3),
		sock(101, "udp", poller.StateNone, "0.0.0.0:10", nowhere, 1), sock(102, "udp", poller.StateNone, "0.0.0.0:10", nowhere, 2))
}

// TestStretches: free ports next to each other are one stretch as long as the rules are the same; the number of used
// ones is bounded.
func TestStretches(t *testing.T) {
	r := rules
	r.Reserved = ports.Spans{{First: 2000, Last: 2001}}
	both := []poller.Protocol{poller.TCP, poller.UDP}
	within(t, func(table *poller.Table) {
		text := func(spans ports.Spans, protocols []poller.Protocol, most int) string {
			all, more := Stretches(table, spans, protocols, r, most)
			var parts []string
			for _, s := range all {
				part := s.Span.String()
				if s.Used() {
					part += "!"
				}
				parts = append(parts, part)
			}
			return fmt.Sprint(strings.Join(parts, " "), more)
		}
		for _, test := range []struct {
			spans     ports.Spans
			protocols []poller.Protocol
			most      int
			want      string
		}{
			{ports.Spans{{First: 1, Last: 65535}}, both, 9, "1-79 80! 81-1023 1024-1999 2000-2001 2002-2999 3000! 3001-32767 32768-60999 61000-65535false"},
			{ports.Spans{{First: 1, Last: 65535}}, both[:1], 9, "1-79 80! 81-1023 1024-1999 2000-2001 2002-32767 32768-60999 61000-65535false"},
			{ports.Spans{{First: 70, Last: 90}, {First: 3000, Last: 3000}}, both, 1, "70-79 80! 81-90true"},
			{ports.Spans{{First: 70, Last: 75}, {First: 77, Last: 78}}, both, 1, "70-75 77-78false"},
			{ports.Spans{{First: 65535, Last: 65535}}, both, 1, "65535false"},
		} {
			if got := text(test.spans, test.protocols, test.most); got != test.want {
				t.Errorf("%s: %s, want %s", test.spans, got, test.want)
			}
		}
	}, listens(1, "0.0.0.0:80", 1), sock(2, "udp", poller.StateNone, "0.0.0.0:3000", nowhere, 1))
}

// TestNear: free ports around one, none that is known for something, handed out, privileged, reserved for nobody or used.
func TestNear(t *testing.T) {
	within(t, func(table *poller.Table) {
		used := UsedPorts(table)
		for _, test := range []struct {
			port  uint16
			rules ports.Rules
			want  int
		}{
			{8080, rules, 3}, {80, rules, 3}, {65535, rules, 3}, {40000, rules, 3},
			{8080, ports.Rules{Excluded: ports.Spans{{First: 8000, Last: 65535}}}, 3},
			{1, ports.Rules{Excluded: ports.Spans{{First: 1, Last: 65535}}}, 0},
		} {
			got := Near(test.port, used, &test.rules, 3)
			for _, p := range got {
				_, known := ports.Lookup(p, "tcp")
				if used.Has(p) || known || test.rules.Denied(p) || test.rules.HandedOut(p) || test.rules.Excluded.Has(p) || p < 1024 {
					t.Errorf("near %d: %d", test.port, p)
				}
			}
			if len(got) != test.want {
				t.Errorf("near %d: %v, want %d", test.port, got, test.want)
			}
			for i := 1; i < len(got); i++ {
				if apart(got[i], test.port) < apart(got[i-1], test.port) {
					t.Errorf("near %d: %v", test.port, got)
				}
			}
		}
		if near := Near(8080, used, &rules, 200); len(near) != 200 || slices.Contains(near, 8083) {
			t.Errorf("a used port is called free: %v", near)
		}
	}, listens(1, "127.0.0.1:8083", 1), sock(2, "udp", poller.StateNone, "0.0.0.0:8079", nowhere, 1))
}

func apart(a, b uint16) int { return max(int(a)-int(b), int(b)-int(a)) }

// TestMemory: what held a port is remembered, the last first, and the oldest forgotten where there are too many.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		gone := func(s poller.Socket, direction poller.Direction) {
			time.Sleep(time.Second)
			m.Observe(&poller.Delta{Closed: []*poller.Connection{{Socket: s, Direction: direction}}}, rules.HandedOut)
		}
		if got := m.Before(at(80)); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		for i := range 6 {
			gone(listens(poller.ID(i+1), "0.0.0.0:80", 1), poller.Listening)
		}
		gone(sock(10, "tcp", poller.StateClosed, "0.0.0.0:80", nowhere, 1), poller.DirectionUnknown)
		gone(sock(11, "tcp", poller.StateEstablished, "0.0.0.0:80", "198.51.100.1:9", 1), poller.Inbound)
		gone(sock(12, "udp", poller.StateNone, "0.0.0.0:80", nowhere, 1), poller.Listening)
		var got []poller.ID
		for _, f := range m.Before(at(80)) {
			got = append(got, f.Connection.ID)
		}
		if diff := cmp.Diff([]poller.ID{10, 6, 5, 4}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for i := range 3 * mostFleeting {
			gone(sock(poller.ID(100+i), "udp", poller.StateNone, fmt.Sprintf("0.0.0.0:%d", 40000+i), nowhere, 1), poller.Listening)
		}
		if len(m.fleeting.all) != mostFleeting || len(m.Before(Key{40000, poller.UDP})) != 0 || len(m.Before(Key{40000 + 3*mostFleeting - 1, poller.UDP})) != 1 {
			t.Errorf("%d of ports that the system hands out", len(m.fleeting.all))
		}
		if len(m.Before(at(80))) != 4 {
			t.Error("they pushed out the others")
		}
		for i := range mostFormer + 10 {
			gone(listens(poller.ID(10_000+i), "0.0.0.0:81", 1), poller.Listening)
		}
		if len(m.chosen.all) != mostFormer || len(m.Before(at(80))) != 0 || m.Before(at(81))[0].Connection.ID != poller.ID(10_000+mostFormer+9) {
			t.Errorf("%d of chosen ports", len(m.chosen.all))
		}
	})
}
