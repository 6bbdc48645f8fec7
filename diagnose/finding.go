package diagnose

import "fmt"

// Place is where the trouble is.
type Place string

// The places, from this machine outwards.
const (
	PlaceNone     Place = ""
	PlaceMachine  Place = "this machine"
	PlaceLocal    Place = "local network" // between this machine and its router: cable, Wi-Fi, switch
	PlaceRouter   Place = "router"
	PlaceLine     Place = "line" // what the router is connected to: the provider and beyond
	PlaceResolver Place = "resolver"
	PlaceServer   Place = "server" // the one that was asked about
)

// Severity is how much a finding matters.
type Severity int

// The severities, the least first.
const (
	Notice  Severity = iota // worth knowing; no trouble by itself
	Warning                 // something is wrong, and most things still work
	Failure                 // something does not work
)

// String returns the severity in one word.
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Failure:
		return "failure"
	}
	return "notice"
}

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, known := range []Severity{Notice, Warning, Failure} {
		if known.String() == string(b) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("%q is no severity", b)
}

// Finding is one thing that was found to be wrong, or worth knowing.
type Finding struct {
	Place    Place    `json:"place"`
	Cause    string   `json:"cause"` // a word for programs, for example "resolver-silent"; see docs/diagnosis.md
	Severity Severity `json:"severity"`
	// Sentence says it in plain words. Names in it come from outside and are hostile text.
	Sentence string `json:"sentence"`
	// Evidence is a filter in the page's language that shows the connections meant; "" where there are none.
	Evidence string `json:"evidence,omitempty"`
	// Mend is what to do, one step each: commands for this operating system, or a sentence where there is none.
	Mend []string `json:"mend"`
	// Harmless says when it is no trouble at all.
	Harmless string `json:"harmless,omitempty"`
}

// State is the conclusion of a verdict.
type State string

// The conclusions.
const (
	Healthy    State = "healthy"
	InTrouble  State = "trouble"
	CannotTell State = "unknown"
)

// Verdict is what the ladder comes to.
type Verdict struct {
	State State `json:"state"`
	// Finding is the cause of the trouble; where all is well only its Sentence is set.
	Finding
	// Also are further findings, the worst first.
	Also []Finding `json:"also"`
}
