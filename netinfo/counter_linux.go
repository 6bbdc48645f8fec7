package netinfo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CountersNow returns the protocol counters since boot, those of netstat -s, in the kernel's order.
func CountersNow() ([]Counter, error) { return countersIn("/proc/self/net") }

// countersIn reads them from a directory like /proc/net; a kernel without IPv6 has no snmp6.
func countersIn(dir string) ([]Counter, error) {
	var list []Counter
	for _, f := range []struct {
		name  string
		parse func([]byte) ([]Counter, error)
	}{{"snmp", parseTable}, {"netstat", parseTable}, {"snmp6", parseTable6}} {
		b, err := os.ReadFile(filepath.Join(dir, f.name))
		if errors.Is(err, fs.ErrNotExist) && f.name == "snmp6" {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("read counters: %w", err)
		}
		part, err := f.parse(b)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, nil
}
