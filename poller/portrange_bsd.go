//go:build darwin || freebsd

package poller

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// systemPorts reads the range for sockets that ask for no particular one (ip(4), IP_PORTRANGE_DEFAULT).
func systemPorts() (r portRange, err error) {
	for name, port := range map[string]*uint16{"net.inet.ip.portrange.first": &r.first, "net.inet.ip.portrange.last": &r.last} {
		n, err := unix.SysctlUint32(name)
		if err != nil {
			return portRange{}, fmt.Errorf("ephemeral ports: %s: %w", name, err)
		}
		*port = uint16(n)
	}
	return r, nil
}
