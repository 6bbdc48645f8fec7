package poller

import (
	"context"
	"errors"
	"fmt"

	"sockeye/poller/sockdiag"
)

// dumpTries is how often a dump that the kernel's table changed under is asked for before the poll is given up.
const dumpTries = 4

// dumps are the requests of one poll. Order matters little: each socket has one family and one protocol.
var dumps = [...]sockdiag.Request{
	{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
	{Family: sockdiag.FamilyIPv6, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
	{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolUDP, Extensions: sockdiag.WithMemory, States: sockdiag.AllStates},
	{Family: sockdiag.FamilyIPv6, Protocol: sockdiag.ProtocolUDP, Extensions: sockdiag.WithMemory, States: sockdiag.AllStates},
}

// dumper is what the source needs of a netlink socket; tests put a fake in its place.
type dumper interface {
	Dump(r sockdiag.Request, each func(*sockdiag.Record)) error
	Close() error
}

// netlinkSource reads sockets by inet_diag dumps. It keeps one netlink socket.
type netlinkSource struct {
	conn  dumper
	zones zoneCache
}

// openNetlink opens the netlink socket; whether the kernel grants dumps shows at the first one.
func openNetlink() (source, error) {
	conn, err := sockdiag.Dial()
	if err != nil {
		return nil, err
	}
	return &netlinkSource{conn: conn, zones: newZoneCache(interfaceName)}, nil
}

func (s *netlinkSource) name() SourceKind { return SourceNetlink }

func (s *netlinkSource) notes() []string { return nil }

// events implements eventSource.
func (s *netlinkSource) events() (eventStream, error) {
	return sockdiag.DialEvents(sockdiag.GroupTCP4Destroy, sockdiag.GroupTCP6Destroy,
		sockdiag.GroupUDP4Destroy, sockdiag.GroupUDP6Destroy)
}

func (s *netlinkSource) Close() error { return s.conn.Close() }

// sockets implements source.
func (s *netlinkSource) sockets(ctx context.Context, dst []Socket) ([]Socket, error) {
	for _, r := range dumps {
		var err error
		if dst, err = s.dump(ctx, r, dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// dump appends the sockets of one request, trying again when the dump was interrupted.
func (s *netlinkSource) dump(ctx context.Context, r sockdiag.Request, dst []Socket) ([]Socket, error) {
	start := len(dst)
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return dst, fmt.Errorf("netlink: %w", err)
		}
		err := s.conn.Dump(r, func(rec *sockdiag.Record) {
			dst = append(dst, socketOf(r.Protocol, rec, s.zones.name))
		})
		if err == nil {
			return dst, nil
		}
		dst = dst[:start]
		if !errors.Is(err, sockdiag.ErrInterrupted) {
			return dst, fmt.Errorf("netlink: %w", err)
		}
		if try == dumpTries {
			return dst, fmt.Errorf("netlink: the socket table changed during %d reads: %w", try, err)
		}
	}
}
