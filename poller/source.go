package poller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// SourceKind chooses where sockets are read from.
type SourceKind string

// The sources. SourceAuto takes netlink where the kernel grants it and gopsutil elsewhere.
const (
	SourceAuto     SourceKind = "auto"
	SourceNetlink  SourceKind = "netlink"
	SourceGopsutil SourceKind = "gopsutil"
)

// ParseSource reads the name of a source as given on the command line.
func ParseSource(s string) (SourceKind, error) {
	switch k := SourceKind(s); k {
	case SourceAuto, SourceNetlink, SourceGopsutil:
		return k, nil
	}
	return "", fmt.Errorf("source must be auto, netlink or gopsutil, not %q", s)
}

// source is the seam to the operating system: it lists sockets.
//
// sockets appends every socket of the machine to dst and returns it, in no particular order. An error means that the
// set is not whole, and what was appended is worth nothing. A socket that moved while it was read may be there twice;
// the later one is the truer. Only one call at a time; the returned memory is the caller's.
type source interface {
	name() SourceKind
	// notes are sentences for the reader about what this source cannot tell.
	notes() []string
	sockets(ctx context.Context, dst []Socket) ([]Socket, error)
	Close() error
}

// partialSource is a source that may not be shown every socket of the machine.
type partialSource interface {
	// partial reports that sockets may be missing from a list that succeeded.
	partial() bool
}

// errRefused marks an error of a source that this system will never let work.
var errRefused = errors.New("not available on this system")

// openSource opens the source that kind names. With SourceAuto netlink is tried by one whole dump; when that is
// refused, the reason is logged and gopsutil takes its place, with the reason as a note for the reader.
func openSource(ctx context.Context, kind SourceKind, log *slog.Logger) (source, error) {
	if kind == SourceGopsutil {
		return newGopsutil(), nil
	}
	s, err := openNetlink()
	if err == nil {
		if _, err = s.sockets(ctx, nil); err == nil {
			return s, nil
		}
		err = errors.Join(err, s.Close())
	}
	if kind == SourceNetlink {
		return nil, fmt.Errorf("source netlink: %w", err)
	}
	if !errors.Is(err, errRefused) {
		log.Warn("netlink refused, using gopsutil", "error", err)
	}
	g := newGopsutil()
	g.reason = "The kernel's socket list (netlink) is not available here; rows come from gopsutil."
	return g, nil
}
