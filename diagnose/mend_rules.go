package diagnose

import (
	"fmt"
	"net/netip"

	"sockeye/poller"
)

// What to do about what the rules find.

// diagnose has the ladder climbed.
func (m mender) diagnose() []string { return []string{"sockeye diagnose"} }

// askAbout has the ladder climbed to one server, and for a long one the way to it traced.
func (m mender) askAbout(at netip.AddrPort) []string {
	address := at.Addr().WithZone("").String()
	list := m.choose([]string{"tracepath -n " + address}, []string{"traceroute -n " + address}, []string{"tracert -d " + address}, []string{"traceroute -n " + address}, "")
	return append([]string{"sockeye diagnose --target " + netip.AddrPortFrom(at.Addr(), at.Port()).String()}, list...)
}

// restart says what to do with a program that hangs or leaks.
func (m mender) restart(p *poller.Process) []string {
	const words = "Restart the program; it forgets to close or to read, which its maker has to mend."
	if p == nil {
		return m.choose([]string{"ss -tnpe"}, []string{"lsof -nP -iTCP"}, []string{"Get-NetTCPConnection | Sort-Object OwningProcess"}, []string{"sockstat -4 -6 -c"}, "Find the program. "+words)
	}
	pid := fmt.Sprint(p.PID)
	return m.choose([]string{"ss -tnpe | grep pid=" + pid + ",", "systemctl status " + pid}, []string{"lsof -nP -i -a -p " + pid}, []string{"Get-NetTCPConnection -OwningProcess " + pid, "Get-Process -Id " + pid}, []string{"sockstat -4 -6 -c | grep " + pid, "procstat -f " + pid}, words)
}

// stop says what to do with a program that should not be reached.
func (m mender) stop(p *poller.Process, port uint16) []string {
	const words = "If you do not want it: end the program, or have it listen on 127.0.0.1."
	if p == nil {
		return m.choose([]string{fmt.Sprintf("ss -ltnp sport = :%d", port)}, []string{fmt.Sprintf("lsof -nP -iTCP:%d -sTCP:LISTEN", port)}, []string{fmt.Sprintf("Get-NetTCPConnection -LocalPort %d -State Listen", port)}, []string{fmt.Sprintf("sockstat -l -p %d", port)}, words)
	}
	pid := fmt.Sprint(p.PID)
	return m.choose([]string{"kill " + pid}, []string{"kill " + pid}, []string{"Stop-Process -Id " + pid}, []string{"kill " + pid}, words)
}

// openUp says how a program comes to be reached from elsewhere.
func (m mender) openUp(port uint16) []string {
	return m.choose([]string{fmt.Sprintf("ss -ltnp sport = :%d", port)}, []string{fmt.Sprintf("lsof -nP -iTCP:%d -sTCP:LISTEN", port)}, []string{fmt.Sprintf("Get-NetTCPConnection -LocalPort %d -State Listen", port)}, []string{fmt.Sprintf("sockstat -l -p %d", port)},
		"Have it listen on 0.0.0.0 or on this machine's address, and ask yourself first who may use it.")
}

func (m mender) backlog(p *poller.Process) []string {
	return m.choose(append([]string{"ss -ltn", "sysctl net.core.somaxconn"}, ofProcess(p, "systemctl status %d")...), append([]string{"netstat -Lan", "sysctl kern.ipc.somaxconn"}, ofProcess(p, "sample %d")...),
		append([]string{"netstat -s -p tcp"}, ofProcess(p, "Get-Process -Id %d")...), append([]string{"netstat -Lan", "sysctl kern.ipc.soacceptqueue"}, ofProcess(p, "procstat -k %d")...),
		"See why the program does not accept: it hangs, or has too few workers. A longer queue only helps against a rush.")
}

// ofProcess writes a command about a process, none where it is not known.
func ofProcess(p *poller.Process, format string) []string {
	if p == nil {
		return nil
	}
	return []string{fmt.Sprintf(format, p.PID)}
}

func (m mender) udpBuffer(p *poller.Process) []string {
	return m.choose(append([]string{"ss -uanpm", "sysctl -w net.core.rmem_max=8388608"}, ofProcess(p, "systemctl status %d")...), []string{"netstat -s -p udp", "sysctl kern.ipc.maxsockbuf"},
		append([]string{"netstat -s -p udp"}, ofProcess(p, "Get-Process -Id %d")...), []string{"netstat -s -p udp", "sysctl net.inet.udp.recvspace kern.ipc.maxsockbuf"}, "See which program's receive queue is full, and give it a larger buffer.")
}

func (m mender) conntrack(most int64) []string {
	return m.choose([]string{fmt.Sprintf("sysctl -w net.netfilter.nf_conntrack_max=%d", most*2), "conntrack -S"}, []string{"pfctl -si", "pfctl -sm"}, []string{"Get-NetTCPConnection | Measure-Object"}, []string{"pfctl -si", "pfctl -sm"},
		"Make the table larger, and see what fills it: often one machine that opens many connections.")
}

func (m mender) limit(pid int32) []string {
	return m.choose([]string{fmt.Sprintf("prlimit --pid %d --nofile=65536:65536", pid), fmt.Sprintf("ls /proc/%d/fd | wc -l", pid)}, []string{"launchctl limit maxfiles", fmt.Sprintf("lsof -p %d | wc -l", pid)},
		[]string{fmt.Sprintf("(Get-Process -Id %d).HandleCount", pid)}, []string{fmt.Sprintf("procstat -f %d | wc -l", pid), "sysctl kern.maxfilesperproc"}, "Raise the limit, and see why it holds so many.")
}
