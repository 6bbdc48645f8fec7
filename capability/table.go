package capability

import (
	"slices"

	"sockeye/poller"
)

// Level is how far a source knows a fact.
type Level string

// The levels.
const (
	Yes    Level = "yes"
	Partly Level = "partly" // for some sockets, or with a privilege: the reason says which
	No     Level = "no"
)

// Cell is what one source knows of one fact.
type Cell struct {
	Level Level
	// Why says in a sentence why it is not known, or when it is; "" where it is always.
	Why string
}

// Platform is a source on the systems on which it is the same.
type Platform struct {
	// Source is its name, as --source takes it.
	Source poller.SourceKind
	// Systems are those of runtime.GOOS.
	Systems []string
	// Name is how it is headed: "Linux, netlink".
	Name string
	// Means says how it reads.
	Means string
}

// ID names the platform in an address: "gopsutil-darwin".
func (p *Platform) ID() string { return string(p.Source) + "-" + p.Systems[0] }

// The platforms, in the order of the cells of a [Fact].
const (
	linuxNetlink = iota
	linuxGopsutil
	windowsIphlpapi
	windowsGopsutil
	bsdGopsutil
	numPlatforms
)

var platforms = [numPlatforms]Platform{
	linuxNetlink:    {poller.SourceNetlink, []string{"linux"}, "Linux, netlink", "The kernel's own list (inet_diag), and /proc for processes."},
	linuxGopsutil:   {poller.SourceGopsutil, []string{"linux"}, "Linux, gopsutil", "The files /proc/net/tcp and udp, and a walk through all of /proc/PID/fd."},
	windowsIphlpapi: {poller.SourceIphlpapi, []string{"windows"}, "Windows, iphlpapi", "The tables of the IP Helper library with owner and moment of creation."},
	windowsGopsutil: {poller.SourceGopsutil, []string{"windows"}, "Windows, gopsutil", "The tables of the IP Helper library with owner."},
	bsdGopsutil:     {poller.SourceGopsutil, []string{"darwin", "freebsd"}, "macOS and FreeBSD, gopsutil", "The command lsof, run for each look."},
}

// Platforms returns all platforms, in the order of the cells of a [Fact].
func Platforms() []Platform { return slices.Clone(platforms[:]) }

// Here returns the position of a source on a system among the platforms; ok is false where there is none, as for a test's
// own source.
func Here(source, system string) (i int, ok bool) {
	i = slices.IndexFunc(platforms[:], func(p Platform) bool {
		return string(p.Source) == source && slices.Contains(p.Systems, system)
	})
	return i, i >= 0
}

// Fact is something that can be known of a socket, or of the machine.
type Fact struct {
	// Key names it in addresses and data; it never changes.
	Key string
	// Title says what it is.
	Title string
	// Fields are the names in /connections.json that are null where it is not known.
	Fields []string
	// Cells are what each platform knows of it, in the order of [Platforms].
	Cells [numPlatforms]Cell
}

// Facts returns the table: what is known of sockets first, then of the machine.
func Facts() []Fact { return append(slices.Clone(sockets), machine...) }

// Find returns the fact with a key, nil where there is none.
func Find(key string) *Fact {
	all := Facts()
	if i := slices.IndexFunc(all, func(f Fact) bool { return f.Key == key }); i >= 0 {
		return &all[i]
	}
	return nil
}
