//go:build linux

package processes

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sleeper starts a child that waits, and ends it with the test.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command("sleep", "600")
	c.Dir = t.TempDir()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for range 1000 { // for an instant after its start it has no arguments yet
		if args, err := os.ReadFile("/proc/" + strconv.Itoa(c.Process.Pid) + "/cmdline"); err != nil || len(args) > 0 {
			break
		}
	}
	return c
}

// TestChild: everything is told of a process of one's own.
func TestChild(t *testing.T) {
	c := sleeper(t)
	d, err := New().Read(context.Background(), int32(c.Process.Pid), 0)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "sleep" || !slices.Equal(d.Args.Value, []string{"sleep", "600"}) || filepath.Base(d.Executable.Value) == "" {
		t.Errorf("%+v", d)
	}
	if d.Directory.Value != c.Dir || d.Threads.Value != 1 || d.Resident.Value == 0 || d.Descriptors.Value < 3 || !d.User.Known() {
		t.Errorf("%+v", d)
	}
	if age := time.Since(d.Started.Value); age < -2*time.Second || age > time.Hour {
		t.Errorf("started %v ago", age)
	}
	if p := d.Parents.Value; len(p) == 0 || p[0].PID != int32(os.Getpid()) || p[0].Start == 0 {
		t.Errorf("parents %+v", p)
	}
}

// TestAnotherUnderThisPID: facts of one process are never told of another one.
//
//attack:k3
func TestAnotherUnderThisPID(t *testing.T) {
	c := sleeper(t)
	r, pid := New(), int32(c.Process.Pid)
	d, err := r.Read(context.Background(), pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(context.Background(), pid, d.Start); err != nil {
		t.Errorf("with its own start: %v", err)
	}
	if d, err := r.Read(context.Background(), pid, d.Start-1); !errors.Is(err, ErrGone) || d != nil {
		t.Errorf("with another start: %+v, %v", d, err)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	if _, err := r.Read(context.Background(), pid, d.Start); !errors.Is(err, ErrGone) {
		t.Errorf("after its end: %v", err)
	}
	if _, err := r.Read(context.Background(), 0, 0); !errors.Is(err, ErrGone) {
		t.Errorf("PID 0: %v", err)
	}
}

// tree writes a small /proc: files by path.
func tree(t *testing.T, files map[string]string) procfs {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return procfs(root)
}

// statOf is the line of /proc/PID/stat of a process with three threads.
func statOf(name string, parent, start int) string {
	return statLine(name, uint32(parent), uint64(start))
}

// TestDescent: the line of parents ends at a PID that is used again, and at a loop.
func TestDescent(t *testing.T) {
	p := tree(t, map[string]string{
		"stat":   "cpu 1\nbtime 1000\n",
		"9/stat": statOf("a) S 1 (b", 8, 900), "8/stat": statOf("shell", 7, 800), "7/stat": statOf("young", 1, 850),
		"5/stat": statOf("five", 5, 5),
	})
	d, err := p.read(context.Background(), 9)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Parent{{8, 800, "shell"}}, d.Parents.Value); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
	if d.Name != "a) S 1 (b" || d.CPU.Value != 2*time.Second || d.Threads.Value != 3 || d.Virtual.Value != 4096 || d.Start != 900 {
		t.Errorf("%+v", d)
	}
	if !d.Started.Value.Equal(time.Unix(1009, 0)) {
		t.Errorf("started %v", d.Started)
	}
	loop, err := p.read(context.Background(), 5)
	if err != nil || len(loop.Parents.Value) != maxParents {
		t.Errorf("a loop: %d parents, %v", len(loop.Parents.Value), err)
	}
}

// TestUnknownFacts: what cannot be read is unknown for a reason, and never empty or 0.
func TestUnknownFacts(t *testing.T) {
	p := tree(t, map[string]string{"9/stat": statOf("kthread", 0, 900), "9/cmdline": "", "9/limits": "x"})
	d, err := p.read(context.Background(), 9)
	if err != nil {
		t.Fatal(err)
	}
	for name, note := range map[string]string{
		"executable": d.Executable.Note, "args": d.Args.Note, "user": d.User.Note, "resident": d.Resident.Note,
		"descriptors": d.Descriptors.Note, "limit": d.DescriptorLimit.Note, "unit": d.Unit.Note, "started": d.Started.Note,
	} {
		if note == "" {
			t.Errorf("%s is said to be known", name)
		}
	}
	if d.Parents.Value == nil || len(d.Parents.Value) != 0 {
		t.Errorf("parents %v", d.Parents)
	}
}

// asNobody runs the test again as a user without rights where it is run by root, from whom nothing is hidden, and reports
// whether it did.
func asNobody(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return false
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return true
}

// TestOtherUsers: each fact that only its user may see is unknown for that reason.
func TestOtherUsers(t *testing.T) {
	if got := reason(&fs.PathError{Err: fs.ErrPermission}); !strings.Contains(got, "CAP_SYS_PTRACE") {
		t.Errorf("forbidden: %q", got)
	}
	if asNobody(t) {
		return
	}
	d, err := New().Read(context.Background(), 1, 0)
	if errors.Is(err, ErrHidden) {
		t.Skip("/proc is mounted with hidepid")
	}
	if err != nil || d.Executable.Known() || !strings.Contains(d.Executable.Note, "CAP_SYS_PTRACE") || d.Name == "" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestHidden: a process that is there and cannot be seen is not said to be gone.
func TestHidden(t *testing.T) {
	if asNobody(t) {
		return
	}
	if _, err := tree(t, nil).open(1); !errors.Is(err, ErrHidden) {
		t.Errorf("PID 1 without a folder: %v", err)
	}
}

// TestCountByReading: where the folder has no size, its entries are counted.
func TestCountByReading(t *testing.T) {
	c := sleeper(t)
	dir, err := procfs("/proc").open(int32(c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	listed := func() int {
		names, err := os.ReadDir("/proc/" + strconv.Itoa(c.Process.Pid) + "/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	for range 1000 { // a child that has just begun still opens and closes its libraries
		before, n, after := listed(), dir.descriptors(), listed()
		if before == after && n.Value == uint64(after) {
			return
		}
	}
	t.Errorf("%v descriptors, %d are listed", dir.descriptors(), listed())
}
