package web

import (
	"encoding/json"
	"time"

	"sockeye/poller"
)

// protocolVersion is the version of the live protocol (docs/protocol.md).
const protocolVersion = 1

// helloFrame is the first message to a viewer.
type helloFrame struct {
	Type    string   `json:"t"`
	Version int      `json:"v"`
	Build   string   `json:"build"`
	Host    string   `json:"host"`
	Columns []string `json:"columns"`
	Groups  []string `json:"group_columns"`
	States  []string `json:"states"`
	Flows   []string `json:"flows"`
}

// status is what every frame tells of the table as a whole.
type status struct {
	Seq      uint64  `json:"seq"`
	At       int64   `json:"at"`
	Interval int64   `json:"interval"`
	Stale    *string `json:"stale"`
	Total    int     `json:"total"`
	size
	Counts []int `json:"counts"`
}

// size is how much there is of a view.
type size struct {
	// Matched counts the rows, a joined pair being one; Lines what there is to scroll through; Groups the groups, 0 where
	// the view does not group.
	Matched int `json:"matched"`
	Lines   int `json:"lines"`
	Groups  int `json:"groups"`
}

// snapFrame is a window as a whole.
type snapFrame struct {
	Type string `json:"t"`
	status
	Source  string            `json:"source"`
	Notes   []string          `json:"notes"`
	Offset  int               `json:"offset"`
	Limit   int               `json:"limit"`
	Rows    []json.RawMessage `json:"rows"`
	History json.RawMessage   `json:"history"`
}

// deltaFrame is what changed in a window since the frame before.
type deltaFrame struct {
	Type string `json:"t"`
	From uint64 `json:"from"`
	status
	Notes  *[]string         `json:"notes,omitempty"`  // nil where they are as before; empty takes them back
	Offset *int              `json:"offset,omitempty"` // nil where it is as before
	Came   int               `json:"came,omitempty"`
	Went   int               `json:"went,omitempty"`
	Moves  int               `json:"moves,omitempty"`
	Put    []json.RawMessage `json:"put,omitempty"`
	Order  *[]string         `json:"order,omitempty"`
	Closed []string          `json:"closed,omitempty"`
	Since  []string          `json:"since,omitempty"`
	Flow   json.RawMessage   `json:"flow,omitempty"`
	Gap    bool              `json:"gap,omitempty"`
	Short  int               `json:"short,omitempty"`
}

// errorFrame answers a message that could not be used.
type errorFrame struct {
	Type string `json:"t"`
	Text string `json:"text"`
}

// statusOf fills in what every frame tells.
func statusOf(s *poller.Status, of size) status {
	out := status{
		Seq: s.Seq, At: millis(s.At), Interval: s.Interval.Milliseconds(),
		Total: s.Counts.Total(), size: of, Counts: counts(&s.Counts),
	}
	if s.Stale != "" {
		out.Stale = &s.Stale
	}
	return out
}

// counts returns the numbers in the order of [poller.States].
func counts(c *poller.Counts) []int {
	states := poller.States()
	n := make([]int, len(states))
	for i, s := range states {
		n[i] = c[s]
	}
	return n
}

// stateNames returns the names in the order of counts.
func stateNames() []string {
	states := poller.States()
	n := make([]string, len(states))
	for i, s := range states {
		n[i] = s.String()
	}
	return n
}

// short counts the connections that came and went between two polls, so that no table had them.
func short(ended []poller.Ending) int {
	n := 0
	for i := range ended {
		if !ended[i].Seen {
			n++
		}
	}
	return n
}

// millis returns the milliseconds since 1970, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// encode turns a frame into its message. Frames are made of plain values, which always have a JSON form.
func encode(frame any) []byte {
	b, err := json.Marshal(frame)
	if err != nil {
		panic("web: a frame without JSON form: " + err.Error())
	}
	return b
}
