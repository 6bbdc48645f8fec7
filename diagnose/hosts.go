package diagnose

import (
	"bufio"
	"bytes"
	"net/netip"
	"strings"
)

// parseHosts returns the addresses that a hosts file gives a name (hosts(5)), in the order of the file. What cannot be
// read is passed over, as the system does.
func parseHosts(b []byte, name string) (list []netip.Addr) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		f := strings.Fields(text)
		if len(f) < 2 {
			continue
		}
		a, err := netip.ParseAddr(f[0])
		if err != nil {
			continue
		}
		for _, n := range f[1:] {
			if strings.EqualFold(strings.TrimSuffix(n, "."), strings.TrimSuffix(name, ".")) {
				list = append(list, a)
				break
			}
		}
	}
	return list
}
