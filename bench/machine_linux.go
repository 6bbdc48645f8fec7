package main

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is where and with what the figures were measured.
type machine struct {
	at                                   time.Time
	cores                                int
	model, memory, kernel, load, command string
	commit                               string // "" where git does not tell
	changed                              bool   // since that commit
	root                                 bool
}

// machineOf asks the system; what it does not tell is a dash.
func machineOf(ctx context.Context, args []string) machine {
	m := machine{at: time.Now().UTC(), cores: runtime.NumCPU(), root: os.Geteuid() == 0, memory: unknown, kernel: unknown}
	m.model = field("/proc/cpuinfo", "model name", unknown)
	m.load = firstFields("/proc/loadavg", 3)
	m.command = commandLine(args)
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.kernel = unix.ByteSliceToString(u.Release[:])
	}
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) == nil {
		m.memory = fmt.Sprintf("%.1f GiB", float64(s.Totalram)*float64(s.Unit)/(1<<30))
	}
	// A tree without git, or one that git does not trust, has no commit to tell.
	m.commit, _ = output(ctx, "git", "rev-parse", "--short=12", "HEAD")
	if status, err := output(ctx, "git", "status", "--porcelain"); err == nil {
		m.changed = status != ""
	}
	return m
}

// commandLine returns the command that was given, for a shell.
func commandLine(args []string) string {
	line := "go run ./bench"
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " '\"$`\\*?") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		line += " " + a
	}
	return line
}

// field returns the value of the first line "name : value" of a file in /proc, or otherwise.
func field(file, name, otherwise string) string {
	f, err := os.Open(file)
	if err != nil {
		return otherwise
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return otherwise
}

// firstFields returns the first n words of a file in /proc, or a dash.
func firstFields(file string, n int) string {
	b, err := os.ReadFile(file)
	if words := strings.Fields(string(b)); err == nil && len(words) >= n {
		return strings.Join(words[:n], " ")
	}
	return unknown
}

// intro is the top of docs/figures.md.
//
//go:embed intro.md
var intro string

// head prints where and when the measurement was made.
func (p *page) head(m machine) error {
	commit := m.commit
	switch {
	case commit == "":
		commit = unknown
	case m.changed:
		commit += ", with changes"
	}
	rights := "root"
	if !m.root {
		rights = "not root: owners of other users' sockets are out of reach"
	}
	t := &table{title: "The machine", head: []string{"", ""}, words: true}
	t.add("date", m.at.Format("2006-01-02 15:04 UTC"))
	t.add("processor", fmt.Sprintf("%d cores, %s", m.cores, m.model))
	t.add("memory", m.memory)
	t.add("kernel", "Linux "+m.kernel)
	t.add("load average before", m.load)
	t.add("Go", runtime.Version()+" "+runtime.GOARCH)
	t.add("commit", commit)
	t.add("run as", rights)
	t.add("command", m.command)
	if p.markdown {
		if _, err := fmt.Fprint(p.out, intro); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return p.print(t)
}
