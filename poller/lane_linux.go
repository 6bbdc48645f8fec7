package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sockeye/poller/sockdiag"
)

// dumper is what the source needs of a netlink socket; tests put a fake in its place.
type dumper interface {
	Dump(r sockdiag.Request, each func(*sockdiag.Record)) error
	Close() error
}

// leastRoom is for how many sockets there is room from the first one on.
const leastRoom = 256

// lane is a netlink socket with what one goroutine needs to read it.
type lane struct {
	conn  dumper
	zones *zoneCache
}

func newLane(conn dumper, zone func(uint32) string) *lane {
	return &lane{conn: conn, zones: newZoneCache(zone)}
}

// dump appends the sockets of one request, trying again when the dump was interrupted. Where it fails it appends none.
func (l *lane) dump(ctx context.Context, r sockdiag.Request, dst []Socket) ([]Socket, error) {
	start := len(dst)
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return dst, fmt.Errorf("netlink: %w", err)
		}
		err := l.conn.Dump(r, func(rec *sockdiag.Record) {
			if len(dst) == cap(dst) { // append grows a long slice by a quarter, and each time copies it
				dst = slices.Grow(dst, max(leastRoom, len(dst)))
			}
			dst = append(dst, socketOf(r.Protocol, rec, l.zones.name))
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

// dumpAll appends the sockets of several requests.
func (l *lane) dumpAll(ctx context.Context, requests []sockdiag.Request, dst []Socket) ([]Socket, error) {
	l.zones.refresh(time.Now())
	for _, r := range requests {
		var err error
		if dst, err = l.dump(ctx, r, dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}
