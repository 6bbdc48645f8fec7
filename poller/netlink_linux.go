package poller

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"syscall"

	"sockeye/poller/sockdiag"
)

// The requests of one poll. Order matters little: each socket has one family and one protocol.
var (
	// tcpJoint asks for both families in one walk of the kernel's tables; tcpApart is for kernels that refuse it.
	tcpJoint = []sockdiag.Request{
		{Family: sockdiag.FamilyAny, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
	}
	tcpApart = []sockdiag.Request{
		{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
		{Family: sockdiag.FamilyIPv6, Protocol: sockdiag.ProtocolTCP, Extensions: sockdiag.WithInfo, States: sockdiag.AllStates},
	}
	udpBoth = []sockdiag.Request{
		{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolUDP, Extensions: sockdiag.WithMemory, States: sockdiag.AllStates},
		{Family: sockdiag.FamilyIPv6, Protocol: sockdiag.ProtocolUDP, Extensions: sockdiag.WithMemory, States: sockdiag.AllStates},
	}
)

// netlinkSource reads sockets by inet_diag dumps. It keeps one netlink socket, and a second one once there are so many
// sockets that two processors read them in less time than one.
type netlinkSource struct {
	first, second *lane // second is nil until it is needed
	dial          func() (dumper, error)
	tcp           []sockdiag.Request
	cut           sockdiag.PortCut // where the last dump was best divided; zero where it was not worth it
	lower         int              // sockets in the lower part of it
}

// openNetlink opens the netlink socket; whether the kernel grants dumps shows at the first one.
func openNetlink() (source, error) {
	dial := func() (dumper, error) { return sockdiag.Dial() }
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	return newNetlinkSource(conn, dial), nil
}

func newNetlinkSource(conn dumper, dial func() (dumper, error)) *netlinkSource {
	return &netlinkSource{first: newLane(conn, interfaceName), dial: dial, tcp: tcpJoint}
}

func (s *netlinkSource) name() SourceKind { return SourceNetlink }

func (s *netlinkSource) notes() []string { return nil }

// events implements eventSource.
func (s *netlinkSource) events() (eventStream, error) {
	return sockdiag.DialEvents(sockdiag.GroupTCP4Destroy, sockdiag.GroupTCP6Destroy,
		sockdiag.GroupUDP4Destroy, sockdiag.GroupUDP6Destroy)
}

func (s *netlinkSource) Close() error {
	err := s.first.conn.Close()
	if s.second != nil {
		err = errors.Join(err, s.second.conn.Close())
	}
	return err
}

// sockets implements source.
func (s *netlinkSource) sockets(ctx context.Context, dst []Socket) ([]Socket, error) {
	start := len(dst)
	dst, err := s.dumpTCP(ctx, dst)
	if s.refusesJoint(err) {
		s.tcp = tcpApart
		dst, err = s.dumpTCP(ctx, dst[:start])
	}
	if err != nil {
		return dst, err
	}
	s.plan(dst[start:])
	return s.first.dumpAll(ctx, udpBoth, dst)
}

// refusesJoint reports whether an error is the kernel's answer to the joint request. What else may be wrong shows when
// the families are asked for apart.
func (s *netlinkSource) refusesJoint(err error) bool {
	var errno syscall.Errno
	return s.tcp[0].Family == sockdiag.FamilyAny && errors.As(err, &errno)
}

// plan decides how the next dump is divided, from the sockets of this one.
func (s *netlinkSource) plan(tcp []Socket) {
	s.cut = sockdiag.PortCut{}
	if len(tcp) < divideFrom || runtime.GOMAXPROCS(0) < 2 {
		return
	}
	cut, lower, ok := divide(tcp)
	if !ok {
		return
	}
	if s.second == nil {
		conn, err := s.dial()
		if err != nil {
			return // one socket reads as much, in more time
		}
		s.second = newLane(conn, interfaceName)
	}
	s.cut, s.lower = cut, lower
}

// dumpTCP appends all TCP sockets.
func (s *netlinkSource) dumpTCP(ctx context.Context, dst []Socket) ([]Socket, error) {
	if s.cut.Port == 0 {
		return s.first.dumpAll(ctx, s.tcp, dst)
	}
	lower, upper := cutBy(s.tcp, s.cut), cutBy(s.tcp, sockdiag.PortCut{Port: s.cut.Port, Remote: s.cut.Remote, Upper: true})
	a, b := apart(dst, s.lower+s.lower/8)
	var errA, errB error
	var reading sync.WaitGroup
	reading.Go(func() { b, errB = s.second.dumpAll(ctx, upper, b) })
	a, errA = s.first.dumpAll(ctx, lower, a)
	reading.Wait()
	return joined(dst, a, b), errors.Join(errA, errB)
}

// cutBy returns the requests for a part of the sockets.
func cutBy(requests []sockdiag.Request, cut sockdiag.PortCut) []sockdiag.Request {
	parts := make([]sockdiag.Request, len(requests))
	for i, r := range requests {
		parts[i] = r
		parts[i].Cut = cut
	}
	return parts
}
