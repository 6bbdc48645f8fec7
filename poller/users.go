package poller

import (
	"os/user"
	"strconv"
	"time"
)

// maxUsers bounds the cache of user names; it starts anew beyond it.
const maxUsers = 4096

// userNames remembers the names of users.
type userNames struct {
	names  map[uint32]string
	since  time.Time // when they were last forgotten
	lookup func(uid string) (*user.User, error)
}

func newUserNames() *userNames {
	return &userNames{names: map[uint32]string{}, lookup: user.LookupId}
}

// userAge is how long names are believed: users come, and directory services start late.
const userAge = 5 * time.Minute

// refresh forgets names that are too old.
func (u *userNames) refresh(now time.Time) {
	if age := now.Sub(u.since); age > userAge || age < 0 {
		clear(u.names)
		u.since = now
	}
}

// name returns the user's name, or the number in digits where it has none or it cannot be found out.
func (u *userNames) name(uid uint32) string {
	if n, ok := u.names[uid]; ok {
		return n
	}
	digits := strconv.FormatUint(uint64(uid), 10)
	name := digits
	if found, err := u.lookup(digits); err == nil && found.Username != "" {
		name = found.Username
	}
	if len(u.names) >= maxUsers {
		clear(u.names)
	}
	u.names[uid] = name
	return name
}
