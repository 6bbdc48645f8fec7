package ports

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// reuses returns the ways in which a port is tried: without SO_REUSEADDR, then with it.
func reuses() []bool { return []bool{false, true} }

// bindOnce binds the port, listens on it where it is of TCP, and lets go of it.
func bindOnce(_ context.Context, port uint16, protocol string, p Place, reuse bool) error {
	kind, family := unix.SOCK_STREAM, unix.AF_INET
	if protocol == "udp" {
		kind = unix.SOCK_DGRAM
	}
	var address unix.Sockaddr
	if p.Addr.Is6() {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: int(port), Addr: p.Addr.As16()}
	} else {
		address = &unix.SockaddrInet4{Port: int(port), Addr: p.Addr.As4()}
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	err = bindSocket(fd, address, p, reuse)
	if err == nil && kind == unix.SOCK_STREAM {
		if err = unix.Listen(fd, 1); err != nil {
			err = fmt.Errorf("listen: %w", err)
		}
	}
	if closing := unix.Close(fd); closing != nil && err == nil {
		err = fmt.Errorf("close: %w", closing)
	}
	return err
}

// bindSocket sets the options of a socket and binds it.
func bindSocket(fd int, address unix.Sockaddr, p Place, reuse bool) error {
	if p.Addr.Is6() {
		only := 1
		if p.Dual {
			only = 0
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return fmt.Errorf("IPV6_V6ONLY: %w", err)
		}
	}
	if reuse {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return fmt.Errorf("SO_REUSEADDR: %w", err)
		}
	}
	if err := unix.Bind(fd, address); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}
