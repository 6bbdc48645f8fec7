package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func main() {
	act := run
	if len(os.Args) == 4 && os.Args[1] == "kill" {
		act = func() error { return kill(os.Args[2], os.Args[3]) }
	}
	if err := act(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run holds the sockets until its input ends.
func run() error {
	if err := windows.WSAStartup(0x202, new(windows.WSAData)); err != nil {
		return fmt.Errorf("start Winsock: %w", err)
	}
	h := holding{PID: os.Getpid()}
	four, six := netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	listener, err := open(four, windows.SOCK_STREAM, &h.Listen)
	if err != nil {
		return err
	}
	if h.Client, err = connect(h.Listen); err != nil {
		return err
	}
	if server, _, err := windows.NewLazySystemDLL("ws2_32.dll").NewProc("accept").Call(uintptr(listener), 0, 0); windows.Handle(server) == windows.InvalidHandle {
		return fmt.Errorf("accept: %w", err)
	}
	for _, s := range []struct {
		addr netip.Addr
		kind int
		port *int
	}{{six, windows.SOCK_STREAM, &h.Six}, {four, windows.SOCK_DGRAM, &h.UDP}, {six, windows.SOCK_DGRAM, &h.UDP6}} {
		if _, err := open(s.addr, s.kind, s.port); err != nil {
			return err
		}
	}
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); ; {
		if err := out.Encode(h); err != nil {
			return err
		}
		if !lines.Scan() {
			return lines.Err()
		}
		if _, err := open(four, windows.SOCK_STREAM, &h.Listen); err != nil {
			return err
		}
	}
}

// open binds a socket to a free port of an address and has one of streams listen.
func open(a netip.Addr, kind int, port *int) (windows.Handle, error) {
	s, err := socket(a, kind)
	if err != nil {
		return 0, err
	}
	if err := windows.Bind(s, sockaddr(a, 0)); err != nil {
		return 0, fmt.Errorf("bind: %w", err)
	}
	if kind == windows.SOCK_STREAM {
		if err := windows.Listen(s, 5); err != nil {
			return 0, fmt.Errorf("listen: %w", err)
		}
	}
	if err := touch(s, a, kind); err != nil {
		return 0, err
	}
	*port, err = portOf(s)
	return s, err
}

// connect connects to a listener and returns the port from which.
func connect(to int) (int, error) {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	s, err := socket(loopback, windows.SOCK_STREAM)
	if err != nil {
		return 0, err
	}
	if err := windows.Connect(s, sockaddr(loopback, to)); err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	if err := touch(s, loopback, windows.SOCK_STREAM); err != nil {
		return 0, err
	}
	return portOf(s)
}

// socket makes a socket.
func socket(a netip.Addr, kind int) (windows.Handle, error) {
	family := windows.AF_INET
	if a.Is6() {
		family = windows.AF_INET6
	}
	s, err := windows.Socket(family, kind, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	return s, nil
}

// touch sets an option that sockets of the kind have.
func touch(s windows.Handle, a netip.Addr, kind int) error {
	level, option := windows.IPPROTO_TCP, windows.TCP_NODELAY
	if kind == windows.SOCK_DGRAM {
		level, option = windows.IPPROTO_IP, ipTTL
		if a.Is6() {
			level = windows.IPPROTO_IPV6
		}
	}
	if err := windows.SetsockoptInt(s, level, option, 1); err != nil {
		return fmt.Errorf("set an option: %w", err)
	}
	return nil
}

// ipTTL is IP_TTL and IPV6_UNICAST_HOPS, which have the same number (ws2ipdef.h).
const ipTTL = 4

// sockaddr returns an end for Winsock.
func sockaddr(a netip.Addr, port int) windows.Sockaddr {
	if a.Is6() {
		return &windows.SockaddrInet6{Port: port, Addr: a.As16()}
	}
	return &windows.SockaddrInet4{Port: port, Addr: a.As4()}
}

// portOf returns the port of a socket's own end.
func portOf(s windows.Handle) (int, error) {
	var b windows.RawSockaddrAny
	n := int32(unsafe.Sizeof(b))
	if r, _, err := windows.NewLazySystemDLL("ws2_32.dll").NewProc("getsockname").Call(uintptr(s), uintptr(unsafe.Pointer(&b)), uintptr(unsafe.Pointer(&n))); r != 0 {
		return 0, fmt.Errorf("name of a socket: %w", err)
	}
	port := (*[4]byte)(unsafe.Pointer(&b)) // the port stands behind the family in both forms
	return int(port[2])<<8 | int(port[3]), nil
}
