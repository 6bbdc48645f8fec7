package web

import (
	"context"

	"sockeye/access"
	"sockeye/processes"
)

// hiddenNote is what stands in the place of what a viewer does not see.
const hiddenNote = "Hidden from those who look by a link; the owner of this machine sees it."

// redact returns what the reader may see of a process: command lines may hold passwords, and folders the names of
// people, so both are the owner's alone. Every way to show a process has to come through here, and no key of the filter
// may look at what is hidden: who can search it can read it.
func redact(ctx context.Context, d *processes.Details) *processes.Details {
	if d == nil || access.RoleOf(ctx) == access.Owner {
		return d
	}
	seen := *d
	seen.Args = processes.Fact[[]string]{Note: hiddenNote}
	seen.Directory = processes.Fact[string]{Note: hiddenNote}
	return &seen
}
