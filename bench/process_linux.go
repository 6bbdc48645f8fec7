package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processorTime returns the time that all threads of a process, those that have ended included, have had on a
// processor, user's and kernel's. It is the sum that /proc/PID/stat tells as utime and stime in hundredths of a second,
// to the nanosecond: one that idles uses less than a hundredth in a minute.
func processorTime(pid int) (time.Duration, error) {
	// A clock of another process, as clock_getcpuclockid(3) makes it: the PID's complement and CPUCLOCK_SCHED (2).
	clock := int32(^uint32(pid))<<3 | 2
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("processor's time of %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// memory returns a value of /proc/PID/status in bytes: "VmRSS" is what is resident now, "VmHWM" the most that was.
func memory(pid int, name string) (int, error) {
	text := field(fmt.Sprintf("/proc/%d/status", pid), name, "")
	kib, err := strconv.Atoi(strings.TrimSuffix(text, " kB"))
	if err != nil {
		return 0, fmt.Errorf("%s of %d: %q", name, pid, text)
	}
	return kib << 10, nil
}
