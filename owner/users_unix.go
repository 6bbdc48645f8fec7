//go:build !windows

package owner

import (
	"os"
	"strconv"
)

// Users returns the users who own this program's view of the machine: whoever started it, behind sudo the one who called
// that, and root, who sees everything anyway. env looks a variable of the environment up, as [os.LookupEnv] does.
func Users(env func(string) (string, bool)) []string {
	me := os.Geteuid()
	users := []string{"0", strconv.Itoa(me)}
	if name, ok := env("SUDO_UID"); ok && me == 0 {
		if uid, err := strconv.ParseUint(name, 10, 32); err == nil {
			users = append(users, strconv.FormatUint(uid, 10))
		}
	}
	return users
}
