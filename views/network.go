package views

import (
	"fmt"
	"strconv"
	"time"

	"sockeye/netinfo"
)

// Network is what the page of that name shows.
type Network struct {
	Page
	// Since is how long ago the look before was, which rates and changes are about; 0 where there was none.
	Since      time.Duration
	Interfaces []Interface
	Routes     []netinfo.Route
	Devices    []Device
	Counters   []Counter
	// Reasons say why a part is not known, "" where it is.
	Reasons struct{ Interfaces, Routes, Devices, Counters string }
}

// Interface is an interface with its rates since the look before; nil where they are not known.
type Interface struct {
	netinfo.Interface
	Rates *netinfo.Rates
}

// Peer is what the connections with one address come to.
type Peer struct {
	Connections    int
	Received, Sent uint64 // bytes
}

// Device is a neighbour with who made it and its connections to this machine.
type Device struct {
	netinfo.Neighbour
	Peer
	Maker string // "" where it is not known
	Local bool   // its address was made up by software
	New   bool   // it was not there when sockeye first looked
}

// Counter is a counter that is explained; Grown is by how much it grew since the look before, nil where not known.
type Counter struct {
	netinfo.Counter
	netinfo.Word
	Grown *int64
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

// traffic writes what an interface received and sent, in all and in a second.
func (i *Interface) traffic() string {
	if i.Counters == nil {
		return "–"
	}
	text := Bytes(float64(i.Counters.BytesReceived)) + " / " + Bytes(float64(i.Counters.BytesSent))
	if i.Rates != nil {
		text += fmt.Sprintf(" (%s/s / %s/s)", Bytes(i.Rates.BytesReceived), Bytes(i.Rates.BytesSent))
	}
	return text
}

// faults writes errors and drops.
func (i *Interface) faults() (errors, drops string) {
	c := i.Counters
	if c == nil {
		return "–", "–"
	}
	return pairOf(true, c.ErrorsReceived, c.ErrorsSent), pairOf(true, c.DropsReceived, c.DropsSent)
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
	return "+" + Count(int(*c.Grown))
}

// orDash writes "–" for "".
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
