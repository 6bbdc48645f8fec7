package poller

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// procRoot is where the kernel shows processes.
const procRoot = "/proc"

// newOwners returns the finder that fits the source.
func newOwners(kind SourceKind) ownerFinder {
	p := newProcfs(procRoot)
	if kind == SourceNetlink {
		return newInodeOwners(p, p.process, uint32(os.Geteuid()))
	}
	return &pidOwners{newProcesses(p.process)}
}

// procfs reads processes below its root, which is /proc but for tests. One goroutine uses it: its memory is used again
// by every call.
type procfs struct {
	root  string
	stat  [1 << 10]byte
	names [32 << 10]byte // directory entries, or a command line
	files procFiles
}

func newProcfs(root string) *procfs { return &procfs{root: root} }

// path returns the path of a process's folder, with what is in it.
func (p *procfs) path(pid int32, name string) string {
	return p.root + "/" + strconv.Itoa(int(pid)) + name
}

// process reads the identity and the name of a process.
func (p *procfs) process(pid int32) (Process, error) {
	dir, err := openDir(unix.AT_FDCWD, p.path(pid, ""))
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	defer unix.Close(dir)
	return p.processAt(dir, pid, "")
}

// processAt reads a process whose folder stands at the prefix from the open folder dir.
func (p *procfs) processAt(dir int, pid int32, prefix string) (Process, error) {
	b, err := readStart(dir, prefix+"stat", p.stat[:])
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	stat, err := parseStat(b)
	if err != nil {
		return Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	if len(stat.comm) < commLen {
		return Process{PID: pid, Start: stat.start, Name: string(stat.comm)}, nil
	}
	cmdline, _ := readStart(dir, prefix+"cmdline", p.names[:]) // without it the name stays as short as it is
	return Process{PID: pid, Start: stat.start, Name: fullName(string(stat.comm), cmdline)}, nil
}

// openDir opens a folder; the caller closes it.
func openDir(dir int, path string) (int, error) {
	for {
		fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// readStart reads the start of a file into b by one read, which returns as much of a file in /proc as there is.
func readStart(dir int, path string, b []byte) ([]byte, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, b)
	return b[:max(0, n)], err
}

// pids implements descriptors; the ids come in ascending order, so that of several holders the oldest is found.
func (p *procfs) pids(dst []int32) ([]int32, error) {
	dir, err := openDir(unix.AT_FDCWD, p.root)
	if err != nil {
		return dst, fmt.Errorf("processes: %w", err)
	}
	defer unix.Close(dir)
	if dst, err = p.numbers(dir, dst); err != nil {
		return dst, fmt.Errorf("processes: %w", err)
	}
	return dst, nil
}

// numbers appends those names of an open folder that are numbers, in ascending order.
func (p *procfs) numbers(dir int, dst []int32) ([]int32, error) {
	for {
		n, err := unix.Getdents(dir, p.names[:])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil || n == 0:
			slices.Sort(dst)
			return dst, err
		}
		if dst, err = appendNumbers(dst, p.names[:n]); err != nil {
			return dst, err
		}
	}
}

// open implements descriptors.
func (p *procfs) open(pid int32) (openFiles, error) {
	dir, err := openDir(unix.AT_FDCWD, p.path(pid, "/fd"))
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	p.files.procfs, p.files.pid, p.files.dir = p, pid, dir
	return &p.files, nil
}

// procFiles is an open /proc/PID/fd. It stays that of the process it was opened for.
type procFiles struct {
	procfs *procfs
	pid    int32
	dir    int
	name   [16]byte
	link   [64]byte
}

// Close implements openFiles.
func (f *procFiles) Close() error { return unix.Close(f.dir) }

// process implements openFiles: the folder above is that of the same process.
func (f *procFiles) process() (Process, error) { return f.procfs.processAt(f.dir, f.pid, "../") }

// numbers implements openFiles.
func (f *procFiles) numbers(dst []int32) ([]int32, error) {
	dst, err := f.procfs.numbers(f.dir, dst)
	if err != nil {
		return dst, fmt.Errorf("descriptors: %w", err)
	}
	return dst, nil
}

// socket implements openFiles. It calls readlinkat(2) itself, since unix.Readlinkat makes a new text for each number.
func (f *procFiles) socket(number int32) (uint32, error) {
	name := append(strconv.AppendInt(f.name[:0], int64(number), 10), 0)
	n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(f.dir), uintptr(unsafe.Pointer(&name[0])),
		uintptr(unsafe.Pointer(&f.link[0])), uintptr(len(f.link)), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	inode, _ := parseSocketLink(f.link[:n])
	return inode, nil
}
