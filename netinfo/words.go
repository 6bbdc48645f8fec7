package netinfo

// Word explains a counter that matters to somebody who looks for a fault.
type Word struct {
	// Title is a short name of it.
	Title string
	// Means says in plain words what it counts and what its growing tells.
	Means string
	// Bad tells that growing is a sign of trouble; others are for orientation.
	Bad bool
}

// words has the counters that matter, by [Counter.Key].
var words = map[string]Word{
	"Ip.InReceives":            {"IPv4 packets received", "All IPv4 packets that came in, faulty ones included.", false},
	"Ip.OutRequests":           {"IPv4 packets sent", "All IPv4 packets that programs and the system sent.", false},
	"Ip.InDiscards":            {"IPv4 packets thrown away on arrival", "Good packets that were dropped for want of memory or by a rule.", true},
	"Ip.OutDiscards":           {"IPv4 packets thrown away before sending", "Good packets that could not be sent: a full queue, or a firewall of this machine.", true},
	"Ip.OutNoRoutes":           {"IPv4 packets without a route", "There was no route to their destination: the default route is missing or was missing.", true},
	"Ip.InAddrErrors":          {"IPv4 packets for somebody else", "They were addressed to another machine and this one does not forward.", false},
	"Ip.ReasmFails":            {"IPv4 fragments that never became whole", "Parts of large packets were lost, often on a path with a smaller limit on packet size.", true},
	"Ip.FragFails":             {"IPv4 packets too large for the path", "They may not be split and were refused: how a path with a smaller limit is found.", false},
	"Ip6.InReceives":           {"IPv6 packets received", "All IPv6 packets that came in.", false},
	"Ip6.OutRequests":          {"IPv6 packets sent", "All IPv6 packets that programs and the system sent.", false},
	"Ip6.OutNoRoutes":          {"IPv6 packets without a route", "There was no IPv6 route to their destination.", true},
	"Ip6.InTooBigErrors":       {"IPv6 packets too large to pass on", "They were larger than the next link allows.", false},
	"Tcp.ActiveOpens":          {"connections opened from here", "Connections that programs of this machine began.", false},
	"Tcp.PassiveOpens":         {"connections accepted", "Connections that others began to this machine.", false},
	"Tcp.AttemptFails":         {"connections that failed to open", "They were refused or not answered, in either direction.", true},
	"Tcp.EstabResets":          {"connections that broke off", "Established connections that ended by a reset, not by a goodbye.", false},
	"Tcp.CurrEstab":            {"connections now", "Connections that are open at this moment.", false},
	"Tcp.OutSegs":              {"TCP segments sent", "Without those that only repeat bytes.", false},
	"Tcp.InSegs":               {"TCP segments received", "All that came in, faulty ones included.", false},
	"Tcp.RetransSegs":          {"TCP segments sent again", "They were lost on the way, or their acknowledgement was. A few in a thousand are usual.", true},
	"Tcp.InErrs":               {"broken TCP segments", "Segments with a wrong checksum or length: a bad cable, driver or device.", true},
	"Tcp.OutRsts":              {"resets sent", "This machine refused or broke off: nothing listens on the port, or a program closed early.", false},
	"TcpExt.ListenOverflows":   {"connections turned away: queue full", "A listening program did not accept fast enough and its queue was full.", true},
	"TcpExt.ListenDrops":       {"connections turned away", "Connection attempts dropped at a listener, for a full queue or another reason.", true},
	"TcpExt.TCPTimeouts":       {"TCP timeouts", "Nothing came back in time and the sender had to begin again: loss, or a peer that is gone.", true},
	"TcpExt.TCPSynRetrans":     {"connection requests sent again", "The first packet of a connection was not answered.", true},
	"TcpExt.TCPRetransFail":    {"repeats that this machine refused to send", "Sending again failed in this machine itself: its firewall or a full queue.", true},
	"TcpExt.TCPAbortOnTimeout": {"connections given up", "The peer did not answer for so long that the connection was closed.", true},
	"TcpExt.TCPAbortOnMemory":  {"connections dropped for want of memory", "Too many orphaned connections or too little memory for TCP.", true},
	"TcpExt.PruneCalled":       {"receive buffers squeezed", "A receive buffer was full: a program reads too slowly.", true},
	"TcpExt.RcvPruned":         {"received packets thrown away", "The receive buffer was full and the packet had to go.", true},
	"TcpExt.TCPReqQFullDrop":   {"requests dropped: too many half open", "More connection requests at once than the queue takes: a rush or an attack.", true},
	"TcpExt.SyncookiesSent":    {"SYN cookies sent", "The queue of half-open connections was full and the kernel went on without it.", true},
	"Udp.InDatagrams":          {"UDP datagrams received", "Handed to programs.", false},
	"Udp.OutDatagrams":         {"UDP datagrams sent", "Sent by programs.", false},
	"Udp.NoPorts":              {"UDP datagrams to a closed port", "Nobody listened on the port they were for.", false},
	"Udp.InErrors":             {"UDP datagrams lost on arrival", "They arrived and could not be handed to the program.", true},
	"Udp.RcvbufErrors":         {"UDP datagrams lost: receive buffer full", "A program did not read fast enough.", true},
	"Udp.SndbufErrors":         {"UDP datagrams not sent: send buffer full", "A program sent faster than the interface.", true},
	"Udp6.InErrors":            {"UDP over IPv6 lost on arrival", "They arrived and could not be handed to the program.", true},
	"Udp6.RcvbufErrors":        {"UDP over IPv6 lost: receive buffer full", "A program did not read fast enough.", true},
	"Icmp.InDestUnreachs":      {"\"unreachable\" received", "Routers or machines said that something could not be reached.", false},
	"Icmp.InTimeExcds":         {"\"time exceeded\" received", "A packet ran in a circle, or somebody traced a route.", false},
	"Icmp6.InDestUnreachs":     {"IPv6 \"unreachable\" received", "Routers or machines said that something could not be reached.", false},
	"Icmp6.InPktTooBigs":       {"IPv6 \"packet too big\" received", "A link on the path takes smaller packets only; the sender adapts.", false},
}

// Explain returns the words for a counter; ok is false for the many that need none.
func Explain(c Counter) (w Word, ok bool) {
	w, ok = words[c.Key()]
	return w, ok
}
