package poller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"

	"sockeye/poller/iphlp"
)

// nativeSource is what this system has of its own.
const nativeSource = SourceIphlpapi

// openNative opens the tables of the IP Helper library.
func openNative() (source, error) {
	s := &iphlpSource{zones: newZoneCache(interfaceName)}
	s.statistics = newStatistics()
	return s, nil
}

// iphlpapi names a function of the library; whether there is one shows when it is called for.
func iphlpapi(name string) *windows.LazyProc {
	return windows.NewLazySystemDLL("iphlpapi.dll").NewProc(name)
}

// iphlpSource reads the tables of sockets of the IP Helper library. One goroutine uses it.
type iphlpSource struct {
	classes    [iphlp.NumTables]iphlp.Class
	buffer     []byte
	rows       []iphlp.Row
	zones      *zoneCache
	statistics *statistics
}

func (s *iphlpSource) name() SourceKind { return SourceIphlpapi }

// notes implements source.
func (s *iphlpSource) notes() []string { return s.statistics.notes() }

func (s *iphlpSource) Close() error { return nil }

// sockets implements source.
func (s *iphlpSource) sockets(ctx context.Context, dst []Socket) ([]Socket, error) {
	s.zones.refresh(time.Now().Round(0))
	taken := make(map[ID]struct{}, len(dst))
	s.statistics.begin()
	for t := range iphlp.Table(iphlp.NumTables) {
		if err := ctx.Err(); err != nil {
			return dst, fmt.Errorf("iphlpapi: %w", err)
		}
		if err := s.read(t); err != nil {
			return dst, fmt.Errorf("iphlpapi: table %v: %w", t, err)
		}
		for i := range s.rows {
			r := &s.rows[i]
			socket := socketOfRow(t, r, s.zones.name)
			socket.ID = freeID(&socket, taken)
			if counts(t, r) {
				s.statistics.of(t, r, &socket)
			}
			dst = append(dst, socket)
		}
	}
	s.statistics.end()
	return dst, nil
}

// read reads one table into rows. Where rows with the moment of creation are refused, those without it are read from
// then on. A family that the system does not have has no rows.
func (s *iphlpSource) read(t iphlp.Table) error {
	s.rows = s.rows[:0]
	b, err := s.fetch(t, s.classes[t])
	if err != nil && s.classes[t] == iphlp.OwnerModule && !errors.Is(err, windows.ERROR_NOT_SUPPORTED) {
		s.classes[t] = iphlp.OwnerPID
		b, err = s.fetch(t, iphlp.OwnerPID)
	}
	if errors.Is(err, windows.ERROR_NOT_SUPPORTED) && t.V6() {
		return nil
	}
	if err != nil {
		return err
	}
	s.rows, err = iphlp.Parse(s.rows, t, s.classes[t], b)
	return err
}

// fetch returns the bytes of a table; they are good until the next call.
func (s *iphlpSource) fetch(t iphlp.Table, c iphlp.Class) (b []byte, err error) {
	b, s.buffer, err = iphlp.Fetch(t, c, s.buffer)
	return b, err
}
