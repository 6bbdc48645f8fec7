package actions

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// atSecure is the entry of the auxiliary vector that tells that a program got rights by its file (getauxval(3)).
const atSecure = 23

// CheckStart fails where this program has more rights than who started it, by the rights of its file (setcap), and the
// file is neither that user's own nor kept from others: whoever can start it could end what is not theirs.
func CheckStart() error {
	vector, err := unix.Auxv()
	if err != nil {
		return fmt.Errorf("how this program got its rights: %w", err)
	}
	secure := false
	for _, entry := range vector {
		secure = secure || entry[0] == atSecure && entry[1] != 0
	}
	info, err := os.Stat("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("the file of this program: %w", err)
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("the file of this program: no owner is told")
	}
	return mayStart(secure, os.Getuid(), int(s.Uid), info.Mode())
}

// mayStart judges what CheckStart has found.
func mayStart(secure bool, uid, owner int, mode os.FileMode) error {
	if !secure || uid == 0 || uid == owner || mode.Perm()&0o001 == 0 {
		return nil
	}
	return errors.New("its file gives rights (setcap) to everybody who starts it, and --allow-actions would let them end what is not theirs: " +
		"sudo chown root:GROUP the file and chmod 0750 it, with a group of those who may")
}
