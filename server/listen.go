package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// portTries is how often a port chosen by the system is tried. It is free for the first family only by the system's
// word, and may be taken for the second.
const portTries = 10

// listenSpec is Config.Listen, parsed.
type listenSpec struct {
	name  string       // a name to resolve when the server opens; "" if addrs say it all
	addrs []netip.Addr // where to bind
	both  bool         // addrs are the two families of one place: IPv6 may be absent, IPv4 may not
	port  uint16       // 0: chosen by the system
}

// parseListen reads host:port as described at Config.Listen.
func parseListen(s string) (listenSpec, error) {
	host, portText, err := net.SplitHostPort(s)
	if err != nil {
		return listenSpec{}, fmt.Errorf("listen address %q: give host:port, such as localhost:8080", s)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return listenSpec{}, fmt.Errorf("listen address %q: the port must be a number from 0 to 65535", s)
	}
	spec := listenSpec{port: uint16(port)}
	addr, addrErr := netip.ParseAddr(host)
	switch {
	case host == "":
		spec.addrs, spec.both = []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, true
	case isLocalhost(strings.ToLower(host)):
		spec.addrs, spec.both = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, true
	case addrErr == nil:
		spec.addrs = []netip.Addr{addr.Unmap()}
	case isName(strings.ToLower(host)):
		spec.name = strings.ToLower(host)
	default:
		return listenSpec{}, fmt.Errorf("listen address %q: %q is neither an address nor a name", s, host)
	}
	return spec, nil
}

// url returns the address that people type, given the port that was bound.
func (l listenSpec) url(tls bool, port uint16) string {
	scheme, host := "http", "localhost"
	if tls {
		scheme = "https"
	}
	switch {
	case l.name != "":
		host = l.name
	case !l.both && !l.addrs[0].IsUnspecified():
		host = l.addrs[0].String()
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// targets returns the addresses to bind. It asks the resolver where Config.Listen has a name.
func (l listenSpec) targets(ctx context.Context) ([]netip.Addr, error) {
	if l.name == "" {
		return l.addrs, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", l.name)
	if err != nil {
		return nil, fmt.Errorf("listen %s: %w", l.name, err)
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

// bindFunc opens one listener; network is tcp4 or tcp6.
type bindFunc func(ctx context.Context, network string, addr netip.AddrPort) (net.Listener, error)

// bindTCP is the bindFunc of the real network. With tcp6 the kernel keeps the socket to IPv6, so that each family is
// bound, and found taken, on its own.
func bindTCP(ctx context.Context, network string, addr netip.AddrPort) (net.Listener, error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // Multipath TCP would offer nothing here, and makes the listener another kind of socket.
	return lc.Listen(ctx, network, addr.String())
}

// bindAll binds every target on one port, or nothing.
func (s *Server) bindAll(ctx context.Context) ([]net.Listener, error) {
	targets, err := s.listen.targets(ctx)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		listeners, err := s.bindOnce(ctx, targets)
		retry := s.listen.port == 0 && isAddrInUse(err) && try < portTries
		if !retry {
			return listeners, err
		}
	}
}

// bindOnce is one try of bindAll. The first listener settles the port of the others.
//
// Where one family is held by somebody else, the other must not be served alone: a browser that is told "localhost"
// may ask either, and would talk to a stranger. Only a family that the machine does not have is left out.
func (s *Server) bindOnce(ctx context.Context, targets []netip.Addr) ([]net.Listener, error) {
	var listeners []net.Listener
	port := s.listen.port
	for _, target := range targets {
		network := "tcp4"
		if target.Is6() {
			network = "tcp6"
		}
		addr := netip.AddrPortFrom(target, port)
		l, err := s.bind(ctx, network, addr)
		if err != nil && target.Is6() && s.listen.both && isFamilyAbsent(err) {
			s.log.Warn("this machine has no IPv6, so only IPv4 is listened on", "not_bound", addr, "error", err)
			continue
		}
		if err != nil {
			return nil, errors.Join(s.listenFailure(addr, err), closeListeners(listeners))
		}
		listeners = append(listeners, l)
		port = addrPort(l.Addr()).Port()
	}
	return listeners, nil
}

// listenError says which address could not be bound, why, and who is in the way.
type listenError struct {
	addr   netip.AddrPort
	holder string // "" if unknown
	err    error
}

// listenFailure makes the error for addr, and asks for the holder of a taken port.
func (s *Server) listenFailure(addr netip.AddrPort, err error) error {
	failure := &listenError{addr: addr, err: err}
	if isAddrInUse(err) && s.holder != nil {
		failure.holder = s.holder(addr)
	}
	return failure
}

// Error reads like "listen 127.0.0.1:8080: address already in use by nginx (PID 812)".
func (e *listenError) Error() string {
	cause := e.err
	var call *os.SyscallError
	if errors.As(e.err, &call) {
		cause = call.Err
	}
	if e.holder != "" {
		return fmt.Sprintf("listen %s: address already in use by %s", e.addr, e.holder)
	}
	return fmt.Sprintf("listen %s: %v", e.addr, cause)
}

// Unwrap returns the error of the network.
func (e *listenError) Unwrap() error { return e.err }

// addrPort returns the address in a, unmapped; the zero value where a is not an IP address.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
