package web

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/netinfo"
	"sockeye/poller"
	"sockeye/views"
)

// network remembers what the last look at the network gave, so that the next can tell what changed.
type network struct {
	mu       sync.Mutex
	at       time.Time // of the last look; all fields are guarded by mu
	counters map[string]int64
	traffic  map[string]netinfo.Counters // by interface
	devices  map[string]time.Time        // when a hardware address was first seen; zero for those of the first look
}

// How long ago the look before may be to be compared with, and how many devices are remembered.
const (
	oldestLook = 15 * time.Minute
	maxDevices = 4096
)

// networkPage handles GET /network. Reading it sends nothing.
func (s *Site) networkPage(c echo.Context) error {
	n, err := s.readNetwork(c.Request().Context())
	if err != nil {
		return err
	}
	s.poller.Read(func(t *poller.Table) { n.Page = s.page(c, views.NavNetwork, t.Status()) })
	return s.render(c, http.StatusOK, views.NetworkPage(n))
}

// readNetwork looks at everything. What this system does not tell is a reason in the page, no failure.
func (s *Site) readNetwork(ctx context.Context) (n views.Network, err error) {
	peers := map[netip.Addr]views.Peer{}
	if err := s.fresh(ctx, func(t *poller.Table) { peers = peersIn(t) }); err != nil {
		return n, err
	}
	now := time.Now()
	interfaces, err := netinfo.Interfaces()
	n.Reasons.Interfaces = reason(err)
	n.Routes, err = netinfo.Routes()
	n.Reasons.Routes = reason(err)
	neighbours, err := netinfo.Neighbours()
	n.Reasons.Devices = reason(err)
	counters, err := netinfo.CountersNow()
	n.Reasons.Counters = reason(err)
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	elapsed := now.Sub(s.network.at)
	if s.network.at.IsZero() || elapsed > oldestLook {
		s.network.counters, s.network.traffic, elapsed = nil, nil, 0
	}
	n.Since = elapsed
	n.Interfaces = s.network.interfaces(interfaces, elapsed)
	n.Devices = s.network.neighbours(neighbours, peers, now)
	n.Counters = s.network.count(counters)
	s.network.at = now
	return n, nil
}

// reason is why something is not known, in words for the reader; "" where it is.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return "Not known: " + err.Error() + "."
}

// interfaces adds the rates since the last look.
func (w *network) interfaces(list []netinfo.Interface, elapsed time.Duration) (out []views.Interface) {
	seen := map[string]netinfo.Counters{}
	for _, i := range list {
		v := views.Interface{Interface: i}
		if before, known := w.traffic[i.Name]; known && i.Counters != nil {
			if r, ok := netinfo.RatesOf(&before, i.Counters, elapsed); ok {
				v.Rates = &r
			}
		}
		if i.Counters != nil {
			seen[i.Name] = *i.Counters
		}
		out = append(out, v)
	}
	w.traffic = seen
	return out
}

// neighbours adds who made each device, whether it is new, and its connections to this machine.
func (w *network) neighbours(list []netinfo.Neighbour, peers map[netip.Addr]views.Peer, now time.Time) (out []views.Device) {
	vendors, _ := netinfo.LoadVendors() // it is built in; a damaged one knows nobody, and a test reads it
	first := w.devices == nil
	if first {
		w.devices = map[string]time.Time{}
	}
	for _, n := range list {
		d := views.Device{Neighbour: n, Peer: peers[n.Address.WithZone("")]}
		if vendors != nil {
			d.Maker, d.Local, _ = vendors.Maker(n.MAC)
		}
		if key := n.MAC.String(); key != "" {
			since, known := w.devices[key]
			if !known && len(w.devices) < maxDevices {
				if !first {
					since = now
				}
				w.devices[key] = since
			}
			d.New = !since.IsZero() && now.Sub(since) < 10*time.Minute
		}
		out = append(out, d)
	}
	return out
}

// count keeps the counters that are explained and adds by how much each grew since the last look.
func (w *network) count(list []netinfo.Counter) (out []views.Counter) {
	before := w.counters
	for _, c := range list {
		word, ok := netinfo.Explain(c)
		if !ok {
			continue
		}
		v := views.Counter{Counter: c, Word: word}
		if old, known := before[c.Key()]; known && c.Value >= old {
			grown := c.Value - old
			v.Grown = &grown
		}
		out = append(out, v)
	}
	w.counters = netinfo.Values(list)
	return out
}

// peersIn sums up the connections by the other end's address.
func peersIn(t *poller.Table) map[netip.Addr]views.Peer {
	m := map[netip.Addr]views.Peer{}
	for c := range t.All() {
		if !c.Connected() {
			continue
		}
		a := c.Remote.Addr().WithZone("")
		p := m[a]
		p.Connections++
		if c.Known.Has(poller.KnownBytes) {
			p.Received, p.Sent = p.Received+c.BytesReceived, p.Sent+c.BytesSent
		}
		m[a] = p
	}
	return m
}
