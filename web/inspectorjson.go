package web

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"sockeye/explain"
	"sockeye/past"
	"sockeye/poller"
	"sockeye/poller/sockdiag"
	"sockeye/views"
)

// inspectorJSON is what /connections/{id}.json has behind the fields of /connections.json.
type inspectorJSON struct {
	At               time.Time         `json:"at"`
	Error            string            `json:"error,omitempty"`
	EndedAt          *time.Time        `json:"ended_at"`
	InStateSeconds   *float64          `json:"in_state_seconds"`
	Meaning          meaningJSON       `json:"meaning"`
	States           []visitJSON       `json:"states"`
	Samples          []sampleJSON      `json:"samples"`
	Kernel           map[string]any    `json:"kernel"`
	KernelNote       *string           `json:"kernel_note"`
	KernelNotes      map[string]string `json:"kernel_notes"`
	Owner            *processJSON      `json:"owner"`
	OwnerDetailsNote *string           `json:"owner_details_note"`
	Peer             json.RawMessage   `json:"peer"`
	SameProcess      []json.RawMessage `json:"same_process"`
	SameProcessTotal int               `json:"same_process_total"`
}

// meaningJSON is what the state means here.
type meaningJSON struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// visitJSON is a state on the socket's way.
type visitJSON struct {
	State string     `json:"state"`
	At    *time.Time `json:"at"`
	Seen  bool       `json:"seen"`
}

// sampleJSON is what had been transferred at a moment.
type sampleJSON struct {
	At            time.Time `json:"at"`
	BytesReceived uint64    `json:"bytes_received"`
	BytesSent     uint64    `json:"bytes_sent"`
	ReceiveRate   *int64    `json:"receive_rate"`
	SendRate      *int64    `json:"send_rate"`
}

// inspectorData encodes a connection: its row as in /connections.json, and all that is known beside it.
func inspectorData(i *views.Inspector) ([]byte, error) {
	v := i.Verdict()
	more := inspectorJSON{
		At: i.Status.At.UTC(), Meaning: meaningJSON{v.Level.String(), v.Text()}, States: visitsJSON(i), Samples: samplesJSON(i.Samples),
		KernelNote: orNull(i.DetailNote), OwnerDetailsNote: orNull(i.ProcessNote),
		SameProcess: objects(i.Siblings, i.Status), SameProcessTotal: i.SiblingsTotal, Peer: json.RawMessage("null"),
	}
	at := i.Status.At
	if i.Over {
		ended := i.Ended.UTC()
		more.Error, more.EndedAt, at = "This connection is over; these are its last known values.", &ended, i.Ended
	}
	if d, exact := i.InState(); exact && !i.Over && i.Connection.Protocol == poller.TCP {
		seconds := d.Round(time.Millisecond).Seconds()
		more.InStateSeconds = &seconds
	}
	if i.Detail != nil {
		more.Kernel, more.KernelNotes = kernelJSON(i.Detail)
	}
	if i.Process != nil {
		more.Owner = processOf(i.Process)
	}
	if i.Peer != nil {
		more.Peer = appendObject(nil, dataFields(), i.Peer, i.Status.At)
	}
	rest, err := marshal(more)
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	fields := dataFields()
	if i.Asked {
		fields = (&export{named: map[netip.Addr]string{remoteOf(&i.Connection): i.RemoteName}}).fields()
	}
	body := appendObject(nil, fields, &i.Connection, at)
	body[len(body)-1] = ','
	return append(append(body, rest[1:]...), '\n'), nil
}

// visitsJSON returns the socket's way; what was not seen has no time.
func visitsJSON(i *views.Inspector) []visitJSON {
	list := []visitJSON{}
	for _, v := range i.Way() {
		one := visitJSON{State: v.State.String(), Seen: v.Seen}
		if v.Seen {
			at := v.At.UTC()
			one.At = &at
		}
		list = append(list, one)
	}
	return list
}

func samplesJSON(samples []past.Sample) []sampleJSON {
	list := []sampleJSON{}
	for _, s := range samples {
		one := sampleJSON{At: s.At.UTC(), BytesReceived: s.Received, BytesSent: s.Sent}
		if s.HasRates {
			receive, send := int64(s.ReceiveRate+0.5), int64(s.SendRate+0.5)
			one.ReceiveRate, one.SendRate = &receive, &send
		}
		list = append(list, one)
	}
	return list
}

// kernelJSON returns the figures of the kernel by their keys, null where they are not known, and why those are not.
func kernelJSON(d *sockdiag.Detail) (values map[string]any, notes map[string]string) {
	values, notes = map[string]any{}, map[string]string{}
	for _, g := range explain.Figures(d) {
		for _, f := range g.Figures {
			switch {
			case f.Note != "":
				values[f.Key], notes[f.Key] = nil, f.Note
			case f.Unit == explain.Text:
				values[f.Key] = f.Words
			default:
				values[f.Key] = f.Number
			}
		}
	}
	return values, notes
}
