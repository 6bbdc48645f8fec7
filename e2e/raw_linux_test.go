package e2e

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// rawSockets are sockets that an actor made with options that package net does not offer. They are closed with it.
type rawSockets []int

// open does the rest of an order "socket": tcp or udp, the address, and then any of
//
//	reuseaddr reuseport v6only   options, set before the socket is bound
//	backlog=N                    the listener's limit; without it a socket is only bound
func (r *rawSockets) open(order []string) error {
	address, err := netip.ParseAddrPort(order[1])
	if err != nil {
		return err
	}
	kind, family := unix.SOCK_STREAM, unix.AF_INET
	if order[0] == "udp" {
		kind = unix.SOCK_DGRAM
	}
	var to unix.Sockaddr
	if address.Addr().Is6() {
		family, to = unix.AF_INET6, &unix.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()}
	} else {
		to = &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	*r = append(*r, fd)
	backlog := -1
	for _, word := range order[2:] {
		if limit, ok := strings.CutPrefix(word, "backlog="); ok {
			if backlog, err = strconv.Atoi(limit); err != nil {
				return err
			}
		} else if err := setOption(fd, word); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, to); err != nil {
		return fmt.Errorf("bind %s: %w", address, err)
	}
	if backlog >= 0 {
		return unix.Listen(fd, backlog)
	}
	return nil
}

// setOption sets a socket option by its name.
func setOption(fd int, name string) error {
	switch name {
	case "reuseaddr":
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	case "reuseport":
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	case "v6only":
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	return fmt.Errorf("no such option: %q", name)
}
