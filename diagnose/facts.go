package diagnose

import (
	"bytes"
	"fmt"
	"strconv"
)

// Facts are what the rules need to know beside the socket table. The zero value of a field is "not known", and rules
// that need it find nothing.
type Facts struct {
	// FirstPort and LastPort are the range of local ports for connections from here.
	FirstPort, LastPort uint16
	// Tracked and TrackedMost are the entries of the connection tracking table and their limit.
	Tracked, TrackedMost int64
	// Counters are the protocol counters since boot by their keys, as netinfo.Values gives them.
	Counters map[string]int64
	// Descriptors are those of the processes that [Watch.Wants] named.
	Descriptors map[int32]Descriptors
	// Tries are connections that others asked for in vain a moment ago.
	Tries []Try
	// GOOS is the operating system whose commands are named, as in runtime.GOOS.
	GOOS string
}

// Descriptors are a process's open files and their limit.
type Descriptors struct{ Open, Most int64 }

// parsePair reads two numbers with blanks between them, as of ip_local_port_range.
func parsePair(b []byte) (first, last uint16, err error) {
	f := bytes.Fields(b)
	if len(f) != 2 {
		return 0, 0, fmt.Errorf("%q is not two numbers", b)
	}
	n, err := strconv.ParseUint(string(f[0]), 10, 16)
	if err != nil {
		return 0, 0, err
	}
	m, err := strconv.ParseUint(string(f[1]), 10, 16)
	if err != nil {
		return 0, 0, err
	}
	return uint16(n), uint16(m), nil
}

// parseOpenLimit reads the soft limit of open files from /proc/PID/limits; 0 where there is none, or no such line.
func parseOpenLimit(b []byte) int64 {
	const name = "Max open files"
	for line := range bytes.Lines(b) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if !ok {
			continue
		}
		f := bytes.Fields(rest)
		if len(f) == 0 {
			return 0
		}
		n, err := strconv.ParseInt(string(f[0]), 10, 64)
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	return 0
}
