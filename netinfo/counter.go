package netinfo

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Counter is one counter of a protocol since boot, as netstat -s shows it.
type Counter struct {
	// Protocol is the group in the kernel's spelling: "Ip", "Tcp", "TcpExt", "Udp", "Ip6".
	Protocol string
	// Name is the kernel's name of it: "RetransSegs". IPv6 ones have no "Ip6" in front.
	Name string
	// Value is negative only where that means something: Tcp.MaxConn is -1 where there is no limit.
	Value int64
}

// Key returns protocol and name as they are looked for, for example "TcpExt.ListenOverflows".
func (c Counter) Key() string { return c.Protocol + "." + c.Name }

// Values returns the counters by their keys.
func Values(list []Counter) map[string]int64 {
	m := make(map[string]int64, len(list))
	for _, c := range list {
		m[c.Key()] = c.Value
	}
	return m
}

// parseTable reads /proc/net/snmp or /proc/net/netstat: pairs of lines, the names and then the values, each headed by
// the protocol.
func parseTable(b []byte) (list []Counter, err error) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		names := strings.Fields(lines.Text())
		if len(names) == 0 {
			continue
		}
		if !lines.Scan() {
			return nil, fmt.Errorf("parse counters: %q has no line of values", names[0])
		}
		values := strings.Fields(lines.Text())
		if len(values) != len(names) || values[0] != names[0] || !strings.HasSuffix(names[0], ":") {
			return nil, fmt.Errorf("parse counters: the values of %q do not fit their names", names[0])
		}
		protocol := strings.TrimSuffix(names[0], ":")
		for i := 1; i < len(names); i++ {
			v, err := parseValue(values[i])
			if err != nil {
				return nil, fmt.Errorf("parse counter %s.%s: %w", protocol, names[i], err)
			}
			list = append(list, Counter{protocol, names[i], v})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("parse counters: %w", err)
	}
	return list, nil
}

// groups6 are the groups of /proc/net/snmp6, the longer of two that begin alike first.
var groups6 = []string{"Icmp6", "Ip6", "UdpLite6", "Udp6"}

// parseTable6 reads /proc/net/snmp6: a line for each counter, whose name begins with its group.
func parseTable6(b []byte) (list []Counter, err error) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) == 0 {
			continue
		}
		if len(f) != 2 {
			return nil, fmt.Errorf("parse IPv6 counters: %q is not a name and a value", lines.Text())
		}
		v, err := parseValue(f[1])
		if err != nil {
			return nil, fmt.Errorf("parse counter %s: %w", f[0], err)
		}
		for _, g := range groups6 {
			if name, ok := strings.CutPrefix(f[0], g); ok {
				list = append(list, Counter{g, name, v})
				break
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("parse IPv6 counters: %w", err)
	}
	return list, nil
}

// parseValue reads a counter; one above the largest int64 has wrapped in practice and is an error.
func parseValue(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }
