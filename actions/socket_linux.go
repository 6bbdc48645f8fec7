package actions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
)

// diagSocket is a connection as the kernel tells of it.
type diagSocket struct {
	question sockdiag.Question // the record's own ends, interface and cookie
	record   sockdiag.Record
	asked    Connection
}

// socket implements system.
func (*linux) socket(c Connection) (socket, error) {
	q, err := questionOf(c)
	if err != nil {
		return nil, err
	}
	d, err := sockdiag.Ask(q)
	if errors.Is(err, sockdiag.ErrGone) {
		return nil, fmt.Errorf("%w: %w", errGone, err)
	} else if err != nil {
		return nil, err
	}
	r := d.Record
	return &diagSocket{asked: c, record: r, question: sockdiag.Question{
		Family: r.Family, Protocol: sockdiag.ProtocolTCP, Local: r.Source, Remote: r.Destination, Interface: r.Interface, Cookie: r.Cookie,
	}}, nil
}

// questionOf names a connection to the kernel. A cookie that stands for any is no connection.
func questionOf(c Connection) (sockdiag.Question, error) {
	if c.Cookie == 0 || c.Cookie == sockdiag.AnyCookie || !c.Local.IsValid() || !c.Remote.IsValid() {
		return sockdiag.Question{}, fmt.Errorf("%w: no identity", errGone)
	}
	q := sockdiag.Question{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Local: c.Local, Remote: c.Remote, Cookie: c.Cookie}
	if c.IPv6 {
		q.Family = sockdiag.FamilyIPv6
		q.Local, q.Remote = mapped(c.Local), mapped(c.Remote)
	}
	if zone := c.Local.Addr().Zone(); zone != "" {
		if i, err := net.InterfaceByName(zone); err == nil {
			q.Interface = uint32(i.Index)
		}
	}
	return q, nil
}

// mapped returns an end as an IPv6 socket has it.
func mapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().WithZone("").As16()), a.Port())
}

// now implements socket. Zones are those that were asked for, where the addresses are.
func (s *diagSocket) now() Connection {
	return Connection{
		Cookie: s.record.Cookie, IPv6: s.record.Family == sockdiag.FamilyIPv6,
		Local: zoned(s.record.Source, s.asked.Local), Remote: zoned(s.record.Destination, s.asked.Remote),
		State: poller.KernelState(s.record.State).String(),
	}
}

// zoned gives an address of the kernel the zone of the one that was asked for, where they are the same without.
func zoned(a, asked netip.AddrPort) netip.AddrPort {
	a = plainEnd(a)
	if netip.AddrPortFrom(asked.Addr().WithZone(""), asked.Port()) == a {
		return asked
	}
	return a
}

// own implements socket: whether one of our descriptors is this socket. Where that cannot be read, it may be.
func (s *diagSocket) own() bool {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return true
	}
	want := "socket:[" + strconv.FormatUint(uint64(s.record.Inode), 10) + "]"
	for _, n := range names {
		if to, err := os.Readlink("/proc/self/fd/" + n.Name()); err == nil && to == want {
			return s.record.Inode != 0
		}
	}
	return false
}

// destroy implements socket.
func (s *diagSocket) destroy() error {
	err := sockdiag.Destroy(s.question)
	switch {
	case errors.Is(err, sockdiag.ErrGone):
		return fmt.Errorf("%w: %w", errGone, err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: %w", errForbidden, err)
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("%w: %w", errUnsupported, err)
	}
	return err
}

// ended implements socket. A socket that its process has not closed yet may keep its port, in no state.
func (s *diagSocket) ended(ctx context.Context, d time.Duration) bool {
	return await(ctx, d, func() bool {
		now, err := sockdiag.Ask(s.question)
		return errors.Is(err, sockdiag.ErrGone) || err == nil && poller.KernelState(now.State) == poller.StateClosed
	})
}

// plainEnd takes the v4-mapped form off an end.
func plainEnd(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
