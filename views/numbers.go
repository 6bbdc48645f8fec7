package views

import (
	"time"

	"sockeye/poller"
)

// numberRows is how many rows the table of the charts' numbers has at the most; each stands for an equal part of the
// time.
const numberRows = 30

// numberRow is what the charts show at one moment, newest state of its part and what moved in it a second.
type numberRow struct {
	At     time.Time
	Total  string
	States []string
	Flows  []string
}

// numbers returns the charts as a table, newest first, with the states that had a socket.
func (d Dashboard) numbers() (states []poller.State, rows []numberRow) {
	samples := thin(d.History, numberRows)
	for _, s := range poller.States() {
		for i := range samples {
			if samples[i].Counts[s] > 0 {
				states = append(states, s)
				break
			}
		}
	}
	for i := len(samples) - 1; i >= 0; i-- {
		s := &samples[i]
		row := numberRow{At: s.At, Total: Count(s.Counts.Total()), Flows: flowTexts(&s.Flow)}
		for _, state := range states {
			row.States = append(row.States, Count(s.Counts[state]))
		}
		rows = append(rows, row)
	}
	return states, rows
}

// flowTexts writes what moved a second: received, sent, opened, closed.
func flowTexts(f *poller.Flow) []string {
	texts := []string{Dash, Dash, Dash, Dash}
	if f.Elapsed <= 0 {
		return texts
	}
	s := f.Elapsed.Seconds()
	if f.Counted {
		texts[0], texts[1] = Rate(float64(f.BytesReceived)/s), Rate(float64(f.BytesSent)/s)
	}
	texts[2], texts[3] = perSecond(float64(f.Opened)/s), perSecond(float64(f.Closed)/s)
	return texts
}

// printed says on paper what the page shows: whose connections, which of them, and when. The script says the same.
func (d Dashboard) printed() string {
	filter := "no filter"
	if box := d.Query.String(); box != "" {
		filter = "filter " + Whole(box)
	}
	text := Visible(d.Host) + " · " + filter + " · rows " + d.span() + " · " + d.at().Format("2006-01-02 15:04:05 MST")
	if !d.To.IsZero() {
		text += " · charts from " + clock(d.From) + " to " + clock(d.To)
	}
	return text
}

// chartID is the id of a chart's element.
func chartID(name string) string {
	if name == "states" {
		return "chart"
	}
	return "chart-" + name
}
