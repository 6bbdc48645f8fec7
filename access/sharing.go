package access

import (
	"fmt"
	"strings"
	"time"
)

// Place is where a link can lead to.
type Place struct {
	// ID names it: an address of this machine, [PlaceLocal], or a name by which a proxy calls it.
	ID string
	// Note says in some words what it is, such as the interface it is on.
	Note string
	// Likely is set where it can be chosen without asking.
	Likely bool
}

// PlaceLocal is this machine alone: for its other users, and through SSH tunnels.
const PlaceLocal = "localhost"

// Invitation is a link with its secret, as it is told once.
type Invitation struct {
	Link
	// URL is the whole link. What stands behind the # is never sent by a browser.
	URL string
	// Fingerprint is the SHA-256 of the certificate, as pairs of hexadecimal digits; "" where the machine's own one is
	// not used.
	Fingerprint string
	// Plain is set where the link leads over a network without encryption.
	Plain bool
	// Note says what else the owner should know, "" for nothing.
	Note string
}

// Entrance is an address that is open to others.
type Entrance struct {
	URL         string
	Fingerprint string
	Plain       bool
	Since       time.Time
}

// SeveralError says that there are several places and none was chosen.
type SeveralError struct{ Places []Place }

// Error lists the places.
func (e *SeveralError) Error() string {
	var b strings.Builder
	b.WriteString("this machine has several addresses; choose one:")
	for _, p := range e.Places {
		fmt.Fprintf(&b, "\n  %-15s  %s", p.ID, p.Note)
	}
	return b.String()
}
