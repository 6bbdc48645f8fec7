package poller

// State is a TCP connection state (RFC 9293 section 3.3.2), or StateNone for UDP, which has none.
type State uint8

// The states in the order in which they are shown: a socket's life from top to bottom.
const (
	StateUnknown State = iota
	StateListen
	StateSynSent
	StateSynReceived
	StateEstablished
	StateFinWait1
	StateFinWait2
	StateCloseWait
	StateClosing
	StateLastAck
	StateTimeWait
	StateClosed
	StateNone

	// NumStates is the number of states, StateUnknown included: the length of an array indexed by State.
	NumStates = iota
)

var stateNames = [NumStates]string{
	"UNKNOWN", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
	"CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT", "CLOSED", "NONE",
}

// String returns the state's name in the words of the data contract, for example "FIN_WAIT_1".
func (s State) String() string {
	if int(s) >= NumStates {
		s = StateUnknown
	}
	return stateNames[s]
}

// States returns every state a socket can be shown in, in order, without StateUnknown.
func States() []State {
	all := make([]State, 0, NumStates-1)
	for s := StateListen; s < NumStates; s++ {
		all = append(all, s)
	}
	return all
}

// Counts is a number of sockets for each state, indexed by State.
type Counts [NumStates]int

// Total returns the number of sockets in all states.
func (c *Counts) Total() int {
	n := 0
	for _, v := range c {
		n += v
	}
	return n
}
