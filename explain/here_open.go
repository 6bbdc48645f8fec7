package explain

import (
	"time"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
)

// listen tells of a listener: who can reach it, and whether it keeps up.
func (s *Situation) listen(v *Verdict) {
	c := s.Connection
	switch addr := c.Local.Addr(); {
	case addr.IsUnspecified():
		v.say("%s takes connections on port %d from every network this machine is in.", s.program(true), c.Local.Port())
	case addr.IsLoopback():
		v.say("%s takes connections on port %d from programs on this machine only.", s.program(true), c.Local.Port())
	default:
		v.say("%s takes connections on port %d that come to %s.", s.program(true), c.Local.Port(), addr)
	}
	if !c.Known.Has(poller.KnownQueues) {
		return
	}
	switch waiting, room := int64(c.ReceiveQueue), int64(c.SendQueue); {
	case room > 0 && waiting > room:
		v.raise(Trouble)
		v.say("Its queue is full: %s wait to be accepted, and new ones are dropped.", Many(waiting, "connection"))
	case waiting == 1:
		v.say("One connection waits to be accepted; there is room for %d.", room)
	case waiting > 1:
		v.raise(Watch)
		v.say("%d connections wait to be accepted; there is room for %d.", waiting, room)
	default:
		v.say("None waits to be accepted; there is room for %d.", room)
	}
}

// synSent tells of a request without an answer.
func (s *Situation) synSent(v *Verdict) {
	n, known := s.repeats()
	switch {
	case known && n > 0:
		v.raise(Trouble)
		v.say("%s asked %s for a connection and has no answer; the request was sent again %s.", s.program(true), s.Connection.Remote, times(n))
	case s.InState >= soon:
		v.raise(Trouble)
		v.say("%s asked %s for a connection and has had no answer %s.", s.program(true), s.Connection.Remote, s.since())
	default:
		v.say("%s has just asked %s for a connection; the answer is on its way.", s.program(true), s.Connection.Remote)
		return
	}
	v.say("A closed port would have refused at once, so the other machine is off or not there, or a firewall drops the request.")
	if next := s.next(sockdiag.TimerRetransmit); next != "" {
		v.say("The next try is %s.", next)
	}
}

// times says how often: "once", "3 times".
func times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return Many(n, "time")
}

// synReceived tells of a greeting that is not finished.
func (s *Situation) synReceived(v *Verdict) {
	v.say("%s asked for a connection and was answered; its last word of the greeting is missing.", s.Connection.Remote)
	n, known := s.repeats()
	if known && n > 0 || s.InState >= soon {
		v.raise(Watch)
		if n > 0 {
			v.say("The answer was sent again %s.", times(n))
		}
		v.say("Either this machine's answers do not reach it, or it never meant to finish (a SYN scan or flood).")
	}
}

// established tells of an open connection: whether it flows, and what holds it up.
func (s *Situation) established(v *Verdict) {
	c, n := s.Connection, int64(0)
	if repeats, known := s.repeats(); known {
		n = repeats
	}
	switch {
	case s.Detail != nil && s.Detail.Timer == sockdiag.TimerRetransmit && n >= 2:
		v.raise(Trouble)
		v.say("The connection is open, but %s does not confirm: what was sent last was sent again %s.", s.other(false), times(n))
		v.say("The other machine may be gone without a word; the system gives up after some minutes.")
		return
	case s.Detail != nil && s.Detail.Timer == sockdiag.TimerProbe:
		v.raise(Trouble)
		v.say("The connection is open, but %s takes no more data: its program does not read what came.", s.other(false))
		v.say("%s wait here to be sent.", Many(int64(c.SendQueue), "byte"))
		return
	}
	v.say("The connection has been open %s; both ends can send.", s.since())
	if c.Known.Has(poller.KnownQueues) && c.ReceiveQueue > 64<<10 {
		v.raise(Watch)
		v.say("%s have come that %s has not read yet.", Many(int64(c.ReceiveQueue), "byte"), s.program(false))
	}
	if c.OwnerNote == poller.OwnerPending {
		v.raise(Watch)
		v.say("The listening program has not accepted it yet.")
	}
	s.flow(v)
}

// flow says when data went last, either way.
func (s *Situation) flow(v *Verdict) {
	c := s.Connection
	switch d := s.Detail; {
	case c.Known.Has(poller.KnownRates) && c.ReceiveRate+c.SendRate > 0:
		v.say("Data flows now.")
	case d == nil || !d.HasInfo:
	case c.Known.Has(poller.KnownBytes) && c.BytesReceived+c.BytesSent == 0:
		v.say("No data has been sent yet, either way.")
	default:
		quiet := time.Duration(min(d.TCP.LastDataRecv, d.TCP.LastDataSent)) * time.Millisecond
		v.say("It is quiet: data went last %s ago.", Long(quiet))
	}
	if next := s.next(sockdiag.TimerKeepalive); next != "" && v.Level == Normal {
		v.say("The system asks whether the other end is still there (keep-alive) %s.", next)
	}
}

// udp tells of a UDP socket.
func (s *Situation) udp(v *Verdict) {
	c := s.Connection
	if c.Connected() {
		v.say("%s exchanges UDP packets with %s here. UDP knows no connection and no state.", s.program(true), c.Remote)
	} else {
		v.say("%s takes UDP packets on port %d from anybody who reaches it.", s.program(true), c.Local.Port())
	}
	if c.Known.Has(poller.KnownQueues) && c.ReceiveQueue > 0 {
		v.raise(Watch)
		v.say("%s have come that are not read yet.", Many(int64(c.ReceiveQueue), "byte"))
	}
	if s.Detail != nil && s.Detail.HasMemory && s.Detail.Memory.Drops > 0 {
		v.raise(Watch)
		v.say("%s were dropped because they were not read in time.", Many(int64(s.Detail.Memory.Drops), "packet"))
	}
}
