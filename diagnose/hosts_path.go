package diagnose

import (
	"os"
	"path/filepath"
	"runtime"
)

// hostsFile returns where the system keeps its hosts file.
func hostsFile() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("SystemRoot"), "System32", "drivers", "etc", "hosts")
	}
	return "/etc/hosts"
}
