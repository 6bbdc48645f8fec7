package processes

import (
	"path"
	"strings"
)

// What is said where a process is in no unit or container.
const (
	noUnit      = "it runs in no systemd unit"
	noContainer = "it runs in no container that its cgroup tells of"
)

// groupOf returns the path of the cgroup from the contents of /proc/PID/cgroup (cgroups(7)): that of the unified
// hierarchy, or where there is none that of systemd's own.
func groupOf(b string) string {
	found := ""
	for line := range strings.Lines(b) {
		number, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, where, ok := strings.Cut(rest, ":")
		switch {
		case ok && number == "0" && controllers == "":
			if where != "/" || found == "" {
				found = where
			}
		case ok && controllers == "name=systemd":
			found = where
		}
	}
	return found
}

// unitOf returns the systemd unit that a cgroup's path names: its last part that is a service, scope or the like.
func unitOf(group string) Fact[string] {
	parts := strings.Split(group, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		switch path.Ext(parts[i]) {
		case ".service", ".scope", ".socket", ".mount", ".swap":
			return know(unescapeUnit(parts[i]))
		}
	}
	return unknown[string](noUnit)
}

// unescapeUnit undoes the \xNN of systemd.unit(5) that a cgroup's path has in it.
func unescapeUnit(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if i+3 < len(name) && name[i] == '\\' && name[i+1] == 'x' {
			high, low := hexDigit(name[i+2]), hexDigit(name[i+3])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

// hexDigit returns the value of a hexadecimal digit, -1 for anything else.
func hexDigit(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// scopes are the beginnings of the names of scopes that container engines make, each with the engine's name.
var scopes = []struct{ prefix, engine string }{
	{"docker-", "docker"}, {"libpod-", "podman"}, {"crio-", "cri-o"}, {"cri-containerd-", "containerd"},
}

// folders are the parts of a path that container engines make, with a container's name in the part behind.
var folders = map[string]string{"docker": "docker", "libpod_parent": "podman", "lxc": "lxc", "ecs": "ecs", "garden": "garden"}

// shortID is how much of a container's id people use.
const shortID = 12

// containerOf returns the container that a cgroup's path names, as "docker 3f2a91c0d4e5".
func containerOf(group string) Fact[string] {
	parts := strings.Split(group, "/")
	for i := len(parts) - 1; i > 0; i-- {
		part := strings.TrimSuffix(parts[i], ".scope")
		for _, s := range scopes {
			if id, ok := strings.CutPrefix(part, s.prefix); ok && isID(strings.TrimPrefix(id, "conmon-")) {
				return know(s.engine + " " + strings.TrimPrefix(id, "conmon-")[:shortID])
			}
		}
		if name, ok := strings.CutPrefix(part, "lxc.payload."); ok {
			return know("lxc " + name)
		}
		if name, ok := strings.CutPrefix(part, "machine-"); ok && part != parts[i] {
			return know("machine " + unescapeUnit(name))
		}
		if engine := folders[parts[i-1]]; engine != "" && part != "" {
			if isID(part) {
				part = part[:shortID]
			}
			return know(engine + " " + part)
		}
		if strings.HasPrefix(group, "/kubepods") && isID(part) {
			return know("kubernetes " + part[:shortID])
		}
	}
	return unknown[string](noContainer)
}

// isID reports whether a text is the id of a container: 64 hexadecimal digits, or 32 at the least.
func isID(s string) bool {
	for i := range len(s) {
		if hexDigit(s[i]) < 0 {
			return false
		}
	}
	return len(s) >= 32
}
