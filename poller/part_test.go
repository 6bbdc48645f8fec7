package poller

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The service's port is the local one of who was called, the remote one of who called, the lower one in between.
func TestServicePort(t *testing.T) {
	for _, tt := range []struct {
		direction Direction
		part      Part
		want      uint16
	}{
		{Inbound, PartUnknown, 50000},
		{Listening, PartUnknown, 50000},
		{DirectionUnknown, PartUnknown, 50000},
		{Outbound, PartUnknown, 443},
		{Loopback, PartUnknown, 443},
		{Loopback, PartCalled, 50000},
		{Loopback, PartCaller, 443},
	} {
		c := Connection{Socket: tcp4(1, StateEstablished, "192.0.2.1:50000", "192.0.2.1:443"), Direction: tt.direction, Part: tt.part}
		if got := c.ServicePort(); got != tt.want {
			t.Errorf("%v, part %d: %d, want %d", tt.direction, tt.part, got, tt.want)
		}
	}
}

// Who called is known from the listener, whatever its port, and stays known when the listener is gone.
func TestPart(t *testing.T) {
	table := newTable()
	dump := []Socket{
		tcp4(1, StateListen, "127.0.0.1:60000", ""),
		tcp4(2, StateEstablished, "127.0.0.1:60000", "127.0.0.1:40000"),
		tcp4(3, StateEstablished, "127.0.0.1:40000", "127.0.0.1:60000"),
		tcp4(4, StateEstablished, "127.0.0.1:5", "127.0.0.1:6"),
		tcp4(5, StateEstablished, "192.0.2.1:60000", "198.51.100.1:1"),
	}
	bring(table, dump, time.Second)
	check := func() {
		t.Helper()
		for id, want := range map[ID]Part{2: PartCalled, 3: PartCaller, 4: PartUnknown, 5: PartUnknown} {
			if c, _ := table.Get(id); c.Part != want {
				t.Errorf("%v has part %d, want %d", id, c.Part, want)
			}
		}
	}
	check()
	bring(table, dump[1:], time.Second)
	check()
	called, _ := table.Get(2)
	caller, _ := table.Get(3)
	if !caller.Leads(called) || called.Leads(caller) {
		t.Error("the end that was called leads")
	}
	if called.ServicePort() != 60000 || caller.ServicePort() != 60000 {
		t.Errorf("service ports %d and %d, want 60000", called.ServicePort(), caller.ServicePort())
	}
}

// Of any two ends exactly one leads.
func TestOneLeads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(id ID) *Connection {
			a := fmt.Sprintf("127.0.0.%d:%d", rapid.IntRange(1, 2).Draw(t, "host"), rapid.IntRange(1, 3).Draw(t, "port"))
			return &Connection{Socket: tcp4(id, StateEstablished, a, a), Part: Part(rapid.IntRange(0, 2).Draw(t, "part"))}
		}
		a, b := draw(1), draw(2)
		if a.Leads(b) == b.Leads(a) {
			t.Fatalf("%v %d and %v %d: %v", a.Local, a.Part, b.Local, b.Part, a.Leads(b))
		}
	})
}
