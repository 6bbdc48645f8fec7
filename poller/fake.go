package poller

import (
	"context"

	"sockeye/poller/sockdiag"
)

// Fake stands in for the operating system: a Poller made with it lists and names what its functions say. It serves
// tests of other packages.
type Fake struct {
	// Sockets is called for each poll, one call at a time. It appends every socket to dst, or fails.
	Sockets func(ctx context.Context, dst []Socket) ([]Socket, error)
	// Process tells of the process that a socket's PID names. Nil knows none.
	Process func(pid int32) (Process, error)
	// Details tells more of one socket; it may be called while Sockets is. Nil cannot tell.
	Details func(s *Socket) (*sockdiag.Detail, error)
}

// SourceFake is the name of a Fake as a source.
const SourceFake SourceKind = "fake"

// fakeSource makes a Fake a source.
type fakeSource struct{ fake *Fake }

func (s fakeSource) name() SourceKind { return SourceFake }
func (s fakeSource) notes() []string  { return nil }
func (s fakeSource) Close() error     { return nil }

func (s fakeSource) sockets(ctx context.Context, dst []Socket) ([]Socket, error) {
	return s.fake.Sockets(ctx, dst)
}

// owners returns the finder for the fake's processes.
func (f *Fake) owners() ownerFinder {
	read := f.Process
	if read == nil {
		read = func(int32) (Process, error) { return Process{}, errRefused }
	}
	return &pidOwners{newProcesses(read)}
}
