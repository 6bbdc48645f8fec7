package poller

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// commLen is the length at which the kernel cuts a process's name (TASK_COMM_LEN less the terminating zero).
const commLen = 15

// maxName is the length in bytes at which a longer process name is cut.
const maxName = 256

// procStat is what is used of /proc/PID/stat (proc_pid_stat(5)).
type procStat struct {
	comm  []byte // field 2, as the process set it: any bytes but zero; it shares the memory of what was read
	start uint64 // field 22, clock ticks since boot
}

// parseStat reads the contents of /proc/PID/stat. The name may hold spaces, parentheses and newlines; it ends at the
// last closing parenthesis.
func parseStat(b []byte) (procStat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return procStat{}, fmt.Errorf("process stat: no name in %d bytes", len(b))
	}
	rest := b[end+1:]
	var field []byte
	for n := 3; n <= 22; n++ { // the state is field 3
		if field, rest = nextField(rest); len(field) == 0 {
			return procStat{}, fmt.Errorf("process stat: %d fields after the name", n-3)
		}
	}
	start, err := strconv.ParseUint(string(field), 10, 64)
	if err != nil {
		return procStat{}, fmt.Errorf("process stat: start time: %w", err)
	}
	return procStat{comm: b[open+1 : end], start: start}, nil
}

// nextField splits the first word off b; it is empty where there is none.
func nextField(b []byte) (field, rest []byte) {
	b = bytes.TrimLeft(b, " \n")
	n := bytes.IndexAny(b, " \n")
	if n < 0 {
		n = len(b)
	}
	return b[:n], b[n:]
}

// appendNumbers appends the names that are decimal numbers out of directory entries as getdents64(2) gives them
// (struct linux_dirent64). It fails on entries that are cut off.
func appendNumbers(dst []int32, b []byte) ([]int32, error) {
	const lengthAt, nameAt = 16, 19
	for len(b) > 0 {
		if len(b) < nameAt {
			return dst, fmt.Errorf("directory entry of %d bytes", len(b))
		}
		n := int(binary.NativeEndian.Uint16(b[lengthAt:]))
		if n <= nameAt || n > len(b) {
			return dst, fmt.Errorf("directory entry of %d bytes in %d", n, len(b))
		}
		name, _, _ := bytes.Cut(b[nameAt:n], []byte{0})
		if number, ok := decimal(name); ok {
			dst = append(dst, number)
		}
		b = b[n:]
	}
	return dst, nil
}

// decimal reads a number of digits and nothing else; ok is false for anything else, and for what int32 does not hold.
func decimal(b []byte) (n int32, ok bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	sum := int64(0)
	for _, d := range b {
		if d < '0' || d > '9' {
			return 0, false
		}
		sum = sum*10 + int64(d-'0')
	}
	return int32(sum), sum <= math.MaxInt32
}

// fullName completes a name that the kernel cut at 15 bytes from the first argument of the process, where that is
// the same name in full; cmdline is the contents of /proc/PID/cmdline.
func fullName(comm string, cmdline []byte) string {
	if len(comm) < commLen {
		return comm
	}
	first, _, _ := bytes.Cut(cmdline, []byte{0})
	base := first[bytes.LastIndexByte(first, '/')+1:]
	if !bytes.HasPrefix(base, []byte(comm)) {
		return comm
	}
	return string(base[:min(len(base), maxName)])
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
