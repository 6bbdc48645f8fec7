//go:build !linux

package ports

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// reuses returns the one way in which package net binds: TCP with SO_REUSEADDR but on Windows, where that option means
// something else.
func reuses() []bool { return []bool{runtime.GOOS != "windows"} }

// bindOnce binds the port, listens on it where it is of TCP, and lets go of it.
func bindOnce(ctx context.Context, port uint16, protocol string, p Place, _ bool) (err error) {
	network := protocol + "4"
	if p.Addr.Is6() {
		network = protocol + "6"
	}
	address := netip.AddrPortFrom(p.Addr, port).String()
	if p.Dual {
		network, address = protocol, fmt.Sprintf(":%d", port)
	}
	if protocol == "udp" {
		c, err := new(net.ListenConfig).ListenPacket(ctx, network, address)
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, address)
	if err != nil {
		return err
	}
	return l.Close()
}
