package load

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
)

// Set is the open sockets of one process. Its owner calls Close.
type Set struct {
	listeners []*net.TCPListener
	held      []io.Closer
	spec      Spec
}

// Open opens all that spec asks for. process (0 to 250) chooses the addresses, so that processes do not share any.
// After an error nothing is left open but TIME_WAIT sockets.
func Open(spec Spec, process int) (*Set, error) {
	s := &Set{spec: spec}
	steps := []func() error{
		func() error { return s.listen(process) },
		func() error { return repeat(spec.connections(), s.establish) },
		func() error { return repeat(spec.CloseWait, s.halfClose) },
		func() error { return repeat(spec.UDP, func(i int) error { return s.udp(process, i) }) },
		func() error { return repeat(spec.TimeWait, s.closeInOrder) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Ports returns the listeners' ports, in the order in which they were opened.
func (s *Set) Ports() []int {
	ports := make([]int, len(s.listeners))
	for i, l := range s.listeners {
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// Close closes everything; it leaves no TIME_WAIT sockets of those that were held. It must not run while Churn does.
func (s *Set) Close() error {
	var errs []error
	for _, c := range s.held {
		errs = append(errs, c.Close())
	}
	for _, l := range s.listeners {
		errs = append(errs, l.Close())
	}
	s.held, s.listeners = nil, nil
	return errors.Join(errs...)
}

func repeat(n int, do func(i int) error) error {
	for i := range n {
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// address returns the i-th IPv4 address of a process, or ::1 for each fourth.
func address(process, i int) netip.Addr {
	if i%4 == 3 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, byte(1 + i/250%250), byte(1 + process), byte(1 + i%250)})
}

func (s *Set) listen(process int) error {
	return repeat(s.spec.Listen, func(i int) error {
		at := netip.AddrPortFrom(address(process, i), 0)
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("listen on %s: %w", at.Addr(), err)
		}
		s.listeners = append(s.listeners, l)
		return nil
	})
}

// pair connects to the listener whose turn it is, and accepts. The caller owns both ends.
func (s *Set) pair(i int) (client, server *net.TCPConn, err error) {
	l := s.listeners[i%len(s.listeners)]
	client, err = net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, nil, fmt.Errorf("connection %d: %w", i, err)
	}
	if server, err = l.AcceptTCP(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("connection %d: %w", i, err), client.Close())
	}
	return client, server, nil
}

// hold keeps both ends until Close.
func (s *Set) hold(client, server *net.TCPConn) error {
	s.held = append(s.held, client, server)
	return reset(client, server)
}

// reset has both ends reset when they are closed, and not closed in order: thousands of TIME_WAIT sockets would stay
// for a minute and be in the way of whatever is measured next.
func reset(client, server *net.TCPConn) error {
	return errors.Join(client.SetLinger(0), server.SetLinger(0))
}

func (s *Set) establish(i int) error {
	client, server, err := s.pair(i)
	if err != nil {
		return err
	}
	return s.hold(client, server)
}

// halfClose makes one CLOSE_WAIT socket and its peer in FIN_WAIT_2.
func (s *Set) halfClose(i int) error {
	client, server, err := s.pair(i)
	if err != nil {
		return err
	}
	if err := s.hold(client, server); err != nil {
		return err
	}
	if err := client.CloseWrite(); err != nil {
		return fmt.Errorf("half-close connection %d: %w", i, err)
	}
	return nil
}

// closeInOrder makes one TIME_WAIT socket: the client ends first.
func (s *Set) closeInOrder(i int) error {
	client, server, err := s.pair(i)
	if err != nil {
		return err
	}
	return endAfter(client, server)
}

// endAfter closes client, lets server see the end, and closes server.
func endAfter(client, server *net.TCPConn) error {
	closed := client.Close()
	_, read := io.Copy(io.Discard, server)
	if err := errors.Join(closed, read, server.Close()); err != nil {
		return fmt.Errorf("close in order: %w", err)
	}
	return nil
}

// udp opens a bound socket, or for every other i one that is connected to the bound one before it.
func (s *Set) udp(process, i int) error {
	if i%2 == 1 {
		bound := s.held[len(s.held)-1].(*net.UDPConn)
		c, err := net.DialUDP("udp", nil, bound.LocalAddr().(*net.UDPAddr))
		if err != nil {
			return fmt.Errorf("connect UDP socket: %w", err)
		}
		s.held = append(s.held, c)
		return nil
	}
	at := netip.AddrPortFrom(address(process, i), 0)
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return fmt.Errorf("bind UDP socket to %s: %w", at.Addr(), err)
	}
	s.held = append(s.held, c)
	return nil
}
