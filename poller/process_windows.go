package poller

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"sockeye/winservices"
)

// newOwners returns the finder that fits the source; on Windows every source names PIDs.
func newOwners(SourceKind) ownerFinder { return &pidOwners{newProcesses(newTasks().read)} }

// Of processes that are remembered: how long lists of all are believed, and how many are kept.
const (
	listsAge = 2 * time.Second
	maxTasks = 4096
)

// tasks reads processes. What cannot change while a process lives is read once. One goroutine uses it.
type tasks struct {
	known    map[int32]Process // without services
	services winservices.Names
	names    map[int32]string // of all processes, for those that may not be opened; nil until needed
	since    time.Time        // when services and names were read
}

func newTasks() *tasks { return &tasks{known: map[int32]Process{}} }

// read returns the process with a PID, with its services behind its name.
func (t *tasks) read(pid int32) (Process, error) {
	if now := time.Now(); now.Sub(t.since).Abs() >= listsAge {
		t.since, t.names = now, nil
		if services, err := winservices.List(); err == nil { // without it names are as they are
			t.services = services
		}
	}
	p, err := t.task(pid)
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	p.Name = withServices(p.Name, t.services[uint32(pid)])
	return p, nil
}

// task returns the process with a PID.
func (t *tasks) task(pid int32) (Process, error) {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	switch {
	case errors.Is(err, windows.ERROR_INVALID_PARAMETER):
		return Process{}, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case err != nil:
		return t.hidden(pid, err)
	}
	defer windows.CloseHandle(handle)
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(handle, &created, &exited, &kernel, &user); err != nil {
		return Process{}, err
	}
	if exited != (windows.Filetime{}) { // it is over, but somebody keeps a handle of it
		var code uint32
		if err := windows.GetExitCodeProcess(handle, &code); err == nil && code != stillActive {
			return Process{}, fs.ErrNotExist
		}
	}
	start := uint64(created.Nanoseconds() / int64(time.Millisecond)) // as package processes has it
	if p, ok := t.known[pid]; ok && p.Start == start {
		return p, nil
	}
	p := Process{PID: pid, Start: start, Name: cut(imageName(handle)), User: cut(userOf(handle))}
	if p.Name == "" {
		p.Name = cut(t.name(pid))
	}
	if len(t.known) >= maxTasks {
		clear(t.known)
	}
	t.known[pid] = p
	return p, nil
}

// stillActive is the exit code of a process that goes on (STATUS_PENDING in ntstatus.h).
const stillActive = 259

// hidden returns what the list of all processes tells of one that may not be opened: its name. It has no start, so that
// nothing can be done to it.
func (t *tasks) hidden(pid int32, cause error) (Process, error) {
	name := t.name(pid)
	if name == "" {
		return Process{}, cause
	}
	return Process{PID: pid, Name: cut(name)}, nil
}

// name looks a process up in the list of all, "" where it is not in it.
func (t *tasks) name(pid int32) string {
	if t.names == nil {
		t.names = allNames()
	}
	return t.names[pid]
}

// allNames lists the names of all processes, which needs no right to open them.
func allNames() map[int32]string {
	names := map[int32]string{}
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return names
	}
	defer windows.CloseHandle(snapshot)
	e := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &e); err == nil; err = windows.Process32Next(snapshot, &e) {
		names[int32(e.ProcessID)] = windows.UTF16ToString(e.ExeFile[:])
	}
	return names
}

// imageName returns the name of a process's file, "" where it is not told.
func imageName(process windows.Handle) string {
	b := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(b))
	if err := windows.QueryFullProcessImageName(process, 0, &b[0], &n); err != nil {
		return ""
	}
	return filepath.Base(windows.UTF16ToString(b[:n]))
}

// userOf returns the user that a process works as, with the domain in front unless that is this machine's own, and ""
// where it is not told.
func userOf(process windows.Handle) string {
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return ""
	}
	defer token.Close()
	u, err := token.GetTokenUser()
	if err != nil {
		return ""
	}
	name, domain, _, err := u.User.Sid.LookupAccount("")
	if err != nil {
		return u.User.Sid.String()
	}
	if host, err := windows.ComputerName(); err == nil && strings.EqualFold(domain, host) || domain == "" {
		return name
	}
	return domain + `\` + name
}
