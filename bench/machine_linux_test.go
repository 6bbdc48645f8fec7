package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		"go run ./bench":                nil,
		"go run ./bench -sizes '' -cpu": {"-sizes", "", "-cpu"},
		`go run ./bench 'it'\''s'`:      {"it's"},
	} {
		if got := commandLine(args); got != want {
			t.Errorf("%q: %s", args, got)
		}
	}
}

func TestHead(t *testing.T) {
	m := machineOf(t.Context(), []string{"-markdown"})
	if m.cores < 1 || m.memory == unknown || m.kernel == unknown || m.load == unknown {
		t.Errorf("machine %+v", m)
	}
	m.commit, m.changed, m.root = "0123456789ab", true, false
	for _, markdown := range []bool{false, true} {
		var b strings.Builder
		if err := (&page{out: &b, markdown: markdown}).head(m); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"go run ./bench -markdown", "Linux " + m.kernel, "0123456789ab, with changes", "not root", m.at.Format("2006-01-02")} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("no %q in\n%s", want, b.String())
			}
		}
		if strings.HasPrefix(b.String(), "# Figures\n") != markdown {
			t.Errorf("markdown %t begins with %.20q", markdown, b.String())
		}
	}
	if err := (&page{out: full{}, markdown: true}).head(m); err == nil {
		t.Error("no error where nothing can be written")
	}
}

func TestFieldsThatAreNotThere(t *testing.T) {
	if got := field("/proc/self/status", "NoSuchName", "x"); got != "x" {
		t.Errorf("field %q", got)
	}
	if got := field("/no/such/file", "Name", "y"); got != "y" {
		t.Errorf("field %q", got)
	}
	if got := firstFields("/no/such/file", 1); got != unknown {
		t.Errorf("words %q", got)
	}
}

func TestOutputTellsWhy(t *testing.T) {
	if line, err := output(t.Context(), "sh", "-c", "echo one; echo two"); line != "one" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := output(t.Context(), "sh", "-c", "echo because >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "because") {
		t.Errorf("error %v", err)
	}
}

// TestProcessorTimeGrows with work and not without: the second reading is at least what the work between took.
func TestProcessorTimeGrows(t *testing.T) {
	before, err := processorTime(os.Getpid())
	if err != nil || before <= 0 {
		t.Fatalf("%v, %v", before, err)
	}
	for after := before; after < before+time.Millisecond; {
		if after, err = processorTime(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := processorTime(1 << 28); err == nil {
		t.Error("no error for a process that is not there")
	}
}

func TestMemory(t *testing.T) {
	now, err := memory(os.Getpid(), "VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	most, err := memory(os.Getpid(), "VmHWM")
	if err != nil || now < 1<<20 || most < now/2 {
		t.Errorf("%d now, %d at most, %v", now, most, err)
	}
	if _, err := memory(1<<28, "VmRSS"); err == nil {
		t.Error("no error for a process that is not there")
	}
}
