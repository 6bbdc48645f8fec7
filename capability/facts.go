package capability

// Cells that many facts have.
var (
	always   = Cell{Yes, ""}
	tcpOnly  = Cell{Partly, "Of TCP; the kernel counts nothing of this for UDP."}
	udpOnly  = Cell{Partly, "Of UDP; TCP drops nothing that it has not sent again."}
	noProc   = Cell{No, "/proc/net/tcp does not have it, or gopsutil does not hand it on."}
	noIphlp  = Cell{No, "Windows tells it in no table."}
	noLsof   = Cell{No, "lsof does not print it, or gopsutil does not read it."}
	noMerge  = Cell{No, "gopsutil takes sockets that share both ends for one."}
	noEnds   = Cell{No, "Nothing tells of an end: a connection that opens and ends between two looks is not seen."}
	looked   = Cell{Partly, "Of what opens while sockeye looks, to the length of one interval; the system does not tell it of what was there before."}
	estats   = Cell{Partly, "Of TCP, from the moment at which collecting was switched on for the connection, which sockeye does where it runs as administrator (GetPerTcpConnectionEStats)."}
	noEstats = Cell{No, "gopsutil does not ask Windows for the statistics of connections; --source iphlpapi does."}
)

// sockets are the facts about single sockets.
var sockets = []Fact{
	{"ends", "Protocol, state, both ends", []string{"protocol", "family", "local_address", "local_port", "remote_address", "remote_port", "state"}, [...]Cell{
		always, always,
		{Partly, "All but the remote end of a UDP socket, which is not in the table."}, {Partly, "All but the remote end of a UDP socket, which is not in the table."},
		{Partly, "Of own processes; as root of all. A run of lsof that prints nothing or takes too long is told as a failed look, never as an empty table; one that breaks off in the midst cannot be told from a shorter list."}}},
	{"owner", "The process: PID and name", []string{"pid", "process"}, [...]Cell{
		{Partly, "Of own processes; of others' with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, or as root."}, {Partly, "Of own processes; of others' as root."},
		{Partly, "The PID of every socket that a process still holds; a protected process may have its name hidden."}, {Partly, "The PID of every socket that a process still holds; a protected process may have its name hidden."},
		{Partly, "Of own processes; as root of all."}}},
	{"services", "The services in a process that many share", nil, [...]Cell{
		{No, "Linux has one process for each service; the page of a process names its systemd unit."}, {No, "Linux has one process for each service; the page of a process names its systemd unit."},
		{Partly, "Behind the name of a process; which of several services opened a socket is not told."}, {Partly, "Behind the name of a process; which of several services opened a socket is not told."},
		{No, "The systems have one process for each service."}}},
	{"user", "The user's name", []string{"user"}, [...]Cell{
		always, {Partly, "That of the process, where the process is known."},
		{Partly, "That of the process; of other users' processes as administrator."}, {Partly, "That of the process; of other users' processes as administrator."}, {Partly, "That of the process, where the process is known."}}},
	{"uid", "The user's number", []string{"uid"}, [...]Cell{
		{Partly, "Of every socket but those in TIME_WAIT and SYN_RECEIVED, of which the kernel keeps no user."}, {Partly, "That of the process, where the process is known."},
		{No, "Users of Windows have no number."}, {No, "Users of Windows have no number."}, {No, "gopsutil does not read it from lsof; the name is known."}}},
	{"opened", "When it was opened", []string{"opened_at", "age_seconds"}, [...]Cell{
		looked, looked, {Partly, "Of every socket that a process still holds; of others from what sockeye saw."}, looked, looked}},
	{"queues", "Receive and send queue", []string{"receive_queue", "send_queue"}, [...]Cell{always, noProc, noIphlp, noIphlp, noLsof}},
	{"bytes", "Bytes received and sent", []string{"bytes_received", "bytes_sent"}, [...]Cell{tcpOnly, noProc, estats, noEstats, noLsof}},
	{"rates", "Bytes a second", []string{"receive_rate", "send_rate"}, [...]Cell{
		{Partly, "Of TCP, from the second look at a connection on."}, noProc, estats, noEstats, noLsof}},
	{"rtt", "Round-trip time", []string{"rtt_ms"}, [...]Cell{tcpOnly, noProc, estats, noEstats, noLsof}},
	{"retransmits", "Segments sent again", []string{"retransmits"}, [...]Cell{tcpOnly, noProc, estats, noEstats, noLsof}},
	{"drops", "Datagrams thrown away", []string{"drops"}, [...]Cell{udpOnly, noProc, noIphlp, noIphlp, noLsof}},
	{"twins", "Sockets that share both ends, one by one", nil, [...]Cell{always, noMerge, always, always,
		{No, "lsof has a line for each descriptor, so that two sockets of one process with the same ends cannot be told from one."}}},
	{"endings", "Connections shorter than a look, with their last bytes", nil, [...]Cell{always, noEnds, noEnds, noEnds, noEnds}},
	{"bound", "TCP sockets that are bound and do not listen", nil, [...]Cell{
		always, {No, "They are not in /proc/net/tcp."}, {No, "They are not in the tables with owners."}, {No, "They are not in the tables with owners."},
		{No, "lsof prints some without a state, which is unknown then, and gopsutil leaves out those without a port."}}},
	{"unheld", "Connections that no process holds any more, as in TIME_WAIT", nil, [...]Cell{always, always, always, always,
		{No, "lsof goes through the descriptors of processes, and nobody has one for these."}}},
	{"dual", "Whether a listener on [::] takes IPv4 as well", nil, [...]Cell{always, noProc, noIphlp, noIphlp, noLsof}},
	{"details", "What the kernel knows beside: windows, timers, options", nil, [...]Cell{
		always, {No, "gopsutil has no way to ask."}, noIphlp, noIphlp, noLsof}},
}

// machine are the facts about the machine. They depend on the system, and not on where sockets are read from.
var machine = []Fact{
	{"command", "A process's path, command line and parents", nil, [...]Cell{
		{Partly, "The path of others' processes needs CAP_SYS_PTRACE."}, {Partly, "The path of others' processes needs CAP_SYS_PTRACE."},
		{Partly, "Of other users' processes as administrator."}, {Partly, "Of other users' processes as administrator."}, {Partly, "Of other users' processes as root."}}},
	{"interfaces", "Interfaces, their addresses and counters", nil, [...]Cell{always, always, always, always, {Partly, "Without speed and kind."}}},
	{"routes", "Routes", nil, [...]Cell{always, always, always, always, always}},
	{"devices", "Devices of the local network", nil, [...]Cell{always, always, always, always, always}},
	{"counters", "Protocol counters", nil, [...]Cell{always, always,
		{Partly, "Those of IP, ICMP, TCP and UDP; Windows has no others."}, {Partly, "Those of IP, ICMP, TCP and UDP; Windows has no others."}, {No, "They are in no form that these systems promise to keep; netstat -s shows them."}}},
	{"setaside", "Ports set aside by the system", nil, [...]Cell{always, always,
		{Partly, "As netsh shows them; the ranges of IPv6 are taken for those of IPv4."}, {Partly, "As netsh shows them; the ranges of IPv6 are taken for those of IPv4."},
		{No, "These systems have none."}}},
}
