package actions

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"sockeye/poller/sockdiag"
)

// linux acts by pidfds (Linux 5.3) and SOCK_DESTROY (Linux 4.5, CONFIG_INET_DIAG_DESTROY).
type linux struct {
	destroys func() Ability
	pins     func() Ability
}

// newSystem returns this machine. What the kernel was built with is found out once, what this program may do each time.
func newSystem() system {
	return &linux{destroys: sync.OnceValue(tryDestroy), pins: sync.OnceValue(tryPin)}
}

// tryDestroy asks the kernel to destroy a connection that there cannot be: its answer tells whether it could.
func tryDestroy() Ability {
	nowhere := netip.MustParseAddrPort("127.0.0.1:0")
	err := sockdiag.Destroy(sockdiag.Question{
		Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Local: nowhere, Remote: nowhere, Cookie: 1,
	})
	switch {
	case errors.Is(err, sockdiag.ErrGone), errors.Is(err, unix.EPERM):
		return Ability{Possible: true}
	case errors.Is(err, unix.EOPNOTSUPP):
		return Ability{Why: "This kernel was built without CONFIG_INET_DIAG_DESTROY: connections cannot be closed from outside."}
	}
	return Ability{Why: "The kernel does not close connections here."}
}

// tryPin pins this program, for the same reason.
func tryPin() Ability {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return Ability{Why: "This kernel has no pidfd_open (Linux 5.3): a process cannot be ended for sure, so none is."}
	}
	_ = unix.Close(fd) // it was opened to be closed
	return Ability{Possible: true}
}

// closing implements system.
func (l *linux) closing() Ability {
	a := l.destroys()
	if a.Possible && !hasCapability(unix.CAP_NET_ADMIN) {
		a.Missing, a.How = "CAP_NET_ADMIN", howToGet
	}
	return a
}

// ending implements system. Whether a right is missing depends on the process.
func (l *linux) ending() Ability { return l.pins() }

// hasCapability reports whether this program has a right now (capabilities(7), the effective set).
func hasCapability(n uint) bool {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var d [2]unix.CapUserData
	return unix.Capget(&h, &d[0]) == nil && d[n/32].Effective&(1<<(n%32)) != 0
}

// boot implements system.
func (*linux) boot() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("boot id: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// maxAncestors ends a search that would not end by itself.
const maxAncestors = 256

// family implements system.
func (*linux) family() (map[int32]bool, error) {
	all := map[int32]bool{}
	for pid := int32(os.Getpid()); pid > 0 && len(all) < maxAncestors && !all[pid]; {
		all[pid] = true
		b, err := os.ReadFile("/proc/" + strconv.Itoa(int(pid)) + "/stat")
		if err != nil {
			return nil, fmt.Errorf("ancestors: %w", err)
		}
		s, err := parseStat(b)
		if err != nil {
			return nil, fmt.Errorf("ancestors: %w", err)
		}
		pid = s.parent
	}
	return all, nil
}

// stat is what is used of /proc/PID/stat (proc_pid_stat(5)).
type stat struct {
	name   string
	parent int32
	flags  uint64
	start  uint64
}

// kernelThread is PF_KTHREAD (linux/sched.h).
const kernelThread = 0x00200000

// parseStat reads the contents of /proc/PID/stat. The name may hold anything; it ends at the last parenthesis.
func parseStat(b []byte) (stat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("process stat: no name in %d bytes", len(b))
	}
	const parentAt, flagsAt, startAt = 4 - 3, 9 - 3, 22 - 3 // the state is field 3
	f := strings.Fields(string(b[end+1:]))
	if len(f) <= startAt {
		return stat{}, fmt.Errorf("process stat: %d fields after the name", len(f))
	}
	parent, err := strconv.ParseInt(f[parentAt], 10, 32)
	flags, err2 := strconv.ParseUint(f[flagsAt], 10, 64)
	start, err3 := strconv.ParseUint(f[startAt], 10, 64)
	if err := errors.Join(err, err2, err3); err != nil {
		return stat{}, fmt.Errorf("process stat: %w", err)
	}
	return stat{name: string(b[open+1 : end]), parent: int32(parent), flags: flags, start: start}, nil
}

// inside reads from the contents of /proc/PID/status whether a process has more than one PID: one in each PID namespace
// that it is in, from that of /proc on.
func inside(status []byte) (bool, error) {
	for line := range bytes.Lines(status) {
		if numbers, ok := bytes.CutPrefix(line, []byte("NSpid:")); ok {
			return len(bytes.Fields(numbers)) != 1, nil
		}
	}
	return false, errors.New("process status: no NSpid")
}
