package main

import (
	"os"
	"strconv"
)

// ownerUIDs returns the users who own this program's view of the machine: whoever started it, behind sudo the one who
// called that, and root, who sees everything anyway. None on a system without such numbers.
func ownerUIDs(env func(string) (string, bool)) []uint32 {
	me := os.Geteuid()
	if me < 0 { // Windows
		return nil
	}
	uids := []uint32{0, uint32(me)}
	if name, ok := env("SUDO_UID"); ok && me == 0 {
		if uid, err := strconv.ParseUint(name, 10, 32); err == nil {
			uids = append(uids, uint32(uid))
		}
	}
	return uids
}
