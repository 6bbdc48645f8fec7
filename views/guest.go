package views

import "sockeye/access"

// namesTitle says what the switch for names does for a reader.
func namesTitle(role access.Role) string {
	if role == access.Viewer {
		return "Show the names of the remote addresses in sight that the owner of this machine has looked up; for you nobody is asked"
	}
	return "Ask the name servers of this machine for the names of the remote addresses in sight"
}
