package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/netinfo"
	"sockeye/views"
)

// networkJSON is the network page as data; null is what is not known, and reasons say why.
type networkJSON struct {
	At           time.Time         `json:"at"`
	Host         string            `json:"host"`
	Reading      uint64            `json:"reading"`       // to ask for changes since it: ?since=
	SinceSeconds *float64          `json:"since_seconds"` // that changes are about; null where that is now
	Reasons      map[string]string `json:"reasons"`
	Interfaces   []interfaceJSON   `json:"interfaces"`
	Routes       []routeJSON       `json:"routes"`
	Devices      []deviceJSON      `json:"devices"`
	Counters     []counterJSON     `json:"counters"`
	RegistryDate string            `json:"registry_date"`
}

type interfaceJSON struct {
	Name      string            `json:"name"`
	Kind      netinfo.Kind      `json:"kind"`
	MAC       *string           `json:"mac"`
	MTU       int               `json:"mtu"`
	Up        bool              `json:"up"`
	Carrier   *bool             `json:"carrier"`
	SpeedMbps *int              `json:"speed_mbps"`
	Addresses []string          `json:"addresses"`
	Counters  *netinfo.Counters `json:"counters"`
	Rates     *netinfo.Rates    `json:"rates"` // in a second
	Lost      *netinfo.Counters `json:"lost"`  // errors and drops since the reading asked for
}

type routeJSON struct {
	Destination string            `json:"destination"`
	Gateway     *string           `json:"gateway"`
	Interface   string            `json:"interface"`
	Metric      int               `json:"metric"`
	Table       int               `json:"table"`
	Type        netinfo.RouteType `json:"type"`
	Origin      *string           `json:"origin"`
	LinkDown    bool              `json:"link_down"`
}

type deviceJSON struct {
	Address       string                 `json:"address"`
	MAC           *string                `json:"mac"`
	Vendor        *string                `json:"vendor"`
	Name          *string                `json:"name"`     // by name server; asked for with names=1 only
	OwnName       *string                `json:"own_name"` // by multicast DNS; asked for with names=1 only
	Interface     string                 `json:"interface"`
	State         netinfo.NeighbourState `json:"state"`
	New           bool                   `json:"new"`
	Connections   int                    `json:"connections"`
	BytesReceived uint64                 `json:"bytes_received"`
	BytesSent     uint64                 `json:"bytes_sent"`
	Router        bool                   `json:"router"`
}

type counterJSON struct {
	Key   string   `json:"key"`
	Value int64    `json:"value"`
	Grown *int64   `json:"grown"`
	Rate  *float64 `json:"rate"`  // in a second
	Means *string  `json:"means"` // null for those that need no words
}

// networkData handles GET /network.json.
func (s *Site) networkData(c echo.Context) error {
	n, err := s.readNetwork(c.Request().Context(), wishOf(c))
	if err != nil {
		return err
	}
	data := networkJSON{
		At: time.Now().UTC(), Reading: n.Opened, Host: s.host, RegistryDate: netinfo.RegistryDate, Reasons: map[string]string{},
		Interfaces: []interfaceJSON{}, Routes: []routeJSON{}, Devices: []deviceJSON{}, Counters: []counterJSON{},
	}
	if n.Since > 0 {
		seconds := n.Since.Seconds()
		data.SinceSeconds = &seconds
	}
	for what, why := range map[string]string{"interfaces": n.Reasons.Interfaces, "routes": n.Reasons.Routes, "devices": n.Reasons.Devices, "counters": n.Reasons.Counters} {
		if why != "" {
			data.Reasons[what] = why
		}
	}
	for i := range n.Interfaces {
		data.Interfaces = append(data.Interfaces, interfaceData(&n.Interfaces[i]))
	}
	for _, r := range n.Routes {
		one := routeJSON{Destination: r.Destination.String(), Interface: r.Interface, Metric: r.Metric, Table: r.Table, Type: r.Type, Origin: orNull(r.Origin), LinkDown: r.LinkDown}
		if r.Gateway.IsValid() {
			one.Gateway = orNull(r.Gateway.String())
		}
		data.Routes = append(data.Routes, one)
	}
	for i := range n.Devices {
		d := &n.Devices[i]
		for _, a := range d.Addresses {
			data.Devices = append(data.Devices, deviceJSON{a.Address.String(), orNull(d.MAC.String()), orNull(d.Maker), orNull(a.Name), orNull(a.OwnName), d.Interface, a.State, d.New, a.Connections, a.Received, a.Sent, d.Router})
		}
	}
	for _, list := range [][]views.Counter{n.Counters, n.Others} {
		for _, k := range list {
			data.Counters = append(data.Counters, counterJSON{k.Key(), k.Value, k.Grown, k.PerSecond, orNull(k.Means)})
		}
	}
	return c.JSON(http.StatusOK, data)
}

// interfaceData writes one interface.
func interfaceData(i *views.Interface) interfaceJSON {
	one := interfaceJSON{Name: i.Name, Kind: i.Kind, MAC: orNull(i.MAC.String()), MTU: i.MTU, Up: i.Up, Addresses: []string{}, Counters: i.Counters, Rates: i.Rates, Lost: i.Lost}
	if i.Carrier != netinfo.Unknown {
		there := i.Carrier == netinfo.Yes
		one.Carrier = &there
	}
	if i.Speed > 0 {
		one.SpeedMbps = &i.Speed
	}
	for _, a := range i.Addresses {
		one.Addresses = append(one.Addresses, a.Prefix.String())
	}
	return one
}
