package web

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"sockeye/ports"
)

// portRules reads the system's rules of ports, and remembers the last ones for who must not wait for files.
type portRules struct {
	system func() ports.Rules
	log    *slog.Logger

	mu   sync.Mutex
	last ports.Rules
	told bool // that something could not be read
	at   time.Time
}

// newPortRules returns the rules of this system, read once.
func newPortRules(log *slog.Logger) *portRules {
	r := &portRules{system: ports.ReadRules, log: log}
	r.read()
	return r
}

// read returns the rules as they are now.
func (r *portRules) read() ports.Rules {
	r.mu.Lock()
	if last := r.last; ports.RulesAge > 0 && !r.at.IsZero() && time.Since(r.at) < ports.RulesAge {
		r.mu.Unlock()
		return last
	}
	r.mu.Unlock()
	now := r.system()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.at = now, time.Now()
	if len(now.Problems) > 0 && !r.told {
		r.told = true
		r.log.Warn("rules of ports are not known, the usual ones are assumed", "error", now.Problems[0])
	}
	return now
}

// handedOut reports by the last rules whether the system hands out the port by itself.
func (r *portRules) handedOut(port uint16) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last.HandedOut(port)
}

// interfaceNames returns a function that names the interface of an address of this machine, "" for others.
func interfaceNames(log *slog.Logger) func(netip.Addr) string {
	names := make(map[netip.Addr]string)
	all, err := net.Interfaces()
	if err != nil {
		log.Debug("interfaces are not known", "error", err)
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil {
			log.Debug("addresses of an interface are not known", "interface", i.Name, "error", err)
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				names[p.Addr().WithZone("")] = i.Name
			}
		}
	}
	return func(a netip.Addr) string {
		if z := a.Zone(); z != "" {
			return z
		}
		return names[a]
	}
}
