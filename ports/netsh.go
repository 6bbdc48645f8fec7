package ports

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// This file reads what netsh, the command of Windows, writes. Windows has no function that tells the same. The words are
// in the language of the system, so that only the numbers are looked at.

// errNetsh is for a text that is not what netsh writes.
var errNetsh = errors.New("this is not what netsh writes")

// parseExcluded reads "netsh int ipv4 show excludedportrange": below a line of dashes the first and the last port of
// each range. A range with a star was set aside by an administrator, and is handed out by nobody but can be bound; of the
// others no port can be bound: a part of the system keeps them, most often Hyper-V.
func parseExcluded(b []byte) (excluded, reserved Spans, err error) {
	var taken, kept []Span
	table := false
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		switch {
		case len(f) > 0 && strings.HasPrefix(f[0], "-----"):
			table = true
		case !table || len(f) < 2 || len(f) > 3 || f[0] == "*":
		default:
			s, err := spanOf(f[0], f[1])
			if err != nil {
				return nil, nil, fmt.Errorf("excluded ports: %w: %w", errNetsh, err)
			}
			if len(f) == 3 {
				kept = append(kept, s)
			} else {
				taken = append(taken, s)
			}
		}
	}
	if !table {
		return nil, nil, fmt.Errorf("excluded ports: %w", errNetsh)
	}
	return Merge(taken), Merge(kept), nil
}

// parseDynamic reads "netsh int ipv4 show dynamicport": behind colons the first port and the number of ports.
func parseDynamic(b []byte) (Span, error) {
	var numbers []uint64
	for line := range strings.Lines(string(b)) {
		if i := strings.LastIndexByte(line, ':'); i >= 0 {
			if n, err := strconv.ParseUint(strings.TrimSpace(line[i+1:]), 10, 32); err == nil {
				numbers = append(numbers, n)
			}
		}
	}
	if len(numbers) != 2 || numbers[0] == 0 || numbers[1] == 0 || numbers[0] > 65535 || numbers[0]+numbers[1] > 65536 {
		return Span{}, fmt.Errorf("range of ephemeral ports: %w", errNetsh)
	}
	return Span{uint16(numbers[0]), uint16(numbers[0] + numbers[1] - 1)}, nil
}
