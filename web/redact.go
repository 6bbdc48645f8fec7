package web

import (
	"context"

	"sockeye/access"
	"sockeye/processes"
)

// hiddenNote is what stands in the place of what a viewer does not see.
const hiddenNote = "Hidden from those who look by a link; the owner of this machine sees it."

// readProcess returns what the reader may see of a process. Every page and all data that tell of processes ask here.
func (s *Site) readProcess(ctx context.Context, pid int32, start uint64) (*processes.Details, error) {
	d, err := s.process(ctx, pid, start)
	return redact(ctx, d), err
}

// redact returns what the reader may see of a process: command lines may hold passwords, and folders the names of
// people, so both are the owner's alone. No key of the filter may look at what is hidden: who can search it can read it.
func redact(ctx context.Context, d *processes.Details) *processes.Details {
	if d == nil || access.RoleOf(ctx) == access.Owner {
		return d
	}
	seen := *d
	seen.Args = processes.Fact[[]string]{Note: hiddenNote}
	seen.Directory = processes.Fact[string]{Note: hiddenNote}
	return &seen
}
