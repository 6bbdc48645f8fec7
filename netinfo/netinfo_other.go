//go:build !linux && !windows

package netinfo

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"

	gopsutil "github.com/shirou/gopsutil/v3/net"
)

// unknown is the error of a reading that there is no way for here.
func unknown(what string) error { return fmt.Errorf("%s on %s: %w", what, runtime.GOOS, ErrUnknown) }

// Interfaces lists the network interfaces in the order in which the system does.
func Interfaces() ([]Interface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	counters := countersByName()
	list := make([]Interface, 0, len(found))
	for _, f := range found {
		i := Interface{
			Index: f.Index, Name: f.Name, MTU: f.MTU, MAC: f.HardwareAddr, Kind: KindUnknown, Up: f.Flags&net.FlagUp != 0,
			Counters: counters[f.Name],
		}
		if f.Flags&net.FlagLoopback != 0 {
			i.Kind = KindLoopback
		}
		if i.Up {
			i.Carrier = truth(f.Flags&net.FlagRunning != 0)
		}
		addresses, err := f.Addrs()
		if err != nil {
			return nil, fmt.Errorf("list addresses of %s: %w", f.Name, err)
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok {
				ones, _ := n.Mask.Size()
				addr, _ := netip.AddrFromSlice(n.IP)
				i.Addresses = append(i.Addresses, Address{Prefix: netip.PrefixFrom(addr.Unmap(), ones)})
			}
		}
		list = append(list, i)
	}
	return list, nil
}

// countersByName returns the counters of all interfaces; without them they are unknown, which is no error.
func countersByName() map[string]*Counters {
	found, err := gopsutil.IOCounters(true)
	if err != nil {
		return nil
	}
	m := map[string]*Counters{}
	for _, c := range found {
		m[c.Name] = &Counters{c.BytesRecv, c.BytesSent, c.PacketsRecv, c.PacketsSent, c.Errin, c.Errout, c.Dropin, c.Dropout}
	}
	return m
}

// Routes lists the routes of the system's table, where there is a way to read it.
func Routes() ([]Route, error) { return ribRoutes() }

// RouteTo returns the route that a packet to an address takes by the system's table.
func RouteTo(to netip.Addr) (Route, error) {
	list, err := ribRoutes()
	if err != nil {
		return Route{}, err
	}
	return routeTo(list, to)
}

// Neighbours lists the devices on this machine's links that it has dealt with, where there is a way to read them.
func Neighbours() ([]Neighbour, error) { return ribNeighbours() }

// CountersNow is not known here.
func CountersNow() ([]Counter, error) { return nil, unknown("protocol counters") }
