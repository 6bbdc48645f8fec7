package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// children returns the command lines of the processes that this one started and that are still there.
func children(t *testing.T) (list []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(files) == 0 {
		t.Skipf("the kernel does not list children: %v", err)
	}
	for _, file := range files {
		pids, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended has none
		}
		for pid := range strings.FieldsSeq(string(pids)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			list = append(list, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return list
}

// script makes a program of a few words of shell.
func script(t *testing.T, words string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+words+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLaunchAndStop(t *testing.T) {
	c := command(t.Context(), script(t, "echo ready; exec sleep 1000"))
	p, line, err := launch(c, c.StdoutPipe)
	if err != nil || line != "ready" {
		t.Fatalf("line %q, %v", line, err)
	}
	if got := children(t); len(got) != 1 {
		t.Errorf("children %q, want one", got)
	}
	if err := p.stop(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("stopped by the signal it does not handle: %v", err)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestStopOfWhatEndsInOrder(t *testing.T) {
	c := command(t.Context(), script(t, "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done"))
	p, _, err := launch(c, c.StdoutPipe)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// TestCommandKeepsSettingsOut: what configures sockeye outside does not reach the one that is measured.
func TestCommandKeepsSettingsOut(t *testing.T) {
	t.Setenv("SOCKEYE_INTERVAL", "5s")
	out, err := command(t.Context(), "env").Output()
	if err != nil || strings.Contains(string(out), "SOCKEYE_") || !strings.Contains(string(out), "PATH=") {
		t.Errorf("%s, %v", out, err)
	}
}

// TestChildrenThatMisbehave give an error and are not left.
func TestChildrenThatMisbehave(t *testing.T) {
	talker := script(t, "echo nonsense; echo nonsense >&2; trap 'exit 0' TERM; while :; do sleep 0.01; done")
	b := &bench{programs: programs{self: "echo", sockets: talker, sockeye: talker}}
	if _, err := b.hold(t.Context(), minSockets); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("generator: %v", err)
	}
	if _, err := b.serve(t.Context()); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("sockeye: %v", err)
	}
	if err := b.assign(t.Context(), new(int), "none"); err == nil || !strings.Contains(err.Error(), "task none") {
		t.Errorf("task that prints no JSON: %v", err)
	}
	b.self = "false"
	if err := b.assign(t.Context(), new(int), "none"); err == nil {
		t.Error("task that fails: no error")
	}
	b.sockets = "false"
	if _, err := b.hold(t.Context(), minSockets); err == nil {
		t.Error("generator that fails: no error")
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// interrupter cancels a context a moment after something was printed.
type interrupter struct{ cancel func() }

func (i interrupter) Write(b []byte) (int, error) {
	time.AfterFunc(time.Second, i.cancel)
	return len(b), nil
}

// TestInterruptedRunLeavesNothing: neither a process nor a folder.
func TestInterruptedRunLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	o, err := parse(tiny)
	if err != nil {
		t.Fatal(err)
	}
	self := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", self, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := measure(ctx, self, o, tiny, interrupter{cancel}); err == nil {
		t.Error("no error")
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes left: %q", left)
	}
	folders, err := filepath.Glob(filepath.Join(tmp, "sockeye-bench-*"))
	if err != nil || len(folders) > 0 {
		t.Errorf("folders left: %q, %v", folders, err)
	}
}
