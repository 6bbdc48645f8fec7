package web

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/netinfo"
	"sockeye/poller"
	"sockeye/views"
)

// network remembers what looks at the network gave, so that the next can tell what changed.
type network struct {
	readings readings

	mu      sync.Mutex            // guards what is below
	devices map[string]time.Time  // when a hardware address was first seen; zero for those of the first look
	on      map[netip.Addr]string // the interface of each neighbour, as of the last look
}

// How long a device is called new, and how many are remembered.
const (
	newDevice  = 10 * time.Minute
	maxDevices = 4096
)

// interfaceOf returns the interface on whose network a neighbour is, "" where it is none.
func (w *network) interfaceOf(a netip.Addr) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.on[a]
}

// networkWish is what somebody asks of the network page.
type networkWish struct {
	since uint64        // the reading with which the page was opened, 0 for none
	names bool          // devices and name servers are asked for names
	wait  time.Duration // how long names are waited for
}

// wishOf reads what is asked for. A link of another site has nobody asked for names.
func wishOf(c echo.Context) networkWish {
	w := networkWish{wait: nameTimeout}
	if n, err := strconv.ParseUint(c.QueryParam("since"), 10, 64); err == nil {
		w.since = n
	}
	w.names = c.QueryParam("names") == "1" && ownWish(c)
	if c.QueryParam("part") == "1" {
		w.wait = 0 // the next part has what comes until then
	}
	return w
}

// networkPage handles GET /network. Reading it sends nothing, unless names are asked for.
func (s *Site) networkPage(c echo.Context) error {
	n, err := s.readNetwork(c.Request().Context(), wishOf(c))
	if err != nil {
		return err
	}
	s.poller.Read(func(t *poller.Table) { n.Page = s.page(c, views.NavNetwork, t.Status()) })
	if c.QueryParam("part") == "1" {
		return s.render(c, http.StatusOK, views.NetworkPart(n))
	}
	return s.render(c, http.StatusOK, views.NetworkPage(n))
}

// readNetwork looks at everything. What this system does not tell is a reason in the page, no failure.
func (s *Site) readNetwork(ctx context.Context, wish networkWish) (n views.Network, err error) {
	peers := map[netip.Addr]views.Peer{}
	if err := s.fresh(ctx, func(t *poller.Table) { peers = peersIn(t) }); err != nil {
		return n, err
	}
	now := reading{at: time.Now()}
	interfaces, err := netinfo.Interfaces()
	n.Reasons.Interfaces = reason(err)
	n.Routes, err = netinfo.Routes()
	n.Reasons.Routes = reason(err)
	neighbours, err := netinfo.Neighbours()
	n.Reasons.Devices = reason(err)
	counters, err := netinfo.CountersNow()
	n.Reasons.Counters = reason(err)
	now.counters, now.traffic = netinfo.Values(counters), trafficOf(interfaces)
	opened, before := s.network.readings.take(now, wish.since)
	n.Opened, n.Since, n.Names = opened.number, now.at.Sub(opened.at), wish.names
	n.Interfaces = interfacesSince(interfaces, &opened, &before, now.at)
	n.Counters, n.Others = countersSince(counters, &opened, &before, now.at)
	n.Devices = s.network.devicesOf(neighbours, peers, now.at)
	if wish.names {
		s.nameDevices(ctx, n.Devices, wish.wait)
	}
	return n, nil
}

// reason is why something is not known, in words for the reader; "" where it is.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return "Not known: " + err.Error() + "."
}

// trafficOf returns the counters of the interfaces.
func trafficOf(list []netinfo.Interface) map[string]*netinfo.Counters {
	m := map[string]*netinfo.Counters{}
	for i := range list {
		if list[i].Counters != nil {
			m[list[i].Name] = list[i].Counters
		}
	}
	return m
}

// interfacesSince adds the rates since one reading, and what was lost since another.
func interfacesSince(list []netinfo.Interface, opened, before *reading, now time.Time) (out []views.Interface) {
	for _, i := range list {
		v := views.Interface{Interface: i}
		if before.number > 0 {
			if r, ok := netinfo.RatesOf(before.traffic[i.Name], i.Counters, now.Sub(before.at)); ok {
				v.Rates = &r
			}
		}
		if old := opened.traffic[i.Name]; old != nil && i.Counters != nil {
			v.Lost = netinfo.Lost(old, i.Counters)
		}
		out = append(out, v)
	}
	return out
}

// countersSince adds by how much counters grew since one reading, and in a second since another. Those that are
// explained come first; of the others, those that count something.
func countersSince(list []netinfo.Counter, opened, before *reading, now time.Time) (explained, others []views.Counter) {
	for _, c := range list {
		v := views.Counter{Counter: c, Grown: opened.grown(c.Key(), c.Value), PerSecond: before.perSecond(c.Key(), c.Value, now)}
		if word, ok := netinfo.Explain(c); ok {
			v.Word = word
			explained = append(explained, v)
		} else if c.Value != 0 {
			others = append(others, v)
		}
	}
	return explained, others
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
		if c.Known.Has(poller.KnownRates) {
			p.ReceiveRate, p.SendRate = p.ReceiveRate+c.ReceiveRate, p.SendRate+c.SendRate
		}
		m[a] = p
	}
	return m
}
