package web

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"sockeye/poller"
	"sockeye/views"
)

// seesAll reports whether this program has the two capabilities by which Linux shows the processes of all users. What is
// hidden from it then has another reason, such as a user namespace.
var seesAll = sync.OnceValue(func() bool {
	status, err := os.ReadFile("/proc/self/status") // there on Linux only
	return err == nil && mayLook(string(status))
})

// mayLook reads the effective capabilities of a /proc/PID/status: bit 2 is CAP_DAC_READ_SEARCH, bit 19 CAP_SYS_PTRACE
// (linux/capability.h).
func mayLook(status string) bool {
	const needed = 1<<2 | 1<<19
	_, rest, _ := strings.Cut(status, "\nCapEff:")
	line, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	return err == nil && set&needed == needed
}

// rightsOf counts the sockets of a table whose processes are not seen because they are of other users.
func rightsOf(t *poller.Table) views.Rights {
	r, users := views.Rights{Linux: runtime.GOOS == "linux"}, map[uint32]struct{}{}
	if seesAll() {
		return r
	}
	for c := range t.All() {
		if c.OwnerNote == poller.OwnerForbidden && c.Owner == nil {
			r.Hidden++
			users[c.UID] = struct{}{}
		}
	}
	r.Users = len(users)
	return r
}
