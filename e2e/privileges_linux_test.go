package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The users of these tests: one runs sockeye, one has the sockets.
const (
	watcher  = 65532
	stranger = 65533
)

// publicBinary returns the path of a copy of sockeye that every user may run.
func publicBinary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sockeye-public-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "sockeye")
	if err := copyFile(exe, sockeyeBinary); err != nil {
		t.Fatal(err)
	}
	return exe
}

// needsRoot leaves the test out where it cannot become other users.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("to become other users needs root")
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is not installed")
	}
}

// as runs sockeye as the watcher with capabilities, written as setpriv has them ("+sys_ptrace"), "" for none.
func as(t *testing.T, exe, capabilities string) *program {
	t.Helper()
	port := freePort(t)
	args := []string{"--reuid", itoa(watcher), "--regid", itoa(watcher), "--clear-groups"}
	if capabilities != "" {
		args = append(args, "--inh-caps", capabilities, "--ambient-caps", capabilities)
	}
	return startCommand(t, port, exec.Command("setpriv", append(args, exe, "--listen", "localhost:"+itoa(port), "--interval", "250ms")...))
}

// strangerListens has another user's process listen, and returns its port and PID.
func strangerListens(t *testing.T) (port string, pid int) {
	t.Helper()
	a := newActor(t, "stranger", "", "setpriv", "--reuid", itoa(stranger), "--regid", itoa(stranger), "--clear-groups")
	address := a.tell("listen 127.0.0.1:0")
	return address[strings.LastIndex(address, ":")+1:], a.pid
}

// TestRightsAdd measures what docs/privileges.md says: which capability shows whose process.
func TestRightsAdd(t *testing.T) {
	needsRoot(t)
	exe := publicBinary(t)
	port, pid := strangerListens(t)
	view := "state=LISTEN&port=" + port
	for _, tt := range []struct {
		capabilities string
		sees         bool
	}{
		{"", false}, {"+sys_ptrace", false}, {"+dac_read_search", false}, {"+net_admin", false},
		{"+sys_ptrace,+dac_read_search", true}, {"+sys_ptrace,+dac_read_search,+net_admin", true},
	} {
		t.Run("with"+tt.capabilities, func(t *testing.T) {
			sockeye := as(t, exe, tt.capabilities)
			got := sockeye.await(view, "the socket", func(e export) bool {
				return e.Matched == 1 && (!tt.sees || e.Connections[0].Pid != nil)
			}).Connections[0]
			if !tt.sees && got.Pid != nil {
				t.Errorf("the process is seen")
			}
			if tt.sees && *got.Pid != pid {
				t.Errorf("the process is %d, want %d", *got.Pid, pid)
			}
			_, page := sockeye.get("/")
			if said := strings.Contains(page, "belong to ") || strings.Contains(page, "belongs to "); said == tt.sees {
				t.Errorf("sees %v, and the page speaks of others' sockets: %v", tt.sees, said)
			}
			if _, all := sockeye.get("/connections.json?" + view); !tt.sees && !strings.Contains(all, "other user's process") {
				t.Errorf("no reason is given: %s", all)
			}
		})
	}
}

// statusOf returns a line of /proc/PID/status.
func (p *program) statusOf(name string) string {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\n"+name+":")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Join(strings.Fields(line), " ")
}

// TestUserFlag: started by root with --user it is that user, in no group more, has two capabilities and can win no
// other, and sees the processes of all users.
func TestUserFlag(t *testing.T) {
	needsRoot(t)
	exe := publicBinary(t)
	listened, pid := strangerListens(t)
	port := freePort(t)
	sockeye := startCommand(t, port, exec.Command(exe, "--listen", "localhost:"+itoa(port), "--user", "nobody"))
	for name, want := range map[string]string{
		"Uid": "65534 65534 65534 65534", "Groups": "", "NoNewPrivs": "1",
		"CapEff": "0000000000080004", "CapPrm": "0000000000080004", "CapBnd": "0000000000080004", "CapAmb": "0000000000080004",
	} {
		if got := sockeye.statusOf(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	e := sockeye.await("state=LISTEN&port="+listened, "the owner", func(e export) bool { return e.Matched == 1 && e.Connections[0].Pid != nil })
	if *e.Connections[0].Pid != pid {
		t.Errorf("the process is %d, want %d", *e.Connections[0].Pid, pid)
	}
	for _, args := range [][]string{{"--user", "root"}, {"--user", "0"}, {"--user", "no such user"}, {"--user", "-1"}} {
		cmd := exec.Command(exe, append(args, "--listen", "localhost:0")...)
		cmd.Env = withoutSettings(os.Environ())
		if out, err := cmd.CombinedOutput(); err == nil || !strings.HasPrefix(string(out), "sockeye: user") {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
	cmd := exec.Command("setpriv", "--reuid", itoa(watcher), "--clear-groups", "--regid", itoa(watcher), exe, "--user", "nobody", "--listen", "localhost:0")
	cmd.Env = withoutSettings(os.Environ())
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "only root can become another user") {
		t.Errorf("without root: %v, %s", err, out)
	}
}
