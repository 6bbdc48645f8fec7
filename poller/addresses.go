package poller

import (
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// addressAge is how long the list of the machine's own addresses is believed.
const addressAge = 10 * time.Second

// ownAddresses remembers which addresses are the machine's own.
type ownAddresses struct {
	known map[netip.Addr]bool
	at    time.Time // when they were last asked for, whatever came of it
	list  func() ([]net.Addr, error)
	log   *slog.Logger
}

// get returns the machine's own addresses; the last known ones where they cannot be read. now is by the wall clock, which
// goes on in the machine's sleep: it may wake up in another network.
func (o *ownAddresses) get(now time.Time) map[netip.Addr]bool {
	if age := now.Sub(o.at); !o.at.IsZero() && age >= 0 && age < addressAge {
		return o.known
	}
	o.at = now
	list, err := o.list()
	if err != nil {
		o.log.Warn("own addresses unknown, direction of connections to them may be wrong", "error", err)
		return o.known
	}
	o.known = make(map[netip.Addr]bool, len(list))
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			o.known[p.Addr().Unmap().WithZone("")] = true
		}
	}
	return o.known
}
