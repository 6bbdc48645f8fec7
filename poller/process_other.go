//go:build !linux && !windows

package poller

import (
	"fmt"

	"github.com/shirou/gopsutil/v3/process"
)

// newOwners returns the finder that fits the source; away from Linux every source names PIDs.
func newOwners(SourceKind) ownerFinder { return &pidOwners{newProcesses(readProcess)} }

// readProcess asks gopsutil for the name, the start and the user of a process.
func readProcess(pid int32) (Process, error) {
	p, err := process.NewProcess(pid)
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	name, err := p.Name()
	if err != nil {
		name = "" // a protected process, whose PID is known all the same
	}
	created, err := p.CreateTime()
	if err != nil {
		created = 0 // some systems tell it only of own processes
	}
	user, err := p.Username()
	if err != nil {
		user = ""
	}
	return Process{PID: pid, Start: uint64(created), Name: cut(name), User: cut(user)}, nil
}
