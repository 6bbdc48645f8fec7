package poller

import (
	"fmt"
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

// open implements descriptors.
func (p procfs) open(pid int32) (openFiles, error) {
	d, err := os.Open(string(p) + "/" + strconv.Itoa(int(pid)) + "/fd")
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	return &procFiles{dir: d}, nil
}

// procFiles is an open /proc/PID/fd. It stays that of the process it was opened for.
type procFiles struct {
	dir  *os.File
	name [16]byte
	link [64]byte
}

func (f *procFiles) Close() error { return f.dir.Close() }

// numbers implements openFiles. The kernel lists them in ascending order.
func (f *procFiles) numbers(dst []int32) ([]int32, error) {
	names, err := f.dir.Readdirnames(-1)
	if err != nil {
		return dst, fmt.Errorf("descriptors: %w", err)
	}
	for _, name := range names {
		if n, err := strconv.ParseInt(name, 10, 32); err == nil {
			dst = append(dst, int32(n))
		}
	}
	slices.Sort(dst)
	return dst, nil
}

// socket implements openFiles.
func (f *procFiles) socket(number int32) (uint32, error) {
	name := strconv.AppendInt(f.name[:0], int64(number), 10)
	n, err := unix.Readlinkat(int(f.dir.Fd()), string(name), f.link[:])
	if err != nil {
		return 0, err
	}
	inode, _ := parseSocketLink(f.link[:n])
	return inode, nil
}
