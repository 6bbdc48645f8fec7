package load

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// States as /proc/net/tcp writes them (the kernel's include/net/tcp_states.h).
const (
	kernelEstablished = "01"
	kernelFinWait2    = "05"
	kernelTimeWait    = "06"
	kernelCloseWait   = "08"
	kernelListen      = "0A"
)

// kernelSockets counts by state the sockets of a file in /proc/net that have one of the ports at either end.
func kernelSockets(t *testing.T, files []string, ports []int) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if fields[0] == "sl" {
				continue
			}
			if slices.Contains(ports, kernelPort(t, fields[1])) || slices.Contains(ports, kernelPort(t, fields[2])) {
				counts[fields[3]]++
			}
		}
	}
	return counts
}

// kernelPort reads the port of an address such as 0100007F:1F90.
func kernelPort(t *testing.T, address string) int {
	t.Helper()
	_, hex, _ := strings.Cut(address, ":")
	port, err := strconv.ParseUint(hex, 16, 16)
	if err != nil {
		t.Fatalf("address %q: %v", address, err)
	}
	return int(port)
}

func tcpSockets(t *testing.T, ports []int) map[string]int {
	t.Helper()
	return kernelSockets(t, []string{"/proc/net/tcp", "/proc/net/tcp6"}, ports)
}
