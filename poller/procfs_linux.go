package poller

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// procRoot is where the kernel shows processes.
const procRoot = "/proc"

// newOwners returns the finder that fits the source.
func newOwners(kind SourceKind) ownerFinder {
	p := procfs(procRoot)
	if kind == SourceNetlink {
		return newInodeOwners(p, p.process, uint32(os.Geteuid()))
	}
	return &pidOwners{newProcesses(p.process)}
}

// procfs reads processes below its path, which is /proc but for tests.
type procfs string

// process reads the identity and the name of a process.
func (p procfs) process(pid int32) (Process, error) {
	dir := string(p) + "/" + strconv.Itoa(int(pid))
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	stat, err := parseStat(b)
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	name := stat.comm
	if len(name) >= commLen {
		if cmdline, err := readStart(dir+"/cmdline", 4<<10); err == nil {
			name = fullName(name, cmdline)
		}
	}
	return Process{PID: pid, Start: stat.start, Name: name}, nil
}

// readStart reads at most n bytes of a file by one read.
func readStart(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	n, err = f.Read(b)
	if n > 0 {
		return b[:n], nil
	}
	return nil, err
}

// pids implements descriptors; the ids come in ascending order, so that of several holders the oldest is found.
func (p procfs) pids(dst []int32) ([]int32, error) {
	d, err := os.Open(string(p))
	if err != nil {
		return dst, fmt.Errorf("processes: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return dst, fmt.Errorf("processes: %w", err)
	}
	for _, name := range names {
		if pid, err := strconv.ParseInt(name, 10, 32); err == nil {
			dst = append(dst, int32(pid))
		}
	}
	slices.Sort(dst)
	return dst, nil
}

// sockets implements descriptors.
func (p procfs) sockets(pid int32, found func(inode uint32) bool) (forbidden bool, err error) {
	d, err := os.Open(string(p) + "/" + strconv.Itoa(int(pid)) + "/fd")
	if err != nil {
		return errors.Is(err, fs.ErrPermission), ignorePermission(err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return errors.Is(err, fs.ErrPermission), ignorePermission(err)
	}
	var link [64]byte
	for _, name := range names {
		n, err := unix.Readlinkat(int(d.Fd()), name, link[:])
		if err != nil { // closed meanwhile, or a process whose links may not be read
			forbidden = forbidden || errors.Is(err, fs.ErrPermission)
			continue
		}
		if inode, ok := parseSocketLink(link[:n]); ok && !found(inode) {
			break
		}
	}
	return forbidden, nil
}

// ignorePermission drops an error that the caller reports in another way.
func ignorePermission(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
