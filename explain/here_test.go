package explain

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
)

// in is a connection of api in a state for a time.
func in(state poller.State, d time.Duration) *Situation {
	c := &poller.Connection{Direction: poller.Outbound}
	c.Protocol, c.State, c.Known = poller.TCP, state, poller.KnownQueues|poller.KnownBytes
	c.Local, c.Remote = netip.MustParseAddrPort("10.0.0.5:51522"), netip.MustParseAddrPort("10.0.0.9:5432")
	if state == poller.StateNone {
		c.Protocol = poller.UDP
	}
	return &Situation{Connection: c, Who: "api (PID 812)", InState: d, Exact: true}
}

// kernel adds what the kernel tells.
func (s *Situation) kernel(timer uint8, expires, repeats uint32) *Situation {
	s.Detail = &sockdiag.Detail{}
	s.Detail.HasInfo, s.Detail.Timer, s.Detail.Expires, s.Detail.Retrans = true, timer, expires, uint8(repeats)
	return s
}

// queues sets the two queues.
func (s *Situation) queues(receive, send uint32) *Situation {
	s.Connection.ReceiveQueue, s.Connection.SendQueue = receive, send
	return s
}

// note sets why the owner is not known.
func (s *Situation) note(n poller.OwnerNote) *Situation {
	s.Connection.OwnerNote = n
	return s
}

// local sets the local end of a socket without a remote one.
func (s *Situation) local(addr string) *Situation {
	s.Connection.Local, s.Connection.Remote = netip.MustParseAddrPort(addr), netip.AddrPort{}
	return s
}

func TestHere(t *testing.T) {
	inexact := in(poller.StateCloseWait, 9*time.Minute)
	inexact.Exact = false
	loop := in(poller.StateFinWait2, 3*time.Minute)
	loop.Other = "db (PID 9)"
	unknown := in(poller.StateCloseWait, 9*time.Minute)
	unknown.Who = ""
	same := in(poller.StateCloseWait, time.Minute)
	same.Other = same.Who
	over := in(poller.StateEstablished, 0)
	over.Over = true
	flows := in(poller.StateEstablished, time.Hour)
	flows.Connection.Known |= poller.KnownRates
	flows.Connection.SendRate = 5
	drops := in(poller.StateNone, time.Hour).kernel(0, 0, 0).queues(9, 0)
	drops.Detail.HasMemory, drops.Detail.Memory.Drops = true, 2
	for name, tt := range map[string]struct {
		s     *Situation
		level Level
		says  []string
	}{
		"close wait":       {in(poller.StateCloseWait, 9*time.Minute), Trouble, []string{"The other end finished 9 minutes ago; api (PID 812) has not closed its end.", "keeps the socket open", "No timer ends"}},
		"found so":         {inexact, Trouble, []string{"at least 9 minutes ago"}},
		"same process":     {same, Trouble, []string{"The other end, of the same process, finished 1 minute ago; api (PID 812) has not"}},
		"unknown owner":    {unknown, Trouble, []string{"the program here has not closed"}},
		"end not read":     {in(poller.StateCloseWait, 10*time.Second).queues(1, 0), Watch, []string{"does not know of the end"}},
		"data not read":    {in(poller.StateCloseWait, 10*time.Second).queues(8, 0), Watch, []string{"the last 7 bytes"}},
		"just closed":      {in(poller.StateCloseWait, time.Second), Normal, []string{"has just finished"}},
		"asks":             {in(poller.StateSynSent, 7*time.Second).kernel(sockdiag.TimerRetransmit, 8200, 3), Trouble, []string{"10.0.0.9:5432", "sent again 3 times", "firewall", "next try is in 8 seconds"}},
		"asks since long":  {in(poller.StateSynSent, 7*time.Second), Trouble, []string{"no answer for 7 seconds", "firewall"}},
		"has just asked":   {in(poller.StateSynSent, 0).kernel(sockdiag.TimerRetransmit, 900, 0), Normal, []string{"just asked"}},
		"half greeted":     {in(poller.StateSynReceived, 0).kernel(sockdiag.TimerRetransmit, 900, 2), Watch, []string{"sent again twice", "flood"}},
		"greeting":         {in(poller.StateSynReceived, 0), Normal, []string{"greeting is missing"}},
		"fin wait 2":       {in(poller.StateFinWait2, 3*time.Minute), Watch, []string{"has not closed its own for 3 minutes", "no limit"}},
		"on this machine":  {loop, Watch, []string{"db (PID 9) has not closed", "CLOSE_WAIT"}},
		"orphan":           {in(poller.StateFinWait2, time.Second).kernel(sockdiag.TimerTimeWait, 42_000, 0).note(poller.OwnerNone), Normal, []string{"gives it up in 42 seconds"}},
		"orphan, no timer": {in(poller.StateFinWait2, time.Second).note(poller.OwnerNone), Normal, []string{"60 seconds"}},
		"fin wait 1":       {in(poller.StateFinWait1, 20*time.Second).kernel(sockdiag.TimerRetransmit, 100, 4).queues(0, 101), Watch, []string{"100 bytes are not confirmed", "sent again 4 times"}},
		"cannot deliver":   {in(poller.StateFinWait1, 2*time.Minute).kernel(sockdiag.TimerProbe, 100, 4), Trouble, []string{"does not read"}},
		"last ack":         {in(poller.StateLastAck, 8*time.Second), Watch, []string{"finished first", "has taken 8 seconds"}},
		"closing":          {in(poller.StateClosing, 0), Normal, []string{"same moment"}},
		"time wait":        {in(poller.StateTimeWait, 0).kernel(sockdiag.TimerTimeWait, 31_000, 0), Normal, []string{"frees them in 31 seconds", "nobody has to do anything"}},
		"time wait, blind": {in(poller.StateTimeWait, 20*time.Second), Normal, []string{"40 seconds at the most"}},
		"time wait, late":  {in(poller.StateTimeWait, 2*time.Minute), Normal, []string{"in a moment"}},
		"flows":            {flows, Normal, []string{"been open for 1 hour", "Data flows now"}},
		"silent":           {in(poller.StateEstablished, time.Hour).kernel(sockdiag.TimerKeepalive, 60_000, 0), Normal, []string{"No data has been sent", "keep-alive) in 1 minute"}},
		"no confirmation":  {in(poller.StateEstablished, time.Hour).kernel(sockdiag.TimerRetransmit, 60_000, 5), Trouble, []string{"does not confirm", "5 times"}},
		"window closed":    {in(poller.StateEstablished, time.Hour).kernel(sockdiag.TimerProbe, 60_000, 5).queues(0, 77), Trouble, []string{"takes no more data", "77 bytes"}},
		"not read":         {in(poller.StateEstablished, time.Hour).queues(200_000, 0), Watch, []string{"200000 bytes have come"}},
		"not accepted":     {in(poller.StateEstablished, time.Hour).note(poller.OwnerPending), Watch, []string{"not accepted"}},
		"listens to all":   {in(poller.StateListen, time.Hour).local("[::]:80").queues(0, 128), Normal, []string{"every network", "room for 128"}},
		"listens here":     {in(poller.StateListen, time.Hour).local("127.0.0.1:80").queues(3, 128), Watch, []string{"on this machine only", "3 connections wait"}},
		"is full":          {in(poller.StateListen, time.Hour).local("10.0.0.5:80").queues(129, 128), Trouble, []string{"come to 10.0.0.5", "queue is full"}},
		"bound":            {in(poller.StateClosed, time.Hour), Normal, []string{"neither listens", "port 51522"}},
		"udp":              {drops, Watch, []string{"exchanges UDP packets", "9 bytes", "2 packets were dropped"}},
		"udp to all":       {in(poller.StateNone, time.Hour).local("0.0.0.0:53"), Normal, []string{"on port 53 from anybody"}},
		"over":             {over, Normal, []string{"is over", "last seen in ESTABLISHED"}},
	} {
		v := Here(tt.s)
		if v.Level != tt.level {
			t.Errorf("%s: level %v, want %v: %s", name, v.Level, tt.level, v.Text())
		}
		for _, part := range tt.says {
			if !strings.Contains(v.Text(), part) {
				t.Errorf("%s: %q does not say %q", name, v.Text(), part)
			}
		}
	}
}

// TestHereAlwaysSpeaks: whatever the facts, there are one to four whole sentences.
func TestHereAlwaysSpeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := in(poller.State(rapid.IntRange(0, poller.NumStates-1).Draw(t, "state")), time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "time")))
		s.Connection.Known = poller.Known(rapid.IntRange(0, 127).Draw(t, "known"))
		s.queues(rapid.Uint32().Draw(t, "rq"), rapid.Uint32().Draw(t, "sq")).note(poller.OwnerNote(rapid.IntRange(0, poller.NumOwnerNotes-1).Draw(t, "note")))
		s.Over, s.Exact = rapid.Bool().Draw(t, "over"), rapid.Bool().Draw(t, "exact")
		if rapid.Bool().Draw(t, "kernel") {
			s.kernel(uint8(rapid.IntRange(0, 5).Draw(t, "timer")), rapid.Uint32().Draw(t, "expires"), rapid.Uint32Range(0, 9).Draw(t, "repeats"))
		}
		v := Here(s)
		if n := len(v.Sentences); n < 1 || n > 4 {
			t.Errorf("%d sentences: %q", n, v.Sentences)
		}
		for _, one := range v.Sentences {
			if !strings.HasSuffix(one, ".") || strings.Contains(one, "%!") || strings.Contains(one, "  ") {
				t.Errorf("%q", one)
			}
		}
	})
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a second", time.Second: "1 second", 59 * time.Second: "59 seconds", 90 * time.Second: "1 minute",
		3 * time.Hour: "3 hours", 47 * time.Hour: "47 hours", 72 * time.Hour: "3 days",
	} {
		if got := Long(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	for a, want := range map[string]string{
		"127.0.0.1": "loopback", "::1": "loopback", "10.1.2.3": "private", "fd00::1": "private", "fe80::1%eth0": "link-local",
		"0.0.0.0": "every address", "::": "every address", "224.0.0.1": "multicast", "255.255.255.255": "broadcast", "100.64.0.1": "provider",
		"203.0.113.1": "books", "2001:db8::1": "books", "8.8.8.8": "Internet",
	} {
		if got := Place(netip.MustParseAddr(a)); !strings.Contains(got, want) {
			t.Errorf("%s: %q", a, got)
		}
	}
	if got := Place(netip.Addr{}); got != "no address" {
		t.Errorf("no address: %q", got)
	}
}
