package diagnose

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// outcome is what came of a connection attempt.
type outcome string

// The outcomes.
const (
	connected   outcome = "connected"
	refused     outcome = "refused"                       // a reset, or an ICMP message that says so
	wasReset    outcome = "reset"                         // broken off after it was open
	silent      outcome = "no answer"                     // nothing came back in time
	unreachable outcome = "unreachable"                   // a router, or this machine, says that there is no way
	denied      outcome = "not permitted"                 // this machine does not let it out (EPERM, EACCES)
	noPort      outcome = "no free local port or address" // the machine has no free local port or address for it (EADDRNOTAVAIL)
	interrupted outcome = "not finished"                  // the diagnosis ended first
	failed      outcome = "failed"                        // anything else; the error tells
)

// attempt is one connection attempt.
type attempt struct {
	to      netip.AddrPort
	outcome outcome
	took    time.Duration
	err     error
}

// How long a connection attempt waits. A lost first packet is sent again after 1 s and after 3 s.
const connectPatience = 3200 * time.Millisecond

// how changes the way in which a connection is made. The zero value changes nothing.
type how struct {
	mss    int    // the largest segment in bytes that either end may send; see setSegment
	device string // the interface to leave by; see setDevice
}

// connect opens a TCP connection; the caller closes it where there is one.
func connect(ctx context.Context, to netip.AddrPort, patience time.Duration, h how) (net.Conn, attempt) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d := net.Dialer{Control: h.control, KeepAlive: -1}
	d.SetMultipathTCP(false)
	begun := time.Now()
	c, err := d.DialContext(limited, "tcp", to.String())
	a := attempt{to: to, took: time.Since(begun), err: err, outcome: connected}
	if err != nil {
		a.outcome = classify(err)
		if a.outcome == silent && ctx.Err() != nil {
			a.outcome = interrupted
		}
	}
	return c, a
}

// control sets socket options before the connection is made.
func (h how) control(_, _ string, raw syscall.RawConn) error {
	var failure error
	err := raw.Control(func(fd uintptr) {
		if h.mss > 0 {
			failure = setSegment(fd, h.mss)
		}
		if h.device != "" && failure == nil {
			failure = setDevice(fd, h.device)
		}
	})
	return errors.Join(err, failure)
}

// classify tells what an error of the network means.
func classify(err error) outcome {
	for _, k := range errnos {
		if errors.Is(err, k.errno) {
			return k.outcome
		}
	}
	var timeout interface{ Timeout() bool }
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return silent
	}
	if errors.Is(err, context.Canceled) {
		return interrupted
	}
	return failed
}

// answer says in words what came of the attempt.
func (a attempt) answer() string {
	if a.outcome == failed {
		return "failed: " + a.err.Error()
	}
	return string(a.outcome)
}

// tryAll connects to all addresses at once and closes what it opened. The results are in the order of the addresses.
func tryAll(ctx context.Context, to []netip.AddrPort, patience time.Duration, h how) []attempt {
	results := make([]attempt, len(to))
	inParallel(len(to), func(i int) {
		c, a := connect(ctx, to[i], patience, h)
		if c != nil {
			_ = c.Close() // nothing was sent
		}
		results[i] = a
	})
	return results
}

// anyIs reports whether any attempt came to one of the outcomes.
func anyIs(list []attempt, any ...outcome) bool {
	for _, a := range list {
		for _, o := range any {
			if a.outcome == o {
				return true
			}
		}
	}
	return false
}

// allAre reports whether there are attempts and every one came to one of the outcomes.
func allAre(list []attempt, any ...outcome) bool {
	for _, a := range list {
		if !anyIs([]attempt{a}, any...) {
			return false
		}
	}
	return len(list) > 0
}
