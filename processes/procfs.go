package processes

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ticks is how many of the clock ticks of /proc make a second: USER_HZ, which is 100 wherever Go runs on Linux.
const ticks = 100

// stat is what is used of /proc/PID/stat (proc_pid_stat(5)).
type stat struct {
	name    string
	parent  int32
	cpu     time.Duration
	threads int
	start   uint64 // clock ticks since boot
	virtual uint64 // bytes
}

// The places of fields of /proc/PID/stat, counted from the state, which is the third.
const (
	statParent  = 4 - 3
	statUser    = 14 - 3
	statSystem  = 15 - 3
	statThreads = 20 - 3
	statStart   = 22 - 3
	statVirtual = 23 - 3
)

// parseStat reads the contents of /proc/PID/stat. The name may hold anything; it ends at the last parenthesis.
func parseStat(b []byte) (stat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("process stat: no name in %d bytes", len(b))
	}
	f := strings.Fields(string(b[end+1:]))
	if len(f) <= statVirtual {
		return stat{}, fmt.Errorf("process stat: %d fields after the name", len(f))
	}
	var n [statVirtual + 1]uint64
	for _, i := range [...]int{statParent, statUser, statSystem, statThreads, statStart, statVirtual} {
		var err error
		if n[i], err = strconv.ParseUint(f[i], 10, 64); err != nil {
			return stat{}, fmt.Errorf("process stat: field %d: %w", i+3, err)
		}
	}
	return stat{
		name: string(b[open+1 : end]), parent: int32(n[statParent]), threads: int(n[statThreads]),
		cpu:   time.Duration(n[statUser]+n[statSystem]) * (time.Second / ticks),
		start: n[statStart], virtual: n[statVirtual],
	}, nil
}

// field returns the words after a name in a file of lines such as "VmRSS:	 1234 kB"; nil where there is none.
func field(b []byte, name string) []string {
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return strings.Fields(rest)
		}
	}
	return nil
}

// effectiveUID reads the user that a process works as from the contents of /proc/PID/status.
func effectiveUID(status []byte) (uint32, bool) {
	words := field(status, "Uid:")
	if len(words) < 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(words[1], 10, 32)
	return uint32(n), err == nil
}

// resident reads the memory in use from the contents of /proc/PID/status. Threads of the kernel have none.
func resident(status []byte) Fact[uint64] {
	words := field(status, "VmRSS:")
	if len(words) == 0 {
		return unknown[uint64]("it is part of the kernel and has no memory of its own")
	}
	n, err := strconv.ParseUint(words[0], 10, 64)
	if err != nil {
		return unknown[uint64](unreadable)
	}
	return know(n * 1024)
}

// descriptorLimit reads the soft limit from the contents of /proc/PID/limits.
func descriptorLimit(limits []byte) Fact[uint64] {
	words := field(limits, "Max open files")
	if len(words) == 0 {
		return unknown[uint64](unreadable)
	}
	if words[0] == "unlimited" {
		return unknown[uint64]("there is no limit")
	}
	n, err := strconv.ParseUint(words[0], 10, 64)
	if err != nil {
		return unknown[uint64](unreadable)
	}
	return know(n)
}

// stored returns a function that reads a count of bytes from the contents of /proc/PID/io (proc_pid_io(5)).
func stored(name string) func(io []byte) Fact[uint64] {
	return func(io []byte) Fact[uint64] {
		words := field(io, name)
		if len(words) == 0 {
			return unknown[uint64](unreadable)
		}
		n, err := strconv.ParseUint(words[0], 10, 64)
		if err != nil {
			return unknown[uint64](unreadable)
		}
		return know(n)
	}
}

// bootTime reads the moment of the machine's start from the contents of /proc/stat.
func bootTime(b []byte) (time.Time, bool) {
	words := field(b, "btime ")
	if len(words) == 0 {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	return time.Unix(n, 0), err == nil
}

// splitArgs splits the contents of /proc/PID/cmdline. A process that wrote over its command line may have left no
// zero at its end, and more than one.
func splitArgs(b []byte) Fact[[]string] {
	text := strings.TrimRight(string(b), "\x00")
	if text == "" {
		return unknown[[]string]("it has none: it is part of the kernel, or has ended")
	}
	return know(strings.Split(text, "\x00"))
}

// unreadable is said where the system tells something in a form that is not understood.
const unreadable = "the system's answer was not understood"
