package occupancy

import (
	"fmt"
	"strconv"
	"strings"

	"sockeye/poller"
)

// String names the port: "443/tcp".
func (k Key) String() string { return strconv.Itoa(int(k.Port)) + "/" + k.Protocol.String() }

// enumerate joins at most n parts in the manner of a sentence.
func enumerate(parts []string, n int) string {
	if len(parts) > n {
		parts = append(parts[:n:n], fmt.Sprintf("%d more", len(parts)-n))
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// plural writes a number with its word.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a number with a comma between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// inWords writes small numbers as words.
func inWords(n int) string {
	if words := [...]string{2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}; n >= 2 && n < len(words) {
		return words[n]
	}
	return grouped(n)
}

// Owner names the process of a socket, with its PID and user: "nginx (PID 812, www-data)". show writes foreign text.
func Owner(c *poller.Connection, show func(string) string) string {
	name, user, pid := "an unknown process", "", c.OwnerPID()
	if c.Owner != nil {
		name = show(c.Owner.Name)
	}
	if c.User != "" {
		user = show(c.User)
	}
	switch {
	case pid > 0 && user != "":
		return fmt.Sprintf("%s (PID %d, %s)", name, pid, user)
	case pid > 0:
		return fmt.Sprintf("%s (PID %d)", name, pid)
	case user != "":
		return name + " of " + user
	}
	return name
}

// ownerKey tells the holders of a port apart: by their process or its PID, and by their user where neither is known.
func ownerKey(c *poller.Connection) string {
	if c.Owner != nil {
		return strconv.Itoa(int(c.Owner.PID)) + "@" + strconv.FormatUint(c.Owner.Start, 10)
	}
	if pid := c.OwnerPID(); pid > 0 {
		return "#" + strconv.Itoa(int(pid))
	}
	return "?" + c.User
}

// party is the sockets of one holder.
type party struct {
	key  string
	rows []poller.Connection
}

// parties puts sockets together by their holder, in the order of the first of each.
func parties(rows []poller.Connection) []party {
	var all []party
	place := make(map[string]int)
	for i := range rows {
		key := ownerKey(&rows[i])
		at, known := place[key]
		if !known {
			at = len(all)
			place[key] = at
			all = append(all, party{key: key})
		}
		all[at].rows = append(all[at].rows, rows[i])
	}
	return all
}
