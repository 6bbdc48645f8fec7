package explain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// wayOf returns a way as words; what was not seen is in brackets.
func wayOf(c *poller.Connection, changes ...Change) string {
	var words []string
	for _, v := range Way(c, changes) {
		if v.Seen {
			words = append(words, v.State.String())
		} else {
			words = append(words, "("+v.State.String()+")")
		}
	}
	return strings.Join(words, " ")
}

func TestWay(t *testing.T) {
	to := func(from, to poller.State) Change { return Change{from, to, noon} }
	for want, got := range map[string]string{
		"(CLOSED) (SYN_SENT) ESTABLISHED":                        wayOf(way(poller.Outbound, poller.StateEstablished)),
		"(LISTEN) (SYN_RECEIVED) ESTABLISHED CLOSE_WAIT":         wayOf(way(poller.Inbound, poller.StateCloseWait), to(poller.StateEstablished, poller.StateCloseWait)),
		"(CLOSED) SYN_SENT":                                      wayOf(way(poller.Outbound, poller.StateSynSent)),
		"(CLOSED) LISTEN":                                        wayOf(way(poller.Listening, poller.StateListen)),
		"ESTABLISHED":                                            wayOf(way(poller.Loopback, poller.StateEstablished)),
		"ESTABLISHED (FIN_WAIT_1) FIN_WAIT_2 TIME_WAIT":          wayOf(way(poller.Loopback, poller.StateTimeWait), to(poller.StateEstablished, poller.StateFinWait2), to(poller.StateFinWait2, poller.StateTimeWait)),
		"(CLOSED) (SYN_SENT) ESTABLISHED (FIN_WAIT_1) TIME_WAIT": wayOf(way(poller.Outbound, poller.StateTimeWait), to(poller.StateEstablished, poller.StateTimeWait)),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	udp := way(poller.Outbound, poller.StateNone)
	udp.Protocol = poller.UDP
	if Way(udp, nil) != nil {
		t.Error("UDP has a way through the states of TCP")
	}
}

// way is a socket that was first seen at noon.
func way(d poller.Direction, s poller.State) *poller.Connection {
	c := &poller.Connection{Direction: d, FirstSeen: noon}
	c.Protocol, c.State = poller.TCP, s
	return c
}

// TestDiagram: every state of TCP can be reached from CLOSED and leads back to it, and all has been said of each.
func TestDiagram(t *testing.T) {
	for _, s := range poller.States() {
		g, ok := guideTo(s)
		if !ok || g.Meaning == "" || g.Acts == "" || g.Lasts == "" || g.Trouble == "" || g.Other == "" || g.Command() == "" || g.Windows() == "" {
			t.Errorf("%v: %+v", s, g)
		}
		if s == poller.StateNone || s == poller.StateClosed {
			continue
		}
		reached := func(from, to poller.State) bool {
			return slices.ContainsFunc(edges, func(e Edge) bool { return e.From == from && e.To == to }) || between(from, to) != nil
		}
		if !reached(poller.StateClosed, s) || s != poller.StateListen && !reached(s, poller.StateClosed) || len(Next(s)) == 0 {
			t.Errorf("%v is not on a way from CLOSED to CLOSED", s)
		}
	}
	if between(poller.StateTimeWait, poller.StateNone) != nil {
		t.Error("a way to what is no state of TCP")
	}
	states := poller.States()
	var said []poller.State
	for _, g := range Guides() {
		said = append(said, g.State)
	}
	if diff := cmp.Diff(states, said); diff != "" {
		t.Errorf("states explained (-want +got):\n%s", diff)
	}
	if _, ok := guideTo(poller.StateUnknown); ok {
		t.Error("the unknown is explained")
	}
}

func TestCommands(t *testing.T) {
	g, _ := guideTo(poller.StateFinWait2)
	if g.Command() != "ss -tnp state fin-wait-2" || g.Windows() != "netstat -ano | findstr FIN_WAIT_2" {
		t.Errorf("%s, %s", g.Command(), g.Windows())
	}
	l, _ := guideTo(poller.StateListen)
	if !strings.HasSuffix(l.Windows(), "findstr LISTENING") {
		t.Error(l.Windows())
	}
	tw, _ := guideTo(poller.StateTimeWait)
	if strings.Contains(tw.Command(), "p state") {
		t.Error(tw.Command())
	}
}

// guideTo returns what can be said of a state; ok is false where it is none that a socket is shown in.
func guideTo(s poller.State) (g Guide, ok bool) {
	for _, g := range Guides() {
		if g.State == s {
			return g, true
		}
	}
	return Guide{}, false
}
