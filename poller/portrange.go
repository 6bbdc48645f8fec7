package poller

import (
	"log/slog"
	"time"
)

// portRange is the ports that a system hands out to sockets whose program does not choose one: ephemeral ports.
type portRange struct{ first, last uint16 }

// dynamicPorts is the range set aside for them (RFC 6335 section 6), and the default of Windows and macOS.
var dynamicPorts = portRange{49152, 65535}

// lowestEphemeral is where the ephemeral ports of other machines begin: those of Linux, unless set otherwise.
const lowestEphemeral = 32768

// has reports whether this machine hands the port out.
func (r portRange) has(port uint16) bool { return r.first <= port && port <= r.last }

// likely reports whether another machine may have handed the port out.
func (r portRange) likely(port uint16) bool { return r.has(port) || port >= lowestEphemeral }

// portsAge is how long the range is believed.
const portsAge = time.Minute

// ownPorts remembers the range of this machine.
type ownPorts struct {
	known portRange
	at    time.Time // when it was last asked for, whatever came of it
	read  func() (portRange, error)
	log   *slog.Logger
}

// get returns the range; the last known one where it cannot be read, which the log says once.
func (o *ownPorts) get(now time.Time) portRange {
	if age := now.Sub(o.at); !o.at.IsZero() && age >= 0 && age < portsAge {
		return o.known
	}
	first := o.at.IsZero()
	o.at = now
	r, err := o.read()
	if err == nil {
		o.known = r
	} else if first {
		o.known = dynamicPorts
		o.log.Warn("the range of ephemeral ports is unknown, the usual one is assumed", "error", err)
	}
	return o.known
}
