package poller

import "strings"

// withServices puts the services that run in a process behind its name: many processes are called svchost.exe.
func withServices(name string, services []string) string {
	if len(services) == 0 {
		return name
	}
	return cut(name + " (" + strings.Join(services, ", ") + ")")
}

// cut shortens a text from outside to what a name may have.
func cut(s string) string { return s[:min(len(s), maxName)] }
