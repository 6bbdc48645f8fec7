package poller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// SourceKind chooses where sockets are read from.
type SourceKind string

// The sources. SourceAuto takes what the system has of its own, netlink on Linux and iphlpapi on Windows, where that is
// granted, and gopsutil elsewhere.
const (
	SourceAuto     SourceKind = "auto"
	SourceNetlink  SourceKind = "netlink"  // inet_diag(7)
	SourceIphlpapi SourceKind = "iphlpapi" // the IP Helper library of Windows
	SourceGopsutil SourceKind = "gopsutil" // github.com/shirou/gopsutil
)

// ParseSource reads the name of a source as given on the command line.
func ParseSource(s string) (SourceKind, error) {
	switch k := SourceKind(s); k {
	case SourceAuto, SourceNetlink, SourceIphlpapi, SourceGopsutil:
		return k, nil
	}
	return "", fmt.Errorf("source must be auto, netlink, iphlpapi or gopsutil, not %q", s)
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

// openSource opens the source that kind names. With SourceAuto what the system has of its own is tried by one whole
// list; when that is refused, the reason is logged and gopsutil takes its place, with the reason as a note for the
// reader.
func openSource(ctx context.Context, kind SourceKind, log *slog.Logger) (source, error) {
	if kind == SourceGopsutil {
		return newGopsutil(), nil
	}
	if kind != SourceAuto && kind != nativeSource {
		return nil, fmt.Errorf("source %s: %w", kind, errRefused)
	}
	s, err := openNative()
	if err == nil {
		if _, err = s.sockets(ctx, nil); err == nil {
			return s, nil
		}
		err = errors.Join(err, s.Close())
	}
	if kind != SourceAuto {
		return nil, fmt.Errorf("source %s: %w", kind, err)
	}
	g := newGopsutil()
	if !errors.Is(err, errRefused) {
		log.Warn(string(nativeSource)+" refused, using gopsutil", "error", err)
		g.reason = fmt.Sprintf("The kernel's socket list (%s) is not available here; rows come from gopsutil.", nativeSource)
	}
	return g, nil
}
