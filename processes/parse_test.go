package processes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseStatRefuses(t *testing.T) {
	for _, text := range []string{"", "1", "1 (a", ")(", "1 (a) S 1 2 3", "1 (a) S x" + strings.Repeat(" 1", 30)} {
		if s, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}

func TestGroups(t *testing.T) {
	id := strings.Repeat("3f2a91c0", 8)
	for group, want := range map[string][2]string{ // unit, container
		"/system.slice/nginx.service":                         {"nginx.service", ""},
		"/system.slice/system-getty.slice/getty@tty1.service": {"getty@tty1.service", ""},
		`/system.slice/dev-disk\x2dby.mount`:                  {"dev-disk-by.mount", ""},
		"/user.slice/user-1000.slice/session-2.scope":         {"session-2.scope", ""},
		"/docker/" + id:                                                       {"", "docker 3f2a91c03f2a"},
		"/system.slice/docker-" + id + ".scope":                               {"docker-" + id + ".scope", "docker 3f2a91c03f2a"},
		"/machine.slice/libpod-" + id + ".scope/container":                    {"libpod-" + id + ".scope", "podman 3f2a91c03f2a"},
		"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope": {"cri-containerd-" + id + ".scope", "containerd 3f2a91c03f2a"},
		"/kubepods/besteffort/pod1/" + id:                                     {"", "kubernetes 3f2a91c03f2a"},
		"/lxc.payload.web/system.slice/cron.service":                          {"cron.service", "lxc web"},
		`/machine.slice/machine-my\x2dbox.scope`:                              {`machine-my-box.scope`, "machine my-box"},
		"/":                                                                   {"", ""},
		"":                                                                    {"", ""},
		`/\x`:                                                                 {"", ""},
	} {
		unit, container := unitOf(group), containerOf(group)
		if unit.Value != want[0] || container.Value != want[1] || unit.Known() != (want[0] != "") || container.Known() != (want[1] != "") {
			t.Errorf("%s: unit %+v, container %+v", group, unit, container)
		}
	}
}

func TestGroupOf(t *testing.T) {
	for text, want := range map[string]string{
		"0::/a.service\n": "/a.service",
		"2:cpu:/x\n1:name=systemd:/b.service\n0::/\n": "/b.service",
		"0::/\n":   "/",
		"nonsense": "",
		"":         "",
	} {
		if got := groupOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	status := []byte("Name:\tx\nUid:\t1000\t33\t33\t33\nVmRSS:\t    2048 kB\n")
	if uid, ok := effectiveUID(status); uid != 33 || !ok {
		t.Errorf("uid %d %v", uid, ok)
	}
	if r := resident(status); r.Value != 2048*1024 {
		t.Errorf("resident %+v", r)
	}
	if _, ok := effectiveUID([]byte("Uid:\n")); ok {
		t.Error("a user out of nothing")
	}
	if r := resident([]byte("Name: kthreadd\n")); r.Known() {
		t.Errorf("memory of the kernel: %+v", r)
	}
	limits := "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n"
	if l := descriptorLimit([]byte(limits)); l.Value != 1024 {
		t.Errorf("limit %+v", l)
	}
	if l := descriptorLimit([]byte("Max open files unlimited unlimited files")); l.Known() {
		t.Errorf("no limit: %+v", l)
	}
	if boot, ok := bootTime([]byte("cpu 1 2\nbtime 1700000000\n")); !ok || !boot.Equal(time.Unix(1700000000, 0)) {
		t.Errorf("boot %v %v", boot, ok)
	}
	if _, ok := bootTime([]byte("btime soon\n")); ok {
		t.Error("a boot time out of a word")
	}
}

func TestSplitArgs(t *testing.T) {
	for text, want := range map[string][]string{
		"a\x00b c\x00":       {"a", "b c"},
		"a\x00\x00b\x00\x00": {"a", "", "b"},
		"title of its own":   {"title of its own"},
	} {
		if got := splitArgs([]byte(text)); !slices.Equal(got.Value, want) {
			t.Errorf("%q: %q", text, got.Value)
		}
	}
	if got := splitArgs([]byte("\x00\x00")); got.Known() {
		t.Errorf("no command line: %+v", got)
	}
}

// FuzzStat: whatever a process calls itself, its numbers stay where they are.
//
//attack:j6
func FuzzStat(f *testing.F) {
	for _, name := range []string{"nginx", "a) S 1 (b", "\xff\n", ""} {
		f.Add(name, uint32(7), uint64(9))
	}
	f.Fuzz(func(t *testing.T, name string, parent uint32, start uint64) {
		line := statLine(name, parent>>1, start)
		s, err := parseStat([]byte(line))
		if err != nil || s.name != name || s.parent != int32(parent>>1) || s.start != start {
			t.Errorf("%q: %+v, %v", line, s, err)
		}
	})
}

// statLine is a line of /proc/PID/stat.
func statLine(name string, parent uint32, start uint64) string {
	return fmt.Sprintf("9 (%s) S %d 0 0 0 0 0 0 0 0 0 150 50 0 0 20 0 3 0 %d 4096 1\n", name, parent, start)
}
