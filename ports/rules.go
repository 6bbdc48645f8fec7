package ports

import (
	"fmt"
	"strconv"
	"strings"
)

// Rules are what a system says of its ports as a whole. They are those of one network namespace and of the user that
// this program runs as.
type Rules struct {
	// Ephemeral is the range that the system hands out to sockets whose program chooses no port. The zero value is
	// unknown.
	Ephemeral Span
	// Reserved are ports that the system does not hand out by itself; who asks for one gets it
	// (net.ipv4.ip_local_reserved_ports).
	Reserved Spans
	// Excluded and ExcludedUDP are ports of TCP and UDP that nobody gets, asked for or not: on Windows what netsh shows as
	// excludedportrange, those of administrators left out. Where they cannot be read, they are not known of.
	Excluded, ExcludedUDP Spans
	// PrivilegedBelow is the first port that needs no privilege (net.ipv4.ip_unprivileged_port_start), 0 where none
	// does.
	PrivilegedBelow uint16
	// MayPrivileged tells that this program has the privilege (root, or CAP_NET_BIND_SERVICE).
	MayPrivileged bool
	// NoIPv6 tells that the system has no IPv6.
	NoIPv6 bool
	// Problems says what could not be read, for the operator.
	Problems []error
}

// Denied reports whether this program is refused the port, whoever else holds it or not.
func (r *Rules) Denied(port uint16) bool {
	return port < r.PrivilegedBelow && !r.MayPrivileged
}

// HandedOut reports whether the system hands the port out to outgoing connections by itself.
func (r *Rules) HandedOut(port uint16) bool {
	return r.Ephemeral.First > 0 && r.Ephemeral.Has(port) && !r.Reserved.Has(port)
}

// parseEphemeral reads ip_local_port_range: two numbers, the first and the last port.
func parseEphemeral(b []byte) (Span, error) {
	fields := strings.Fields(string(b))
	if len(fields) != 2 {
		return Span{}, fmt.Errorf("range of ephemeral ports: %d numbers, not 2", len(fields))
	}
	return spanOf(fields[0], fields[1])
}

// parseReserved reads ip_local_reserved_ports: ports and ranges with commas between them, or nothing.
func parseReserved(b []byte) (Spans, error) {
	text := strings.TrimSpace(string(b))
	if text == "" {
		return nil, nil
	}
	var all []Span
	for item := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		s, err := spanOf(first, last)
		if err != nil {
			return nil, fmt.Errorf("reserved ports: %w", err)
		}
		all = append(all, s)
	}
	return Merge(all), nil
}

// spanOf reads the ends of a span.
func spanOf(first, last string) (Span, error) {
	a, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return Span{}, fmt.Errorf("first port: %w", err)
	}
	b, err := strconv.ParseUint(last, 10, 16)
	if err != nil {
		return Span{}, fmt.Errorf("last port: %w", err)
	}
	if b < a {
		return Span{}, fmt.Errorf("ports %d to %d: the last is below the first", a, b)
	}
	return Span{uint16(a), uint16(b)}, nil
}

// parsePrivileged reads ip_unprivileged_port_start: 0 to 65536, of which 65536 (all are privileged) is read as 65535.
func parsePrivileged(b []byte) (uint16, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil || n > 1<<16 {
		return 0, fmt.Errorf("first unprivileged port: %.20q is no port", b)
	}
	return uint16(min(n, 1<<16-1)), nil
}

// capNetBindService is the bit of CAP_NET_BIND_SERVICE (linux/capability.h).
const capNetBindService = 10

// parseMayBind reads /proc/self/status: whether the effective capabilities include CAP_NET_BIND_SERVICE.
func parseMayBind(b []byte) (bool, error) {
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "CapEff:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(rest), 16, 64)
			if err != nil {
				return false, fmt.Errorf("effective capabilities: %w", err)
			}
			return set>>capNetBindService&1 != 0, nil
		}
	}
	return false, fmt.Errorf("effective capabilities: no line CapEff in the status of the process")
}
