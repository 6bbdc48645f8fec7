package diagnose

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"sockeye/netinfo"
)

// FactsNow reads what the rules need beside the socket table. What cannot be read stays unknown. Refusals is nil where
// nobody listens for them.
func FactsNow(want Wants, refusals *Refusals) Facts {
	f := Facts{GOOS: runtime.GOOS, Descriptors: map[int32]Descriptors{}}
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if first, last, err := parsePair(b); err == nil {
			f.FirstPort, f.LastPort = first, last
		}
	}
	f.Tracked = number("/proc/sys/net/netfilter/nf_conntrack_count")
	f.TrackedMost = number("/proc/sys/net/netfilter/nf_conntrack_max")
	if list, err := netinfo.CountersNow(); err == nil {
		f.Counters = netinfo.Values(list)
	}
	for _, pid := range want.PIDs {
		if d, ok := descriptorsOf(pid); ok {
			f.Descriptors[pid] = d
		}
	}
	f.Tries = refusals.Take(want.Ports)
	return f
}

// number reads a number from a file, 0 where there is none.
func number(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// descriptorsOf counts a process's open files. The size of its directory tells them without listing it (since
// Linux 6.2); else they are listed.
func descriptorsOf(pid int32) (Descriptors, bool) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	b, err := os.ReadFile(dir + "limits")
	if err != nil {
		return Descriptors{}, false
	}
	d := Descriptors{Most: parseOpenLimit(b)}
	if i, err := os.Stat(dir + "fd"); err == nil && i.Size() > 0 {
		d.Open = i.Size()
		return d, true
	}
	list, err := os.ReadDir(dir + "fd")
	if err != nil {
		return Descriptors{}, false
	}
	d.Open = int64(len(list))
	return d, true
}
