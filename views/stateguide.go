package views

import (
	"github.com/a-h/templ"

	"sockeye/poller"
)

// NavStates is the page that explains the states.
const NavStates = "/states"

// States is the page that explains every state.
type States struct{ Page }

// now says how many sockets are in a state, as of the last poll.
func (p States) now(s poller.State) string {
	switch n := p.Status.Counts[s]; {
	case p.Status.At.IsZero():
		return "Show them in the live table"
	case n == 1:
		return "One socket in this state now"
	default:
		return Count(n) + " sockets in this state now"
	}
}

// stateLink is where a state is explained.
func stateLink(s poller.State) templ.SafeURL { return templ.SafeURL(NavStates + "#" + s.String()) }

// stateAnchor is the same within the page.
func stateAnchor(s poller.State) templ.SafeURL { return templ.SafeURL("#" + s.String()) }
