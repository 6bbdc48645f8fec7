package views

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/diagnose"
	"sockeye/query"
)

// NavDiagnosis and NavNetwork are the addresses of those pages.
const (
	NavDiagnosis = "/diagnosis"
	NavNetwork   = "/network"
)

// Diagnosis is what the page of that name shows.
type Diagnosis struct {
	Page
	// Target is what was asked about, as it was written; Problem says why it cannot be read.
	Target, Problem string
	// Contacts are whom a diagnosis contacts.
	Contacts []string
	// Findings are those of the socket table alone; TableProblem says why there are none.
	Findings     []diagnose.Finding
	TableProblem string
	// Rungs are those of the diagnosis that runs, closed when it is done; nil where none runs. Verdict is called then.
	Rungs   <-chan diagnose.Rung
	Verdict func() diagnose.Verdict
}

// statusWord is how a rung went, in a word.
func statusWord(s diagnose.Status) string {
	switch s {
	case diagnose.OK:
		return "✓ ok"
	case diagnose.Trouble:
		return "✕ trouble"
	case diagnose.Unknown:
		return "? unknown"
	}
	return "– skipped"
}

// tookWords writes how long something took.
func tookWords(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return "< 1ms"
}

// stateWords says where the trouble is.
func stateWords(v diagnose.Verdict) string {
	switch v.State {
	case diagnose.Healthy:
		return "Healthy"
	case diagnose.InTrouble:
		return "Trouble: " + string(v.Place)
	}
	return "It cannot be told"
}

// isCommand tells a line of a shell from a sentence, which begins with a capital letter and ends with a full stop.
func isCommand(s string) bool {
	sentence := strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?")
	return s != "" && !(sentence && s[0] >= 'A' && s[0] <= 'Z')
}

// evidenceLink returns the address of the view that a filter shows, "" for no filter.
func evidenceLink(filter string) templ.SafeURL {
	if filter == "" {
		return ""
	}
	q, err := query.Parse(filter)
	if err != nil {
		return ""
	}
	return home(q.Encode())
}
