package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// keptRights returns the capabilities that a program which gave up root goes on with. With two it sees whose every socket
// is, with one of them nothing more than without (docs/privileges.md); two more are for actions, where they are allowed:
// to end processes and to close connections.
func keptRights(actions bool) []uintptr {
	kept := []uintptr{unix.CAP_DAC_READ_SEARCH, unix.CAP_SYS_PTRACE}
	if actions {
		kept = append(kept, unix.CAP_KILL, unix.CAP_NET_ADMIN)
	}
	return kept
}

// become gives up root for the user of that name: the program starts itself anew as that user, in the same process,
// with the rights of keptRights and no way to any other. It returns nil where it is that user already, and otherwise only where it
// failed. It has to come before anything is opened.
//
// Credentials are those of a thread on Linux, and only the exec makes one thread's those of the process.
func become(name string, args []string, actions bool) error {
	uid, gid, err := idsOf(name)
	switch {
	case err != nil:
		return fmt.Errorf("user: %w", err)
	case uid == 0:
		return errors.New("user: root is whom --user is to leave; name another user")
	case os.Geteuid() == uid && os.Getuid() == uid:
		return nil
	case os.Geteuid() != 0:
		return fmt.Errorf("user %s: only root can become another user", name)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := leaveRoot(uid, gid, keptRights(actions)); err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	return fmt.Errorf("user %s: start anew: %w", name, unix.Exec("/proc/self/exe", append(os.Args[:1:1], args...), os.Environ()))
}

// idsOf returns the ids of a user and of its group. A number is both, where no such user is known, as in a container.
func idsOf(name string) (uid, gid int, err error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), int(n), nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, err
	}
	uid, err = strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(err, err2)
}

// leaveRoot changes this thread to the user and group, without further groups, and to the kept capabilities in all its
// sets.
func leaveRoot(uid, gid int, kept []uintptr) error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if slices.Contains(kept, c) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: an older kernel's last one
			return fmt.Errorf("bounding set: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("keep capabilities: %w", err)
	}
	for _, step := range []struct {
		name     string
		trap     uintptr
		argument [3]uintptr
	}{
		{"groups", unix.SYS_SETGROUPS, [3]uintptr{}},
		{"group", unix.SYS_SETRESGID, [3]uintptr{uintptr(gid), uintptr(gid), uintptr(gid)}},
		{"user", unix.SYS_SETRESUID, [3]uintptr{uintptr(uid), uintptr(uid), uintptr(uid)}},
	} {
		if _, _, errno := unix.RawSyscall(step.trap, step.argument[0], step.argument[1], step.argument[2]); errno != 0 {
			return fmt.Errorf("%s: %w", step.name, errno)
		}
	}
	return holdRights(kept)
}

// holdRights sets the thread's capabilities to those that are kept, so that they outlive the exec, and forbids to win others.
func holdRights(kept []uintptr) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	for _, c := range kept {
		bit := uint32(1) << c
		data[0].Effective |= bit
		data[0].Permitted |= bit
		data[0].Inheritable |= bit
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0); errno != 0 {
		return fmt.Errorf("capabilities: %w", errno)
	}
	for _, c := range kept {
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0); err != nil {
			return fmt.Errorf("ambient capabilities: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	return nil
}
