package actions

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// write writes one line to an audit log.
func write(path string) error {
	return newJournal(path, time.Now).intent(Order{
		Verb: Kill, Target: Target{Process: Process{Boot: "b", PID: 4711, Start: 10, Name: "a\nb\u202e"}}, By: Who{User: "1000", Peer: "127.0.0.1:1"},
	})
}

// TestAuditFile: the file and its folder are made for this user alone, and only added to.
func TestAuditFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "sockeye", "audit.log")
	for range 2 {
		if err := write(path); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), `"verb":"kill"`) || strings.ContainsAny(string(text), "\u202e\x1b") {
		t.Errorf("%q, %v", text, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestDefaultLog is in the state folder.
func TestDefaultLog(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	if got := DefaultLog(); got != filepath.Join(dir, "sockeye", "audit.log") {
		t.Error(got)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir)
	if got := DefaultLog(); got != filepath.Join(dir, ".local", "state", "sockeye", "audit.log") {
		t.Error(got)
	}
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	if got := DefaultLog(); runtime.GOOS != "plan9" && got != "" {
		t.Error(got)
	}
	if err := write(""); err == nil {
		t.Error("a log without a place is written")
	}
}
