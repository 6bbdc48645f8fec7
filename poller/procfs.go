package poller

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// commLen is the length at which the kernel cuts a process's name (TASK_COMM_LEN less the terminating zero).
const commLen = 15

// maxName is the length in bytes at which a longer process name is cut.
const maxName = 256

// procStat is what is used of /proc/PID/stat (proc_pid_stat(5)).
type procStat struct {
	comm  string // field 2, as the process set it: any bytes but zero
	start uint64 // field 22, clock ticks since boot
}

// parseStat reads the contents of /proc/PID/stat. The name may hold spaces, parentheses and newlines; it ends at the
// last closing parenthesis.
func parseStat(b []byte) (procStat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return procStat{}, fmt.Errorf("process stat: no name in %d bytes", len(b))
	}
	const startField = 22 - 3 // counted from the state, which is field 3
	fields := bytes.Fields(b[end+1:])
	if len(fields) <= startField {
		return procStat{}, fmt.Errorf("process stat: %d fields after the name", len(fields))
	}
	start, err := strconv.ParseUint(string(fields[startField]), 10, 64)
	if err != nil {
		return procStat{}, fmt.Errorf("process stat: start time: %w", err)
	}
	return procStat{comm: string(b[open+1 : end]), start: start}, nil
}

// fullName completes a name that the kernel cut at 15 bytes from the first argument of the process, where that is
// the same name in full; cmdline is the contents of /proc/PID/cmdline.
func fullName(comm string, cmdline []byte) string {
	if len(comm) < commLen {
		return comm
	}
	first, _, _ := strings.Cut(string(cmdline), "\x00")
	base := first[strings.LastIndexByte(first, '/')+1:]
	if !strings.HasPrefix(base, comm) {
		return comm
	}
	return base[:min(len(base), maxName)]
}

// parseSocketLink reads the target of a link in /proc/PID/fd, for example "socket:[4026]"; ok is false where the
// descriptor is no socket.
func parseSocketLink(b []byte) (inode uint32, ok bool) {
	rest, ok := bytes.CutPrefix(b, []byte("socket:["))
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutSuffix(rest, []byte("]"))
	if !ok || len(rest) == 0 || len(rest) > 10 {
		return 0, false
	}
	n := uint64(0)
	for _, d := range rest {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + uint64(d-'0')
	}
	return uint32(n), n != 0 && n <= 1<<32-1
}
