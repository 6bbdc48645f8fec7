package web

import (
	"encoding/json"
	"strconv"
	"time"

	"sockeye/poller"
	"sockeye/ports"
	"sockeye/query"
	"sockeye/views"
)

// portJSON is /ports/{port}.json.
type portJSON struct {
	At               time.Time         `json:"at"`
	Host             string            `json:"host"`
	Complete         bool              `json:"complete"`
	Port             uint16            `json:"port"`
	Protocol         *string           `json:"protocol"`
	Class            string            `json:"class"`
	Sentence         string            `json:"sentence"`
	Services         []serviceJSON     `json:"services"`
	Listeners        []json.RawMessage `json:"listeners"`
	Others           []json.RawMessage `json:"others"`
	Connections      []json.RawMessage `json:"connections"`
	ConnectionsTotal int               `json:"connections_total"`
}

// serviceJSON is what a port number is registered or known for.
type serviceJSON struct {
	Protocol    string `json:"protocol"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Registered  bool   `json:"registered"`
}

func servicesJSON(services []ports.Service) []serviceJSON {
	out := []serviceJSON{}
	for _, s := range services {
		out = append(out, serviceJSON{s.Protocol, s.Name, s.Description, s.Registered})
	}
	return out
}

// objects returns the rows as in /connections.json.
func objects(rows []poller.Connection, s poller.Status) []json.RawMessage {
	out := make([]json.RawMessage, len(rows))
	fields := dataFields()
	for i := range rows {
		out[i] = appendObject(nil, fields, &rows[i], s.At)
	}
	return out
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// portQuery is the view of all sockets that have the port at either end.
func portQuery(a *views.PortAnswer) (query.Query, error) {
	box := "port:" + strconv.Itoa(int(a.Port))
	if a.Protocol != "" {
		box += " proto:" + a.Protocol
	}
	return query.Parse(box)
}
