//go:build darwin || freebsd

package ports

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ReadRules reads the rules of this system as they are now: the range for sockets that ask for no particular port
// (ip(4), IP_PORTRANGE_DEFAULT), and the highest port that only root may bind. What cannot be read is as on most
// systems, and named in Problems.
func ReadRules() Rules {
	r := Rules{Ephemeral: Span{49152, 65535}, PrivilegedBelow: 1024, MayPrivileged: os.Geteuid() == 0}
	if runtime.GOOS == "darwin" {
		r.PrivilegedBelow = 0 // since macOS 10.14 only binding to one address of its own needs root
	}
	for name, port := range map[string]*uint16{
		"net.inet.ip.portrange.first": &r.Ephemeral.First, "net.inet.ip.portrange.last": &r.Ephemeral.Last,
	} {
		n, err := unix.SysctlUint32(name)
		if err != nil {
			r.Problems = append(r.Problems, fmt.Errorf("rules of ports: %s: %w", name, err))
			continue
		}
		*port = uint16(n)
	}
	return r
}
