package poller

import (
	"bytes"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refusal is a way in which a container can refuse netlink: a system call that fails, and the argument by which it is
// told apart.
type refusal struct {
	name   string
	call   uint32
	family uint32 // the first argument; 0 for any
	errno  unix.Errno
}

// refusals are: no netlink sockets at all, and sockets that cannot ask.
func refusals() []refusal {
	return []refusal{
		{"socket", unix.SYS_SOCKET, unix.AF_NETLINK, unix.EAFNOSUPPORT},
		{"request", unix.SYS_SENDTO, 0, unix.EPERM},
	}
}

// refused calls f on a thread of its own for which the kernel refuses what r says (seccomp(2)). The thread ends with f.
func refused(t *testing.T, r refusal, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is of no more use afterwards
		err := r.install()
		if err == nil {
			f()
		}
		done <- err
	}()
	check(t, <-done)
}

// install has the kernel refuse what r says, for the calling thread.
func (r refusal) install() error {
	const data = 16 // where the arguments begin in struct seccomp_data
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: r.call, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: data},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: r.family, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(r.errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if r.family == 0 {
		filter = slices.Concat(filter[:1], []unix.SockFilter{{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: r.call, Jf: 1}}, filter[4:])
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// Where netlink is refused, gopsutil takes its place: the log says why, and the reader is told.
func TestOpenSourceFallsBack(t *testing.T) {
	for _, r := range refusals() {
		t.Run(r.name, func(t *testing.T) {
			var log bytes.Buffer
			var s source
			var err error
			refused(t, r, func() { s, err = openSource(t.Context(), SourceAuto, slog.New(slog.NewTextHandler(&log, nil))) })
			check(t, err)
			if s.name() != SourceGopsutil || !slices.ContainsFunc(s.notes(), func(n string) bool { return strings.Contains(n, "netlink") }) {
				t.Errorf("%v says %v", s.name(), s.notes())
			}
			if strings.Count(log.String(), "netlink refused") != 1 || !strings.Contains(log.String(), r.errno.Error()) {
				t.Errorf("the log says:\n%s", log.String())
			}
		})
	}
}

// Where netlink was asked for and is refused, that is an error; nothing takes its place.
func TestOpenSourceRefused(t *testing.T) {
	for _, r := range refusals() {
		t.Run(r.name, func(t *testing.T) {
			var err error
			refused(t, r, func() { _, err = openSource(t.Context(), SourceNetlink, quiet()) })
			if !errors.Is(err, r.errno) || !strings.HasPrefix(err.Error(), "source netlink: ") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Where netlink is granted it is taken.
func TestOpenSourceNetlink(t *testing.T) {
	for _, kind := range []SourceKind{SourceAuto, SourceNetlink} {
		s, err := openSource(t.Context(), kind, quiet())
		check(t, err)
		if s.name() != SourceNetlink || len(s.notes()) != 0 {
			t.Errorf("%v says %v", s.name(), s.notes())
		}
		check(t, s.Close())
	}
}
