package web

import (
	"encoding/json"
	"time"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/views"
)

// portJSON is /ports/{port}.json; docs/ports.md describes it.
type portJSON struct {
	At               time.Time         `json:"at"`
	Host             string            `json:"host"`
	Complete         bool              `json:"complete"`
	Port             uint16            `json:"port"`
	Protocol         *string           `json:"protocol"`
	Class            string            `json:"class"`
	Sentence         string            `json:"sentence"`
	Services         []serviceJSON     `json:"services"`
	Protocols        []protocolJSON    `json:"protocols"`
	Listeners        []json.RawMessage `json:"listeners"`
	Others           []json.RawMessage `json:"others"`
	OthersTotal      int               `json:"others_total"`
	Connections      []json.RawMessage `json:"connections"`
	ConnectionsTotal int               `json:"connections_total"`
	Before           []formerJSON      `json:"before"`
	FreeNear         []uint16          `json:"free_near"`
	Rules            rulesJSON         `json:"rules"`
}

// protocolJSON is the answer for one protocol.
type protocolJSON struct {
	Protocol        string       `json:"protocol"`
	Situation       string       `json:"situation"`
	Sentence        string       `json:"sentence"`
	CanBind         string       `json:"can_bind"`
	CanBindBy       string       `json:"can_bind_by"`
	CanBindNote     string       `json:"can_bind_note"`
	TriedAt         *time.Time   `json:"tried_at"`
	Ways            []wayJSON    `json:"ways"`
	Remarks         []string     `json:"remarks"`
	Clients         []clientJSON `json:"clients"`
	ClientAddresses int          `json:"client_addresses"`
	ClientTotal     int          `json:"client_connections"`
	Elsewhere       int          `json:"elsewhere"`
}

// wayJSON is one way of binding a port.
type wayJSON struct {
	Address   string  `json:"address"`
	WithIPv4  bool    `json:"with_ipv4"`
	ReuseAddr bool    `json:"so_reuseaddr"`
	CanBind   string  `json:"can_bind"`
	Errno     *string `json:"errno"`
	Reason    *string `json:"reason"`
}

// clientJSON is the connections from one address.
type clientJSON struct {
	Address     string   `json:"address"`
	Connections int      `json:"connections"`
	Received    *uint64  `json:"bytes_received"`
	Sent        *uint64  `json:"bytes_sent"`
	Processes   []string `json:"processes"`
}

// formerJSON is who had a port before.
type formerJSON struct {
	Protocol   string    `json:"protocol"`
	Address    string    `json:"address"`
	PID        *int32    `json:"pid"`
	Process    *string   `json:"process"`
	User       *string   `json:"user"`
	Listening  bool      `json:"listening"`
	GoneAt     time.Time `json:"gone_at"`
	AgoSeconds float64   `json:"ago_seconds"`
	Gap        bool      `json:"gap"`
}

// rulesJSON is what the system says of its ports.
type rulesJSON struct {
	Ephemeral       *string `json:"ephemeral"`
	Reserved        bool    `json:"reserved"`
	Excluded        bool    `json:"excluded"`
	HandedOut       bool    `json:"handed_out"`
	PrivilegedBelow uint16  `json:"privileged_below"`
	MayPrivileged   bool    `json:"may_bind_privileged"`
}

// serviceJSON is what a port number is registered or known for.
type serviceJSON struct {
	Protocol    string `json:"protocol"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Registered  bool   `json:"registered"`
}

// portJSON turns a page into data.
func (s *Site) portJSON(p *views.PortAnswer) portJSON {
	j := portJSON{
		At: p.Status.At.UTC(), Host: s.host, Complete: p.Status.Complete, Port: p.Port, Protocol: orNull(p.Protocol), Class: p.Class,
		Sentence: p.Sentence(), Services: servicesJSON(p.Services), Protocols: []protocolJSON{}, Listeners: []json.RawMessage{},
		Others: []json.RawMessage{}, Connections: []json.RawMessage{}, Before: []formerJSON{}, FreeNear: append([]uint16{}, p.Near...),
	}
	for _, a := range p.Answers {
		j.Protocols = append(j.Protocols, protocolOf(a))
		for i := range a.Listeners {
			j.Listeners = append(j.Listeners, listenerJSON(&a.Listeners[i], p))
		}
		j.Others = append(j.Others, othersJSON(a, p.Status)...)
		j.OthersTotal += a.BoundTotal + a.OutgoingTotal + a.LeftTotal + a.RestingTotal
		j.Connections = append(j.Connections, objects(a.Connections, p.Status)...)
		j.ConnectionsTotal += a.ClientTotal
		j.Rules = rulesOf(a)
	}
	now := time.Now()
	for i := range p.Before {
		j.Before = append(j.Before, formerOf(&p.Before[i], now))
	}
	return j
}

// protocolOf turns the answer for one protocol into data.
func protocolOf(a *occupancy.Answer) protocolJSON {
	j := protocolJSON{
		Protocol: a.Protocol.String(), Situation: string(a.Situation), Sentence: a.Sentence(views.Visible), CanBind: string(a.Can),
		CanBindBy: "prediction", CanBindNote: a.CanWords(), Ways: []wayJSON{}, Remarks: append([]string{}, a.Remarks()...),
		Clients: []clientJSON{}, ClientAddresses: a.ClientAddresses, ClientTotal: a.ClientTotal, Elsewhere: a.Elsewhere,
	}
	if a.IsTried() {
		at := a.Tried.UTC().Round(0)
		j.CanBindBy, j.TriedAt = "trial", &at
	}
	for _, o := range a.Outcomes {
		j.Ways = append(j.Ways, wayJSON{o.Addr.String(), o.Dual, o.Reuse, o.Verdict.String(), orNull(o.Errno), orNull(o.Reason)})
	}
	for _, c := range a.Clients {
		cj := clientJSON{Address: c.Addr.String(), Connections: c.Connections, Processes: append([]string{}, c.Peers...)}
		if c.HasBytes {
			cj.Received, cj.Sent = &c.Received, &c.Sent
		}
		j.Clients = append(j.Clients, cj)
	}
	return j
}

// listenerJSON is a row with what is known of listeners beside it.
func listenerJSON(c *poller.Connection, p *views.PortAnswer) json.RawMessage {
	more := struct {
		Exposure     string     `json:"exposure"`
		Stack        string     `json:"stack"`
		Backlog      *uint32    `json:"backlog"`
		BacklogLimit *uint32    `json:"backlog_limit"`
		Unit         *string    `json:"unit"`
		Container    *string    `json:"container"`
		StartedAt    *time.Time `json:"process_started_at"`
	}{Exposure: string(occupancy.ReachOf([]poller.Connection{*c}).Exposure), Stack: occupancy.Stack(c)}
	if c.State == poller.StateListen && c.Known.Has(poller.KnownQueues) {
		more.Backlog, more.BacklogLimit = &c.ReceiveQueue, &c.SendQueue
	}
	if c.Owner != nil && p.Processes[c.Owner.PID] != nil {
		owner := processOf(p.Processes[c.Owner.PID])
		more.Unit, more.Container, more.StartedAt = owner.Unit, owner.Container, owner.StartedAt
	}
	return with(c, p.Status, more)
}

// othersJSON are the sockets that hold a port without listening, with what they hold it for.
func othersJSON(a *occupancy.Answer, s poller.Status) []json.RawMessage {
	var all []json.RawMessage
	for _, group := range [...]struct {
		name string
		rows []poller.Connection
	}{{"bound", a.Bound}, {"outgoing", a.Outgoing}, {"left", a.Left}, {"time_wait", a.Resting}} {
		for i := range group.rows {
			more := struct {
				Holds       string   `json:"holds"`
				SecondsLeft *float64 `json:"seconds_left"`
			}{Holds: group.name}
			if left, ok := a.TimeLeft[group.rows[i].ID]; ok {
				seconds := left.Seconds()
				more.SecondsLeft = &seconds
			}
			all = append(all, with(&group.rows[i], s, more))
		}
	}
	return all
}

// with is a row as in /connections.json with more fields behind it.
func with(c *poller.Connection, s poller.Status, more any) json.RawMessage {
	row := appendObject(nil, dataFields(), c, s.At)
	b, err := json.Marshal(more)
	if err != nil { // cannot be: texts and numbers have a JSON form
		return row
	}
	return append(append(row[:len(row)-1], ','), b[1:]...)
}

// formerOf turns what is remembered of a socket into data.
func formerOf(f *occupancy.Former, now time.Time) formerJSON {
	c := &f.Connection
	ago := max(0, now.Sub(f.Gone))
	j := formerJSON{
		Protocol: c.Protocol.String(), Address: c.Local.Addr().String(), User: orNull(c.User), Listening: c.Direction == poller.Listening,
		GoneAt: now.Add(-ago).UTC(), AgoSeconds: ago.Round(time.Millisecond).Seconds(), Gap: f.Gap,
	}
	if c.Owner != nil {
		j.PID, j.Process = &c.Owner.PID, &c.Owner.Name
	}
	return j
}

// rulesOf turns the rules that concern a port into data.
func rulesOf(a *occupancy.Answer) rulesJSON {
	r := &a.Rules
	j := rulesJSON{
		Reserved: r.Reserved.Has(a.Port), Excluded: r.Bars(a.Protocol.String(), a.Port), HandedOut: r.HandedOut(a.Port),
		PrivilegedBelow: r.PrivilegedBelow, MayPrivileged: r.MayPrivileged,
	}
	if r.Ephemeral.First > 0 {
		j.Ephemeral = orNull(r.Ephemeral.String())
	}
	return j
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
