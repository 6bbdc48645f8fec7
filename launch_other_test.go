//go:build !windows

package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The desktop's own command is given the address, and an error of it is told.
func TestOpenBrowser(t *testing.T) {
	if opener("darwin") != "open" || opener("freebsd") != "xdg-open" || opener("linux") != "xdg-open" {
		t.Error("the commands are not those of the systems")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	script := "#!/bin/sh\necho \"$1\" >" + filepath.Join(dir, "asked") + "\n"
	if err := os.WriteFile(filepath.Join(dir, opener(runtime.GOOS)), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := openBrowser(t.Context(), "http://localhost:1"); err != nil {
		t.Fatal(err)
	}
	if asked, err := os.ReadFile(filepath.Join(dir, "asked")); err != nil || strings.TrimSpace(string(asked)) != "http://localhost:1" {
		t.Errorf("asked for %q, %v", asked, err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := openBrowser(context.Background(), "http://localhost:1"); err == nil {
		t.Error("a command that is not there was run")
	}
}
