//go:build unix

package actions

import (
	"errors"
	"os"
	"syscall"
)

// noFollow keeps a link that another user laid from being followed; modeOthers are the rights that nobody else may have.
const (
	noFollow   = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	modeOthers = os.FileMode(0o077)
)

// owned fails where the file belongs to another user.
func owned(info os.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Geteuid() {
		return errors.New(info.Name() + " belongs to another user")
	}
	return nil
}
