package ports

import (
	"fmt"
	"os"
)

// The files of the rules (Documentation/networking/ip-sysctl.rst of the kernel). Those of /proc/sys/net are of the
// network namespace of the reader; the range and the reserved ports hold for IPv6 as well.
const (
	ephemeralFile  = "/proc/sys/net/ipv4/ip_local_port_range"
	reservedFile   = "/proc/sys/net/ipv4/ip_local_reserved_ports"
	privilegedFile = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
	statusFile     = "/proc/self/status"
	ipv6File       = "/proc/net/if_inet6"
)

// ReadRules reads the rules of this system as they are now. What cannot be read is as on most systems, and named in
// Problems.
func ReadRules() Rules {
	r := Rules{PrivilegedBelow: 1024}
	read(&r, ephemeralFile, parseEphemeral, &r.Ephemeral)
	read(&r, reservedFile, parseReserved, &r.Reserved)
	read(&r, privilegedFile, parsePrivileged, &r.PrivilegedBelow)
	read(&r, statusFile, parseMayBind, &r.MayPrivileged)
	_, err := os.Stat(ipv6File)
	r.NoIPv6 = os.IsNotExist(err)
	return r
}

// read sets a rule to what a file says.
func read[T any](r *Rules, file string, parse func([]byte) (T, error), to *T) {
	text, err := os.ReadFile(file)
	if err == nil {
		var v T
		if v, err = parse(text); err == nil {
			*to = v
			return
		}
	}
	r.Problems = append(r.Problems, fmt.Errorf("rules of ports: %s: %w", file, err))
}
