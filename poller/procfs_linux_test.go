package poller

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// recorded is a tree as /proc shows it: process 77 has a hostile name, process 99 has just ended.
var recorded = newProcfs("testdata/proc")

// look calls found with the inode of each socket that a process has open, until it returns false. Not to be allowed to
// look is no error.
func look(p *procfs, pid int32, found func(inode uint32) bool) (forbidden bool, err error) {
	files, err := p.open(pid)
	if errors.Is(err, fs.ErrPermission) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	defer files.Close()
	_, forbidden, err = new(holding).list(files, nil, true, func(_ int32, inode uint32) (bool, bool) { return true, found(inode) })
	if errors.Is(err, fs.ErrPermission) {
		return true, nil
	}
	return forbidden, err
}

// inodes returns the sockets that a process has open.
func inodes(t *testing.T, p *procfs, pid int32) (all []uint32) {
	t.Helper()
	forbidden, err := look(p, pid, func(inode uint32) bool {
		all = append(all, inode)
		return true
	})
	check(t, err)
	if forbidden {
		t.Errorf("process %d may not be looked at", pid)
	}
	slices.Sort(all)
	return all
}

// Processes are read from the tree: ids in order, names in full, starts as they are, sockets and nothing else.
func TestProcfsRecorded(t *testing.T) {
	pids, err := recorded.pids([]int32{5})
	check(t, err)
	if !slices.Equal(pids, []int32{1, 5, 42, 77, 99}) {
		t.Errorf("processes %v", pids)
	}
	for _, tt := range []struct {
		want    Process
		sockets []uint32
	}{
		{Process{PID: 1, Start: 4242, Name: "init"}, []uint32{4026, 4027}},
		{Process{PID: 42, Start: 1<<64 - 1, Name: "systemd-resolved"}, []uint32{1<<32 - 1}},
		{Process{PID: 77, Start: 77, Name: "a) S 1 (b\n) c"}, nil},
	} {
		if got, err := recorded.process(tt.want.PID); err != nil || got != tt.want {
			t.Errorf("%+v, %v; want %+v", got, err, tt.want)
		}
		if got := inodes(t, recorded, tt.want.PID); !slices.Equal(got, tt.sockets) {
			t.Errorf("process %d has %v open, want %v", tt.want.PID, got, tt.sockets)
		}
	}
	for _, pid := range []int32{99, 100, -1} {
		if _, err := recorded.process(pid); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("process %d: %v", pid, err)
		}
		if forbidden, err := look(recorded, pid, nil); forbidden || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("sockets of process %d: forbidden %v, %v", pid, forbidden, err)
		}
	}
	if _, err := newProcfs("testdata/nowhere").pids(nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no tree at all: %v", err)
	}
}

// The walk over descriptors ends when the caller has what it looked for.
//
//attack:k3
func TestProcfsStops(t *testing.T) {
	calls := 0
	_, err := look(recorded, 1, func(uint32) bool { calls++; return false })
	if check(t, err); calls != 1 {
		t.Errorf("%d calls after the first said that it is enough", calls)
	}
}

// A broken stat file is an error that names the process.
func TestProcfsBroken(t *testing.T) {
	dir := t.TempDir()
	check(t, os.Mkdir(filepath.Join(dir, "7"), 0o755))
	check(t, os.WriteFile(filepath.Join(dir, "7", "stat"), []byte("7 (sh) S 1"), 0o644))
	if _, err := newProcfs(dir).process(7); err == nil || !strings.HasPrefix(err.Error(), "process 7: ") {
		t.Errorf("error %v", err)
	}
}

// again is set in the environment of a test that runs again in another process, with what it is to do there.
const again = "SOCKEYE_TEST_AGAIN"

// nobody's user and group, which own nothing.
const nobodyID = 65534

// mountTask is the task that gets a mount namespace of its own.
const mountTask = "mount"

// runAgain runs a test of this binary in another process, as the user asked for, and hands it a task.
func runAgain(t *testing.T, uid uint32, task string) {
	t.Helper()
	test, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run", "^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), again+"="+task, "TMPDIR=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
	}
	if task == mountTask {
		cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	}
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Errorf("as user %d, task %s: %v\n%s", uid, task, err, out)
	}
}

// A directory that may not be read is forbidden, a link that may not be read is too, and neither is an error. The test
// runs as an ordinary user, for whom there is such a thing.
func TestProcfsUnreadable(t *testing.T) {
	if os.Getenv(again) == "" {
		runAgain(t, nobodyID, "look")
		return
	}
	dir := t.TempDir()
	shut := filepath.Join(dir, "10", "fd")
	check(t, os.MkdirAll(shut, 0o755))
	check(t, os.Symlink("socket:[7]", filepath.Join(shut, "3")))
	for _, mode := range []fs.FileMode{0o000, 0o444, 0o755} {
		check(t, os.Chmod(shut, mode))
		found, readable := false, mode == 0o755
		forbidden, err := look(newProcfs(dir), 10, func(uint32) bool { found = true; return true })
		if err != nil || found != readable || forbidden == readable {
			t.Errorf("mode %v: forbidden %v, found %v, %v", mode, forbidden, found, err)
		}
	}
	check(t, os.Chmod(filepath.Join(dir, "10"), 0))
	if _, err := newProcfs(dir).process(10); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a process that may not be looked at at all: %v", err)
	}
	check(t, os.Chmod(filepath.Join(dir, "10"), 0o755))
}

// An ordinary user sees its own sockets with their process, and another user's with the reason for not seeing it.
func TestOwnersWithoutPrivilege(t *testing.T) {
	task := os.Getenv(again)
	if task == "" {
		l := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
		runAgain(t, nobodyID, l.Addr().String())
		return
	}
	own := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	p := poller(t, Options{Source: SourceNetlink})
	p.poll(t.Context())
	at := func(address string) Connection {
		return row(t, p, func(c *Connection) bool { return c.Local == netip.MustParseAddrPort(address) && c.State == StateListen })
	}
	if c := at(own.Addr().String()); c.Owner == nil || c.Owner.PID != int32(os.Getpid()) || c.UID != uint32(os.Getuid()) {
		t.Errorf("own listener: owner %v, %q, user %d", c.Owner, c.OwnerNote, c.UID)
	}
	if c := at(task); c.UID != uint32(os.Getuid()) && (c.Owner != nil || c.OwnerNote != OwnerForbidden || c.User == "") {
		t.Errorf("another user's listener: owner %v, %q, user %q", c.Owner, c.OwnerNote, c.User)
	}
}

// Where /proc is mounted with hidepid, an ordinary user never gets a wrong owner: other users' processes are forbidden
// to look at (1), or are not there (2).
//
//attack:k3
func TestProcfsHidePID(t *testing.T) {
	task := os.Getenv(again)
	switch {
	case task == "" && os.Geteuid() != 0:
		t.Skip("mounting /proc anew needs root")
	case task == "":
		runAgain(t, 0, mountTask)
		return
	case task == mountTask:
		mountHidden(t)
		return
	}
	dir, other, _ := strings.Cut(task, " ")
	pid, err := strconv.ParseInt(other, 10, 32)
	check(t, err)
	p := newProcfs(dir)
	_, err = p.process(int32(pid))
	forbidden, _ := look(p, int32(pid), nil)
	pids, listErr := p.pids(nil)
	check(t, listErr)
	listed := slices.Contains(pids, int32(pid))
	if strings.HasSuffix(dir, "1") != (forbidden && listed && errors.Is(err, fs.ErrPermission)) {
		t.Errorf("%s: forbidden %v, listed %v, %v", dir, forbidden, listed, err)
	}
	if !strings.HasSuffix(dir, "1") && (forbidden || listed || !errors.Is(err, fs.ErrNotExist)) {
		t.Errorf("%s: forbidden %v, listed %v, %v", dir, forbidden, listed, err)
	}
	if own, err := p.process(int32(os.Getpid())); err != nil || own.PID != int32(os.Getpid()) {
		t.Errorf("%s: own process %+v, %v", dir, own, err)
	}
}

// mountHidden mounts /proc in both hiding ways, in this process's own mount namespace, and looks at this process from
// there as nobody.
func mountHidden(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sockeye")
	check(t, err)
	defer os.RemoveAll(dir)
	check(t, os.Chmod(dir, 0o755))
	for _, way := range []string{"1", "2"} {
		at := filepath.Join(dir, "hidepid"+way)
		check(t, os.Mkdir(at, 0o755))
		check(t, syscall.Mount("proc", at, "proc", 0, "hidepid="+way))
		runAgain(t, nobodyID, at+" "+strconv.Itoa(os.Getpid()))
		check(t, syscall.Unmount(at, 0))
	}
}

// The kernel hands names on as a process sets them, and so does the row.
//
//attack:j6
func TestProcfsHostileNames(t *testing.T) {
	if os.Getenv(again) == "" {
		runAgain(t, uint32(os.Geteuid()), "rename")
		return
	}
	for _, name := range hostileNames() {
		if name == "" {
			continue // writing nothing does not rename
		}
		check(t, os.WriteFile("/proc/self/comm", []byte(name), 0))
		if got, err := newProcfs(procRoot).process(int32(os.Getpid())); err != nil || got.Name != name {
			t.Errorf("%q is read as %q, %v", name, got.Name, err)
		}
	}
}
