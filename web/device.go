package web

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sockeye/netinfo"
	"sockeye/views"
)

// devicesOf makes devices of neighbours: those with the same hardware address on the same interface are one. It adds who
// made each, whether it is new, and its connections to this machine.
func (w *network) devicesOf(list []netinfo.Neighbour, peers map[netip.Addr]views.Peer, now time.Time) (out []views.Device) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = map[netip.Addr]string{}
	first := w.devices == nil
	if first {
		w.devices = map[string]time.Time{}
	}
	place := map[string]int{}
	for _, n := range list {
		plain := n.Address.WithZone("")
		w.on[plain] = n.Interface
		key, mac := n.Interface+" "+n.MAC.String(), n.MAC.String()
		i, known := place[key]
		if !known || mac == "" {
			i = len(out)
			place[key] = i
			out = append(out, w.deviceOf(n, first, now))
		}
		d := &out[i]
		peer := peers[plain]
		d.Addresses = append(d.Addresses, views.DeviceAddress{Address: n.Address, State: n.State, Peer: peer})
		d.Peer.Add(peer)
		d.Router = d.Router || n.Router
	}
	for i := range out {
		slices.SortFunc(out[i].Addresses, func(a, b views.DeviceAddress) int { return a.Address.Compare(b.Address) })
	}
	slices.SortFunc(out, func(a, b views.Device) int {
		return cmp.Or(cmp.Compare(a.Interface, b.Interface), a.Addresses[0].Address.Compare(b.Addresses[0].Address))
	})
	return out
}

// deviceOf makes a device of its first address. Those of the first look are not new.
func (w *network) deviceOf(n netinfo.Neighbour, first bool, now time.Time) views.Device {
	d := views.Device{MAC: n.MAC, Interface: n.Interface}
	if vendors, err := netinfo.LoadVendors(); err == nil { // it is built in; a damaged one knows nobody, and a test reads it
		d.Maker, d.Local, _ = vendors.Maker(n.MAC)
	}
	key := n.MAC.String()
	if key == "" {
		return d
	}
	since, known := w.devices[key]
	if !known && len(w.devices) < maxDevices {
		if !first {
			since = now
		}
		w.devices[key] = since
	}
	d.New = !since.IsZero() && now.Sub(since) < newDevice
	return d
}

// nameDevices asks for the names of all devices: the name servers of this machine, and the devices themselves. It waits
// so long at the most; what comes later is known the next time. Who may not ask is told what is known.
func (s *Site) nameDevices(ctx context.Context, list []views.Device, wait time.Duration) {
	var all []netip.Addr
	for i := range list {
		for _, a := range list[i].Addresses {
			all = append(all, a.Address)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var asking sync.WaitGroup
	servers, devices := asks(ctx, s.names), asks(ctx, s.lan)
	asking.Go(func() { servers.wait(ctx, all) })
	asking.Go(func() { devices.wait(ctx, all) })
	asking.Wait()
	for i := range list {
		for k := range list[i].Addresses {
			a := &list[i].Addresses[k]
			a.Name, a.OwnName = servers.name(a.Address), devices.name(a.Address)
		}
	}
}
