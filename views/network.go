package views

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/netinfo"
)

// Network is what the page of that name shows.
type Network struct {
	Page
	// Opened is the number of the reading with which the page was opened, and Since how long ago that is: what changes
	// are about.
	Opened uint64
	Since  time.Duration
	// Names tells that names are asked for.
	Names      bool
	Interfaces []Interface
	Routes     []netinfo.Route
	Devices    []Device
	// Counters are those that are explained, Others all others that count something.
	Counters, Others []Counter
	// Reasons say why a part is not known, "" where it is.
	Reasons struct{ Interfaces, Routes, Devices, Counters string }
}

// Interface is an interface with its rates now, and what it lost since the page was opened; nil where that is nothing or
// not known.
type Interface struct {
	netinfo.Interface
	Rates *netinfo.Rates
	Lost  *netinfo.Counters
}

// Peer is what the connections with one address come to.
type Peer struct {
	Connections           int
	Received, Sent        uint64  // bytes
	ReceiveRate, SendRate float64 // bytes per second
}

// Add adds another's.
func (p *Peer) Add(o Peer) {
	p.Connections += o.Connections
	p.Received, p.Sent = p.Received+o.Received, p.Sent+o.Sent
	p.ReceiveRate, p.SendRate = p.ReceiveRate+o.ReceiveRate, p.SendRate+o.SendRate
}

// Device is a neighbour with all its addresses, who made it and its connections to this machine.
type Device struct {
	MAC       net.HardwareAddr // nil where it is not known
	Interface string
	Addresses []DeviceAddress // in order, one at least
	Peer                      // of all addresses
	Maker     string          // "" where it is not known
	Local     bool            // its hardware address was made up by software
	New       bool            // it was not there when sockeye first looked
	Router    bool
}

// DeviceAddress is one address of a device.
type DeviceAddress struct {
	Address netip.Addr
	State   netinfo.NeighbourState
	// Name is what the name servers say, OwnName what the device says of itself; "" where there is none, or nobody was
	// asked. Both are hostile text.
	Name, OwnName string
	Peer
}

// Counter is a counter; Grown is by how much it grew since the page was opened and PerSecond how much it grows now, nil
// where that is not known. Its words are empty where it needs none.
type Counter struct {
	netinfo.Counter
	netinfo.Word
	Grown     *int64
	PerSecond *float64
}

// query returns what the script asks for to bring the page up to date.
func (n *Network) query() string {
	q := "part=1&since=" + strconv.FormatUint(n.Opened, 10)
	if n.Names {
		q += "&names=1"
	}
	return q
}

// again returns the address of the page as it is, to be looked at once more.
func (n *Network) again(names bool) templ.SafeURL {
	q := "/network?since=" + strconv.FormatUint(n.Opened, 10)
	if names {
		q += "&names=1"
	}
	return templ.SafeURL(q)
}

// since says what changes are about.
func (n *Network) since() string {
	if n.Since < time.Second {
		return "Changes are counted from now on."
	}
	return "Changes are those since the page was opened, " + n.Since.Round(time.Second).String() + " ago."
}

// names are the names of a device, each once.
func (d *Device) names() (list []string) {
	for _, a := range d.Addresses {
		for _, name := range []string{a.OwnName, a.Name} {
			if name != "" && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// evidence is the filter for the connections of a device.
func (d *Device) evidence() string {
	var list []string
	for _, a := range d.Addresses {
		if a.Connections > 0 {
			list = append(list, a.Address.WithZone("").String())
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "rip:" + strings.Join(list, ",")
}

// key tells devices apart, for the script.
func (d *Device) key() string {
	return "device-" + d.Interface + "-" + d.MAC.String() + "-" + d.Addresses[0].Address.String()
}

// linkState says how an interface is.
func (i *Interface) linkState() string {
	switch {
	case !i.Up:
		return "off"
	case i.Carrier == netinfo.No:
		return "no link"
	case i.Carrier == netinfo.Unknown:
		return "on"
	}
	return "connected"
}

// speed writes megabits per second.
func (i *Interface) speed() string {
	switch {
	case i.Speed == 0:
		return "–"
	case i.Speed%1000 == 0:
		return strconv.Itoa(i.Speed/1000) + " Gbit/s"
	}
	return strconv.Itoa(i.Speed) + " Mbit/s"
}

// pairOf writes two counts, "–" where they are not known.
func pairOf(known bool, a, b uint64) string {
	if !known {
		return "–"
	}
	return Count(int(a)) + " / " + Count(int(b))
}

// received and sent write what an interface carried in all, and rates what it carries in a second.
func (i *Interface) received() string {
	return bytesOr(i.Counters, func(c *netinfo.Counters) uint64 { return c.BytesReceived })
}
func (i *Interface) sent() string {
	return bytesOr(i.Counters, func(c *netinfo.Counters) uint64 { return c.BytesSent })
}

func bytesOr(c *netinfo.Counters, of func(*netinfo.Counters) uint64) string {
	if c == nil {
		return "–"
	}
	return Bytes(float64(of(c)))
}

func (i *Interface) receiving() string {
	return rateOr(i.Rates, func(r *netinfo.Rates) float64 { return r.BytesReceived })
}
func (i *Interface) sending() string {
	return rateOr(i.Rates, func(r *netinfo.Rates) float64 { return r.BytesSent })
}

func rateOr(r *netinfo.Rates, of func(*netinfo.Rates) float64) string {
	if r == nil {
		return "–"
	}
	return Rate(of(r))
}

// faults writes packets, errors and drops.
func (i *Interface) faults() (packets, errors, drops string) {
	c := i.Counters
	if c == nil {
		return "–", "–", "–"
	}
	return pairOf(true, c.PacketsReceived, c.PacketsSent), pairOf(true, c.ErrorsReceived, c.ErrorsSent), pairOf(true, c.DropsReceived, c.DropsSent)
}

// lostErrors and lostDrops write what was lost since the page was opened, "" for nothing.
func (i *Interface) lostErrors() string {
	if i.Lost == nil || i.Lost.ErrorsReceived+i.Lost.ErrorsSent == 0 {
		return ""
	}
	return "+" + Count(i.Lost.ErrorsReceived+i.Lost.ErrorsSent)
}

func (i *Interface) lostDrops() string {
	if i.Lost == nil || i.Lost.DropsReceived+i.Lost.DropsSent == 0 {
		return ""
	}
	return "+" + Count(i.Lost.DropsReceived+i.Lost.DropsSent)
}

// maker says who made a device.
func (d *Device) maker() string {
	switch {
	case d.Maker != "":
		return d.Maker
	case d.Local:
		return "address made up by software"
	}
	return "–"
}

// hardware writes a hardware address.
func hardware(mac fmt.Stringer) string {
	if s := mac.String(); s != "" {
		return s
	}
	return "–"
}

// gatewayOf writes where a route leads.
func gatewayOf(r netinfo.Route) string {
	if r.Gateway.IsValid() {
		return r.Gateway.String()
	}
	if r.Type != netinfo.RouteUnicast {
		return string(r.Type)
	}
	return "on the link"
}

// grown writes by how much a counter grew.
func (c *Counter) grown() string {
	if c.Grown == nil {
		return "–"
	}
	if *c.Grown == 0 {
		return "0"
	}
	return "+" + Count(uint64(*c.Grown))
}

// pace writes how much a counter grows in a second.
func (c *Counter) pace() string {
	switch {
	case c.PerSecond == nil:
		return "–"
	case *c.PerSecond == 0:
		return "0"
	case *c.PerSecond < 10:
		return strconv.FormatFloat(*c.PerSecond, 'f', 1, 64)
	}
	return Count(uint64(*c.PerSecond + 0.5))
}

// value writes a counter. One that is negative means "no limit".
func (c *Counter) value() string {
	if c.Value < 0 {
		return strconv.FormatInt(c.Value, 10)
	}
	return Count(uint64(c.Value))
}

// orDash writes "–" for "".
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// states are the states of a device's addresses, once where they are all the same.
func (d *Device) states() (list []string) {
	for _, a := range d.Addresses {
		list = append(list, string(a.State))
	}
	if len(slices.Compact(slices.Clone(list))) == 1 {
		return list[:1]
	}
	return list
}

// capital writes the first letter large.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// tableName names a routing table (linux/rtnetlink.h, RT_TABLE_).
func tableName(n int) string {
	switch n {
	case 0:
		return "–"
	case 253:
		return "default"
	case 254:
		return "main"
	}
	return strconv.Itoa(n)
}
