//go:build !windows

package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
)

// byDoubleClick reports whether this program was started by a double click, which only Windows lets it know.
func byDoubleClick() bool { return false }

// opener returns the command by which a system opens links.
func opener(system string) string {
	if system == "darwin" {
		return "open"
	}
	return "xdg-open"
}

// openBrowser has the desktop open the address as it opens links. It waits for the command, which returns once the
// browser has been told.
func openBrowser(ctx context.Context, url string) error {
	name := opener(runtime.GOOS)
	if err := exec.CommandContext(ctx, name, url).Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
