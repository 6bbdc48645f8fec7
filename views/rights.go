package views

import "fmt"

// Rights is what the program may not see on this machine.
type Rights struct {
	// Hidden counts the sockets whose processes belong to other users and are not seen for that reason, Users those users.
	Hidden, Users int
	// Linux says whether the rights of Linux are the way out.
	Linux bool
}

// rightsWays are the ways to see processes of other users on Linux, and what each adds. TestRightsAdd tries them.
var rightsWays = []struct{ How, Adds string }{
	{"sudo ./sockeye --user nobody", "All processes. It starts as root, takes its port, and goes on as that user with the two rights below and no others."},
	{"sudo setcap cap_sys_ptrace,cap_dac_read_search+ep ./sockeye", "All processes, for whoever may run this file. One of the two alone adds nothing."},
	{"sudo systemctl start sockeye", "All processes, as a service that may do nothing else; the unit is packaging/sockeye.service."},
}

// line says how many there are.
func (r Rights) line() string {
	switch {
	case r.Hidden == 1:
		return "1 socket belongs to another user"
	case r.Users == 1:
		return fmt.Sprintf("%s sockets belong to another user", Count(r.Hidden))
	}
	return fmt.Sprintf("%s sockets belong to %s other users", Count(r.Hidden), Count(r.Users))
}
