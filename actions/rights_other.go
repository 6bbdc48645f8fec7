//go:build !windows

package actions

// rightOf names the right that an act needs.
func rightOf(v Verb) string {
	if v == Close {
		return "CAP_NET_ADMIN"
	}
	return "CAP_KILL"
}

// howToGet says how the rights for all acts are given.
const howToGet = "Start sockeye with sudo, or give its file the rights once: " +
	"sudo setcap cap_net_admin,cap_kill,cap_sys_ptrace,cap_dac_read_search+ep ./sockeye"
