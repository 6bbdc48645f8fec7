package explain

import (
	"time"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
)

// closeWait tells of an end that the program here owes.
func (s *Situation) closeWait(v *Verdict) {
	c := s.Connection
	if s.InState < soon && s.Exact {
		v.say("%s has just finished; %s may still send the rest, and then has to close its end.", s.other(true), s.program(false))
	} else {
		v.say("%s finished %s; %s has not closed its end.", s.other(true), s.ago(), s.program(false))
	}
	// The FIN stands in the receive queue like a byte until the program has read to the end.
	switch known := c.Known.Has(poller.KnownQueues); {
	case known && c.ReceiveQueue > 1:
		v.say("It has not read the last %s yet.", Many(int64(c.ReceiveQueue)-1, "byte"))
	case known && c.ReceiveQueue == 1:
		v.say("It has read all data, but not looked for more, and so does not know of the end yet.")
	case known && s.InState >= soon:
		v.say("It has read to the end and keeps the socket open all the same.")
	}
	switch {
	case s.InState >= late:
		v.raise(Trouble)
		v.say("No timer ends this state: the program has to close the socket or end.")
	case s.InState >= soon:
		v.raise(Watch)
	}
}

// ago says when the state began.
func (s *Situation) ago() string {
	switch {
	case s.Exact:
		return Long(s.InState) + " ago"
	case s.InState < time.Second:
		return "before the first look at it"
	}
	return "at least " + Long(s.InState) + " ago"
}

// finWait2 tells of an end that the program at the other side owes.
func (s *Situation) finWait2(v *Verdict) {
	v.say("%s closed its end, and the other side knows; %s has not closed its own %s.", s.program(true), s.other(false), s.since())
	if s.Other != "" {
		v.say("That socket is on this machine as well, in CLOSE_WAIT, and waits for its program.")
	}
	next := s.next(sockdiag.TimerTimeWait)
	if next == "" {
		next = s.next(sockdiag.TimerKeepalive)
	}
	switch {
	case next != "" && s.orphaned():
		v.say("No program here waits for it any more, so the system gives it up %s.", next)
	case s.orphaned():
		v.say("No program here waits for it any more, so the system gives it up after 60 seconds (tcp_fin_timeout).")
	default:
		v.say("The program here still reads from it, so there is no limit to how long this may last.")
		if s.InState >= late {
			v.raise(Watch)
		}
	}
}

// confirming tells of the states that wait for one confirmation.
func (s *Situation) confirming(v *Verdict) {
	switch s.Connection.State {
	case poller.StateFinWait1:
		v.say("%s closed its end; %s has not confirmed that yet.", s.program(true), s.other(false))
	case poller.StateClosing:
		v.say("Both ends closed at the same moment; the confirmation of this one's last word is missing.")
	default:
		v.say("%s finished first, then %s closed; the last confirmation is missing.", s.other(true), s.program(false))
	}
	unsent := int64(s.Connection.SendQueue)
	if s.Connection.Known.Has(poller.KnownQueues) && unsent > 1 {
		v.say("%s are not confirmed yet.", Many(unsent-1, "byte"))
	}
	n, _ := s.repeats()
	probing := s.Detail != nil && s.Detail.Timer == sockdiag.TimerProbe
	switch {
	case probing:
		v.raise(Watch)
		v.say("The other program does not read what was sent, so the end cannot be delivered.")
	case n > 0:
		v.raise(Watch)
		v.say("It was sent again %s without an answer; the other machine may be gone.", times(n))
	case s.InState >= soon:
		v.raise(Watch)
		v.say("That should take one round trip and has taken %s.", Long(s.InState))
	}
	if s.InState >= late {
		v.raise(Trouble)
	}
}

// timeWait tells of a connection that rests.
func (s *Situation) timeWait(v *Verdict) {
	v.say("The connection is over; this end closed it first.")
	if next := s.next(sockdiag.TimerTimeWait); next != "" {
		v.say("The system keeps its ports from being mixed up with a new one, and frees them %s.", next)
	} else {
		v.say("The system keeps its ports from being mixed up with a new one, %s.", atMost(time.Minute-s.InState))
	}
	v.say("No process holds it, and nobody has to do anything.")
}

// atMost says how long something still takes at the most.
func atMost(d time.Duration) string {
	if d < time.Second {
		return "and frees them in a moment"
	}
	return "and frees them in " + Long(d) + " at the most"
}
