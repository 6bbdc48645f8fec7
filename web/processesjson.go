package web

import (
	"encoding/json"
	"strconv"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/views"
	"sockeye/workload"
)

// loadJSON is what a process, or a part of its connections, comes to.
type loadJSON struct {
	Sockets       int            `json:"sockets"`
	Listening     int            `json:"listening"`
	Connections   int            `json:"connections"`
	States        map[string]int `json:"states"`
	BytesReceived *uint64        `json:"bytes_received"`
	BytesSent     *uint64        `json:"bytes_sent"`
	ReceiveRate   *int64         `json:"receive_rate"`
	SendRate      *int64         `json:"send_rate"`
}

// loadOf turns a load into data; what is known of no socket is null.
func loadOf(l *workload.Load) loadJSON {
	j := loadJSON{Sockets: l.Sockets, Listening: l.Listening, Connections: l.Connections, States: map[string]int{}}
	for s, n := range l.States {
		if n > 0 {
			j.States[poller.State(s).String()] = n
		}
	}
	if l.WithBytes > 0 {
		j.BytesReceived, j.BytesSent = &l.Received, &l.Sent
	}
	if l.WithRates > 0 {
		receive, send := int64(l.ReceiveRate+0.5), int64(l.SendRate+0.5)
		j.ReceiveRate, j.SendRate = &receive, &send
	}
	return j
}

// rankedJSON is a process of /processes.json.
type rankedJSON struct {
	PID     int32   `json:"pid"`
	Start   uint64  `json:"start"`
	Process string  `json:"process"`
	User    *string `json:"user"`
	loadJSON
}

// rankingJSON turns the list into data.
func (s *Site) rankingJSON(p *views.ProcessList) any {
	all := []rankedJSON{}
	for i := range p.Processes {
		one := &p.Processes[i]
		all = append(all, rankedJSON{one.PID, one.Start, one.Name, orNull(one.User), loadOf(&one.Load)})
	}
	without := map[string]int{}
	for note, n := range p.Without {
		if n > 0 {
			without[poller.OwnerNote(note).String()] = n
		}
	}
	return struct {
		listHead
		Sort      string         `json:"sort"`
		Processes []rankedJSON   `json:"processes"`
		Without   map[string]int `json:"without_process"`
	}{s.head(&p.Page), p.Order.String(), all, without}
}

// processDetailJSON is /processes/{pid}.json; docs/processes.md describes it.
type processDetailJSON struct {
	listHead
	PID          int32        `json:"pid"`
	Start        *uint64      `json:"start"`
	Process      *processJSON `json:"process"`
	ProcessNote  *string      `json:"process_note"`
	CPUShare     *float64     `json:"cpu_share"`
	Network      loadJSON     `json:"network"`
	Growing      growingJSON  `json:"growing"`
	Listeners    []any        `json:"listeners"`
	Remotes      []remoteJSON `json:"remotes"`
	RemotesTotal int          `json:"remotes_total"`
}

// growingJSON is what grows; null where it does not.
type growingJSON struct {
	CloseWait   *trendJSON `json:"close_wait"`
	Descriptors *trendJSON `json:"descriptors"`
}

// trendJSON is a count that has grown and never fallen.
type trendJSON struct {
	From    uint64  `json:"from"`
	To      uint64  `json:"to"`
	Seconds float64 `json:"seconds"`
}

// trendOf turns a trend into data.
func trendOf(t *workload.Trend) *trendJSON {
	if t == nil {
		return nil
	}
	return &trendJSON{t.From, t.To, t.Over.Seconds()}
}

// remoteJSON is the connections of a process with one address.
type remoteJSON struct {
	Address  string   `json:"address"`
	Inbound  int      `json:"inbound"`
	Outbound int      `json:"outbound"`
	Ports    []string `json:"ports"`
	Peer     *string  `json:"peer"`
	PeerPID  *int32   `json:"peer_pid"`
	loadJSON
}

// remoteData turns a remote into data. A port of this end has "local" before it.
func remoteData(r *workload.Remote) remoteJSON {
	j := remoteJSON{Address: r.Addr.String(), Inbound: r.Inbound, Outbound: r.Outbound, Ports: []string{}, loadJSON: loadOf(&r.Load)}
	for _, p := range r.Ports {
		name := strconv.Itoa(int(p.Number)) + "/" + p.Protocol.String()
		if p.Local {
			name = "local " + name
		}
		j.Ports = append(j.Ports, name)
	}
	if r.Peer != nil {
		j.Peer, j.PeerPID = &r.Peer.Name, &r.Peer.PID
	}
	return j
}

// processDetailJSON turns the page into data.
func (s *Site) processDetailJSON(p *views.ProcessPage) any {
	j := processDetailJSON{
		listHead: s.head(&p.Page), PID: p.PID, ProcessNote: orNull(p.DetailsNote), CPUShare: p.Signs.CPU, Network: loadOf(&p.Network.Load),
		Growing: growingJSON{trendOf(p.Signs.CloseWait), trendOf(p.Signs.Descriptors)}, Listeners: []any{}, Remotes: []remoteJSON{},
		RemotesTotal: p.Network.RemotesTotal,
	}
	if p.Start != 0 {
		j.Start = &p.Start
	}
	if p.Details != nil {
		j.Process = processOf(p.Details)
	}
	for i := range p.Network.Listeners {
		j.Listeners = append(j.Listeners, doorData(&p.Network.Listeners[i], &p.Page))
	}
	for i := range p.Network.Remotes {
		j.Remotes = append(j.Remotes, remoteData(&p.Network.Remotes[i]))
	}
	return j
}

// doorData is a listener of a process: a row, and what is known beside it.
func doorData(l *workload.Listener, p *views.Page) json.RawMessage {
	more := struct {
		Exposure string `json:"exposure"`
		Clients  *int   `json:"clients"`
	}{Exposure: string(occupancy.ReachOf([]poller.Connection{l.Connection}).Exposure)}
	if l.Protocol == poller.TCP {
		more.Clients = &l.Clients
	}
	return with(&l.Connection, p.Status, more)
}
