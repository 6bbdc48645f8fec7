package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are the programs that take part, as paths.
type programs struct {
	self     string // this one, for the measurements that need a process of their own
	sockeye  string
	sockets  string // the socket generator
	codeSize int64  // of sockeye, in bytes
}

// build builds sockeye, as it is released, and the socket generator into dir.
func build(ctx context.Context, self, dir string) (programs, error) {
	p := programs{self: self, sockeye: filepath.Join(dir, "sockeye"), sockets: filepath.Join(dir, "sockets")}
	for exe, pkg := range map[string]string{p.sockeye: "sockeye", p.sockets: "sockeye/bench/sockets"} {
		c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", exe, pkg)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	info, err := os.Stat(p.sockeye)
	if err != nil {
		return p, fmt.Errorf("size of the program: %w", err)
	}
	p.codeSize = info.Size()
	return p, nil
}

// output runs a command to its end and returns the first line it prints, trimmed.
func output(ctx context.Context, name string, args ...string) (string, error) {
	var stderr bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", name, err), errors.New(strings.TrimSpace(stderr.String())))
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line), nil
}
