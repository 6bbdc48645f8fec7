package explain

import (
	"fmt"
	"strings"
	"time"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
)

// Level says how a situation is to be taken.
type Level uint8

// The levels.
const (
	Normal  Level = iota
	Watch         // may become trouble
	Trouble       // somebody has to act
)

// String returns "normal", "watch" or "trouble".
func (l Level) String() string { return [...]string{"normal", "watch", "trouble"}[min(l, Trouble)] }

// Situation is one connection with what its state can be explained by.
type Situation struct {
	Connection *poller.Connection
	// Who names the process here, as shown to the reader; "" where it is not known. Other names the one at the other
	// end where that is on this machine.
	Who, Other string
	// InState is how long it has been in its state; it is the least that is sure where Exact is not set.
	InState time.Duration
	Exact   bool
	// Detail is what the kernel tells of it, nil where it does not.
	Detail *sockdiag.Detail
	// Over tells that the connection is gone; its values are the last ones.
	Over bool
}

// Verdict is what a state means here: two or three sentences, and how they are to be taken.
type Verdict struct {
	Level     Level
	Sentences []string
}

// Text returns the sentences in one line.
func (v Verdict) Text() string { return strings.Join(v.Sentences, " ") }

// say adds a sentence.
func (v *Verdict) say(format string, args ...any) {
	v.Sentences = append(v.Sentences, fmt.Sprintf(format, args...))
}

// raise makes the level at least l.
func (v *Verdict) raise(l Level) { v.Level = max(v.Level, l) }

// The times after which a state that should be short is worth a look, and is trouble.
const (
	soon = 5 * time.Second
	late = time.Minute
)

// Here returns what the state of one connection means.
func Here(s *Situation) Verdict {
	var v Verdict
	if s.Over {
		s.over(&v)
		return v
	}
	switch s.Connection.State {
	case poller.StateListen:
		s.listen(&v)
	case poller.StateSynSent:
		s.synSent(&v)
	case poller.StateSynReceived:
		s.synReceived(&v)
	case poller.StateEstablished:
		s.established(&v)
	case poller.StateFinWait1, poller.StateClosing, poller.StateLastAck:
		s.confirming(&v)
	case poller.StateFinWait2:
		s.finWait2(&v)
	case poller.StateCloseWait:
		s.closeWait(&v)
	case poller.StateTimeWait:
		s.timeWait(&v)
	case poller.StateClosed:
		v.say("%s has a socket here that neither listens nor is connected.", s.program(true))
		v.say("It keeps port %d from other programs.", s.Connection.Local.Port())
	case poller.StateNone:
		s.udp(&v)
	default:
		v.say("The system shows this socket in a state that is not known here.")
	}
	return v
}

// program names the process here, at the beginning of a sentence or within one.
func (s *Situation) program(begin bool) string {
	switch {
	case s.Who != "":
		return s.Who
	case begin:
		return "The program here"
	}
	return "the program here"
}

// other names the other end: its process where that is on this machine.
func (s *Situation) other(begin bool) string {
	switch {
	case s.Other != "" && s.Other == s.Who && begin:
		return "The other end, of the same process,"
	case s.Other != "" && s.Other == s.Who:
		return "the other end, of the same process,"
	case s.Other != "":
		return s.Other
	case begin:
		return "The other end"
	}
	return "the other end"
}

// since says how long the state has lasted: "for 9 minutes", "for at least 9 minutes".
func (s *Situation) since() string {
	switch {
	case s.Exact:
		return "for " + Long(s.InState)
	case s.InState < time.Second:
		return "since before the first look at it"
	}
	return "for at least " + Long(s.InState)
}

// repeats returns how often what waits for an answer was sent again.
func (s *Situation) repeats() (n int64, known bool) {
	if s.Detail == nil {
		return 0, false
	}
	return int64(s.Detail.Retrans), true
}

// next says when the running timer ends, "" where none of this kind runs.
func (s *Situation) next(timer uint8) string {
	if s.Detail == nil || s.Detail.Timer != timer {
		return ""
	}
	return inTime(time.Duration(s.Detail.Expires) * time.Millisecond)
}

// inTime says when something is due: "in 12 seconds".
func inTime(d time.Duration) string {
	if d < time.Second {
		return "in a moment"
	}
	return "in " + Long(d)
}

// orphaned reports whether no process holds the socket any more.
func (s *Situation) orphaned() bool { return s.Connection.OwnerNote == poller.OwnerNone }

// over tells of a connection that is gone.
func (s *Situation) over(v *Verdict) {
	v.say("This connection is over; what you see are its last known values.")
	switch s.Connection.State {
	case poller.StateEstablished, poller.StateSynSent, poller.StateSynReceived:
		v.say("It was last seen in %s: it was reset or given up, or closed between two looks.", s.Connection.State)
	case poller.StateListen:
		v.say("%s does not listen here any more.", s.program(true))
	}
}
