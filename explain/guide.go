package explain

import "sockeye/poller"

// Guide is what can be said of a state in general.
type Guide struct {
	// State is the state, Meaning what it is, in two or three sentences.
	State   poller.State
	Meaning string
	// Acts says who has to do something for the state to end.
	Acts string
	// Lasts says how long it lasts when all is well, Trouble when it is a sign of something wrong and of what.
	Lasts, Trouble string
	// Other are the names that other programs have for it.
	Other string
}

// guides are in the order of poller.States.
var guides = []Guide{
	{
		State:   poller.StateListen,
		Meaning: "A program waits here for others to connect. It is no connection yet: each that comes gets a socket of its own.",
		Acts:    "Whoever wants to connect.",
		Lasts:   "As long as the program offers its service.",
		Trouble: "When its accept queue (Recv-Q) stays above 0 the program does not take new connections fast enough; when it reaches its limit (Send-Q) new ones are dropped. A listener on all addresses that only this machine should reach is open to the network.",
		Other:   "LISTENING in Windows' netstat.",
	},
	{
		State:   poller.StateSynSent,
		Meaning: "A program here asked for a connection (SYN) and has no answer yet.",
		Acts:    "The other end: it has to answer.",
		Lasts:   "One round trip: some milliseconds, rarely more than a second.",
		Trouble: "After one second the request was repeated at least once. Then the other machine is off or unreachable, its address is wrong, or a firewall on the way drops the request without a word. A closed port would have refused at once.",
		Other:   "SYN-SENT in ss, SYN_SENT in netstat.",
	},
	{
		State:   poller.StateSynReceived,
		Meaning: "Somebody asked this machine for a connection. It has answered (SYN, ACK) and waits for the last word of the greeting.",
		Acts:    "The other end: it has to confirm.",
		Lasts:   "One round trip.",
		Trouble: "Many at once from many addresses are a SYN flood, or answers of this machine that get lost on the way back.",
		Other:   "SYN-RECV in ss, SYN_RECV in netstat on Linux, SYN_RECEIVED on Windows.",
	},
	{
		State:   poller.StateEstablished,
		Meaning: "The connection is open. Both ends can send; whether anything flows at the moment is another question.",
		Acts:    "Nobody: it is the state to be in.",
		Lasts:   "From milliseconds to months, as the two programs like.",
		Trouble: "When the send queue stays full and is sent again and again, the other end has gone without saying so. When the receive queue grows, the program here does not read.",
		Other:   "ESTAB in ss. The guide's “connection is working”.",
	},
	{
		State:   poller.StateFinWait1,
		Meaning: "The program here has closed its end. The word of that (FIN), or data before it, is not confirmed yet by the other end.",
		Acts:    "The other machine: it has to confirm.",
		Lasts:   "One round trip, or as long as there is data to be sent before.",
		Trouble: "When it stays for seconds the other end does not answer any more, or takes no data: the system sends again and gives up after some minutes.",
		Other:   "FIN-WAIT-1 in ss, FIN_WAIT1 in netstat on Linux.",
	},
	{
		State:   poller.StateFinWait2,
		Meaning: "The program here has closed its end and the other machine knows. It waits for the other program to close as well.",
		Acts:    "The program at the other end: it has to close.",
		Lasts:   "As long as the other program still has something to send. Where the program here is done with the socket, Linux gives up after 60 seconds (tcp_fin_timeout).",
		Trouble: "When it stays, the other program has forgotten to close: it shows this connection in CLOSE_WAIT.",
		Other:   "FIN-WAIT-2 in ss, FIN_WAIT2 in netstat on Linux.",
	},
	{
		State:   poller.StateCloseWait,
		Meaning: "The other end has said that it will send no more (FIN). The system here has confirmed that; the program here still has to close its end.",
		Acts:    "The program here: it has to read to the end and close.",
		Lasts:   "Milliseconds, or until the program has sent the rest of its answer.",
		Trouble: "When it stays for minutes the program has forgotten to close: a fault in the program, and no setting of the network ends it. Many of them use up its descriptors.",
		Other:   "CLOSE-WAIT in ss.",
	},
	{
		State:   poller.StateClosing,
		Meaning: "Both ends closed at the same moment. Each has the other's word (FIN), and this one waits for its own to be confirmed.",
		Acts:    "The other machine: it has to confirm.",
		Lasts:   "One round trip. It is rarely seen.",
		Trouble: "When it stays the other machine does not answer any more.",
		Other:   "The same everywhere.",
	},
	{
		State:   poller.StateLastAck,
		Meaning: "The other end closed first, then the program here. Only the confirmation of this end's word (FIN) is missing.",
		Acts:    "The other machine: it has to confirm.",
		Lasts:   "One round trip.",
		Trouble: "When it stays the other machine has gone, or a firewall has forgotten the connection and drops the last words.",
		Other:   "LAST-ACK in ss.",
	},
	{
		State:   poller.StateTimeWait,
		Meaning: "The connection is over, and this end closed it first. The system keeps the pair of addresses and ports for a while, so that late packets of the old connection do not end up in a new one.",
		Acts:    "Nobody: it ends by itself.",
		Lasts:   "60 seconds on Linux; twice the longest life of a packet (2 MSL) by the standard.",
		Trouble: "It is normal and costs next to nothing. Ten thousands of them towards one address and port can use up the local ports: let the program keep its connections and use them again.",
		Other:   "TIME-WAIT in ss.",
	},
	{
		State:   poller.StateClosed,
		Meaning: "There is no connection. A socket shown so was made, and perhaps bound to a port, and does nothing: it does not listen and is not connected.",
		Acts:    "The program that made it.",
		Lasts:   "Mostly a moment before it listens or connects.",
		Trouble: "It holds its port: another program that wants it is told that the address is in use.",
		Other:   "UNCONN in ss, BOUND in some programs.",
	},
	{
		State:   poller.StateNone,
		Meaning: "UDP sends single packets and has no connections, so it has no states. A socket with a remote end only sends there and hears nobody else.",
		Acts:    "Nobody.",
		Lasts:   "As long as the program keeps the socket.",
		Trouble: "When the receive queue stays full the program does not read, and packets are dropped.",
		Other:   "UNCONN or ESTAB in ss, nothing in netstat.",
	},
}

// Guides returns what can be said of every state, in the order of poller.States.
func Guides() []Guide { return append([]Guide(nil), guides...) }

// ssNames are the states as ss takes them after "state" (ss(8)).
var ssNames = [poller.NumStates]string{
	poller.StateListen: "listening", poller.StateSynSent: "syn-sent", poller.StateSynReceived: "syn-recv",
	poller.StateEstablished: "established", poller.StateFinWait1: "fin-wait-1", poller.StateFinWait2: "fin-wait-2",
	poller.StateCloseWait: "close-wait", poller.StateClosing: "closing", poller.StateLastAck: "last-ack",
	poller.StateTimeWait: "time-wait", poller.StateClosed: "closed",
}

// Command is the command with which Linux lists all sockets of the state, and Windows is that of Windows.
func (g Guide) Command() string {
	switch g.State {
	case poller.StateNone:
		return "ss -unap"
	case poller.StateTimeWait, poller.StateSynReceived:
		return "ss -tn state " + ssNames[g.State] // nobody owns them
	}
	return "ss -tnp state " + ssNames[g.State]
}

// Windows is the command with which Windows lists all sockets of the state.
func (g Guide) Windows() string {
	if g.State == poller.StateNone {
		return "netstat -ano -p UDP"
	}
	name := g.State.String()
	if g.State == poller.StateListen {
		name = "LISTENING"
	}
	return "netstat -ano | findstr " + name
}
