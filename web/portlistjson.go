package web

import (
	"encoding/json"
	"time"

	"sockeye/occupancy"
	"sockeye/views"
)

// listHead is what all lists of ports begin with.
type listHead struct {
	At       time.Time `json:"at"`
	Host     string    `json:"host"`
	Complete bool      `json:"complete"`
}

func (s *Site) head(p *views.Page) listHead {
	return listHead{p.Status.At.UTC(), s.host, p.Status.Complete}
}

// doorJSON is a port on which a process waits, in /ports.json.
type doorJSON struct {
	Port       uint16   `json:"port"`
	Protocol   string   `json:"protocol"`
	Service    *string  `json:"service"`
	PID        *int32   `json:"pid"`
	Process    *string  `json:"process"`
	User       *string  `json:"user"`
	OwnerNote  *string  `json:"owner_note"`
	Exposure   string   `json:"exposure"`
	Addresses  []string `json:"addresses"`
	Sockets    int      `json:"sockets"`
	Clients    *int     `json:"clients"`
	Others     int      `json:"other_holders"`
	AgeSeconds *float64 `json:"age_seconds"`
	Full       bool     `json:"backlog_full"`
	New        bool     `json:"new"`
	Fleeting   bool     `json:"ephemeral"`
}

// doorsJSON turns the list of doors into data.
func (s *Site) doorsJSON(p *views.DoorPage) any {
	doors := []doorJSON{}
	for i := range p.Doors {
		doors = append(doors, doorOf(&p.Doors[i], p.Status.At))
	}
	return struct {
		listHead
		Doors []doorJSON `json:"doors"`
	}{s.head(&p.Page), doors}
}

// doorOf turns a door into data.
func doorOf(d *occupancy.Door, at time.Time) doorJSON {
	j := doorJSON{
		Port: d.Port, Protocol: d.Protocol.String(), Service: orNull(serviceName(d.Port, d.Protocol.String())),
		User: orNull(d.First.User), OwnerNote: orNull(d.First.OwnerNote.String()), Exposure: string(d.Exposure),
		Addresses: []string{}, Sockets: d.Sockets, Others: d.Others, Full: d.Full, New: d.New, Fleeting: d.Fleeting,
	}
	j.PID, j.Process = ownerOf(&d.First)
	for _, a := range d.Addresses {
		j.Addresses = append(j.Addresses, a.String())
	}
	if d.Protocol.String() == "tcp" {
		j.Clients = &d.Clients
	}
	if age, exact := d.First.Age(at); exact {
		seconds := age.Round(time.Millisecond).Seconds()
		j.AgeSeconds = &seconds
	}
	return j
}

// stretchJSON is a port, or a run of free ones, in the answer for several.
type stretchJSON struct {
	First     uint16              `json:"first"`
	Last      uint16              `json:"last"`
	Used      bool                `json:"used"`
	Protocols []stretchAnswerJSON `json:"protocols"`
}

// stretchAnswerJSON is what is said of a stretch for one protocol.
type stretchAnswerJSON struct {
	Protocol  string   `json:"protocol"`
	Situation string   `json:"situation"`
	Sentence  *string  `json:"sentence"`
	CanBind   string   `json:"can_bind"`
	CanBindBy string   `json:"can_bind_by"`
	Remarks   []string `json:"remarks"`
}

// spansJSON turns the answer for several ports into data.
func (s *Site) spansJSON(p *views.SpanPage) any {
	all := []stretchJSON{}
	for i := range p.Stretches {
		st := &p.Stretches[i]
		j := stretchJSON{First: st.First, Last: st.Last, Used: st.Used()}
		for _, a := range st.Answers {
			aj := stretchAnswerJSON{a.Protocol.String(), string(a.Situation), nil, string(a.Can), "prediction", append([]string{}, a.Remarks()...)}
			if st.First == st.Last {
				sentence := a.Sentence(views.Visible)
				aj.Sentence = &sentence
			}
			j.Protocols = append(j.Protocols, aj)
		}
		all = append(all, j)
	}
	return struct {
		listHead
		Asked     string        `json:"asked"`
		Truncated bool          `json:"truncated"`
		Ports     []stretchJSON `json:"ports"`
	}{s.head(&p.Page), p.Spans.String(), p.More, all}
}

// conflictJSON is a port with more than one holder.
type conflictJSON struct {
	Port     uint16            `json:"port"`
	Protocol *string           `json:"protocol"`
	Relation string            `json:"relation"`
	Why      string            `json:"why"`
	Holders  []json.RawMessage `json:"holders"`
}

// conflictsJSON turns the list of conflicts into data.
func (s *Site) conflictsJSON(p *views.ConflictPage) any {
	all := []conflictJSON{}
	for i := range p.Conflicts {
		c := &p.Conflicts[i]
		all = append(all, conflictJSON{c.Port, orNull(c.Protocol.String()), string(c.Relation), c.Why(), objects(c.Rows, p.Status)})
	}
	return struct {
		listHead
		Conflicts []conflictJSON `json:"conflicts"`
	}{s.head(&p.Page), all}
}
