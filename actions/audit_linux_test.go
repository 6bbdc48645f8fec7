package actions

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestUntrustedLog (X10): what others can write or read, links, folders, devices and pipes are no audit log.
func TestUntrustedLog(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link, pipe := filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink(file("aim", 0o600), link), unix.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"written by all": file("all", 0o666), "read by a group": file("group", 0o640), "a link": link, "a pipe": pipe, "a folder": dir,
		"a device": "/dev/full", "in a file": filepath.Join(file("plain", 0o600), "x"),
	} {
		if err := write(path); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if os.Geteuid() == 0 {
		sink := filepath.Join(dir, "sink") // takes everything and keeps nothing
		if err := unix.Mknod(sink, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))); err != nil {
			t.Logf("no device: %v", err)
		} else if err := write(sink); err == nil {
			t.Error("a device of our own is taken")
		}
		foreign := file("foreign", 0o600)
		if err := os.Chown(foreign, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if err := write(foreign); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("another user's: %v", err)
		}
	}
}

// TestFullDisk (X10): a disk without room for the line keeps the act from being done, for real.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a small disk")
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=4k"); err != nil {
		t.Skipf("no small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "audit.log")
	if err := write(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 8192), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	long := Order{Verb: Kill, Target: Target{Process: Process{PID: 9, Name: strings.Repeat("x", 8192)}}}
	if err := newJournal(path, time.Now).intent(long); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("written on a full disk: %v", err)
	}
}
