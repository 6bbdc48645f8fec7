package poller

import (
	"fmt"
	"os"
)

// portRangeFile holds the range for both families (Documentation/networking/ip-sysctl.rst of the kernel).
const portRangeFile = "/proc/sys/net/ipv4/ip_local_port_range"

// systemPorts reads the range of this network namespace.
func systemPorts() (portRange, error) {
	text, err := os.ReadFile(portRangeFile)
	if err != nil {
		return portRange{}, fmt.Errorf("ephemeral ports: %w", err)
	}
	return parsePorts(string(text))
}

// parsePorts reads two numbers, the first and the last port.
func parsePorts(text string) (r portRange, err error) {
	if _, err := fmt.Sscan(text, &r.first, &r.last); err != nil {
		return portRange{}, fmt.Errorf("ephemeral ports %q: %w", text, err)
	}
	return r, nil
}
