package actions

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// reuseVariable makes this test program force PIDs to be used again, as process 1 of a namespace of its own.
const reuseVariable = "SOCKEYE_TEST_REUSE"

// TestRealPIDReuse (X3): in a PID namespace of its own a PID is given to one process after the other, by force
// (/proc/sys/kernel/ns_last_pid). None gets a signal by the identity of the one before.
func TestRealPIDReuse(t *testing.T) {
	if os.Getenv(reuseVariable) != "" {
		if os.Getpid() != 1 {
			t.Fatal("not in a namespace of its own")
		}
		reuseAll(t)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make a PID namespace and force a PID")
	}
	c := exec.Command("/proc/self/exe", "-test.run=^TestRealPIDReuse$", "-test.v")
	c.Env = append(os.Environ(), reuseVariable+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	out, err := c.CombinedOutput()
	switch {
	case err != nil && len(out) == 0:
		t.Skipf("no PID namespace: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "SKIP"):
		t.Skip(string(out))
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "forced") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// reuseAll is the test within the namespace.
func reuseAll(t *testing.T) {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Skipf("mounts: %v", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		t.Skipf("/proc: %v", err)
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	a := newRealActor(t)
	pid := spawn(t, sleep)
	same, forced := 0, 0
	for n := range reuses {
		before, err := a.Identify(int32(pid))
		if err != nil {
			t.Fatalf("reuse %d: %v", n, err)
		}
		target := Target{Process: before}
		if n%2 == 0 { // between the page and the click
			pid = again(t, sleep, pid)
			if _, err := order(t, a, Kill, target); reasonOf(t, err) != Changed {
				t.Fatalf("reuse %d: %v", n, err)
			}
		} else { // between the look and the signal
			what, refused := a.prepare(Kill, target)
			if refused != nil {
				t.Fatalf("reuse %d: %v", n, refused)
			}
			pid = again(t, sleep, pid)
			if err := what.do(); !is(err, errGone) {
				t.Fatalf("reuse %d: signalled: %v", n, err)
			}
			what.release()
		}
		if ended, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); ended != 0 || err != nil {
			t.Fatalf("reuse %d: the next process was ended (%d, %v)", n, ended, err)
		}
		if now, err := a.Identify(int32(pid)); err == nil && now.PID == before.PID {
			forced++
			if now.Start == before.Start {
				same++
			}
		}
	}
	p, err := a.Identify(int32(pid))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := order(t, a, Kill, Target{Process: p}); err != nil || !out.Gone {
		t.Errorf("the right one: %+v, %v", out, err)
	}
	if forced < reuses {
		t.Errorf("only %d of %d PIDs were used again", forced, reuses)
	}
	fmt.Printf("forced %d PIDs to be used again, %d of them within one clock tick\n", forced, same)
}

// spawn starts a process that waits.
func spawn(t *testing.T, sleep string) int {
	t.Helper()
	pid, err := syscall.ForkExec(sleep, []string{"sleep", "600"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// finish ends a process of ours and waits for it.
func finish(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Wait4(pid, nil, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// again ends a process and starts another one with its PID. A thread of this program may take the PID first; then it is
// tried with another process.
func again(t *testing.T, sleep string, pid int) int {
	t.Helper()
	finish(t, pid)
	for range 100 {
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0); err != nil {
			t.Skipf("SKIP: PIDs cannot be forced here: %v", err)
		}
		got := spawn(t, sleep)
		if got == pid {
			return got
		}
		finish(t, got)
	}
	t.Fatal("the PID is not given again")
	return 0
}
