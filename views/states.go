package views

import "sockeye/poller"

// stateHelp says what each state means, in a sentence for the reader.
var stateHelp = [poller.NumStates]string{
	poller.StateListen:      "Waits for connections from others.",
	poller.StateSynSent:     "Asked the other end for a connection and has no answer yet.",
	poller.StateSynReceived: "Was asked for a connection, has answered, and waits for the last word.",
	poller.StateEstablished: "Open: both ends can send.",
	poller.StateFinWait1:    "This end has closed; the other end has not confirmed that yet.",
	poller.StateFinWait2:    "This end has closed and the other end knows; it has not closed itself yet.",
	poller.StateCloseWait:   "The other end has closed; the program here still has to.",
	poller.StateClosing:     "Both ends closed at the same moment; a confirmation is still on its way.",
	poller.StateLastAck:     "The other end closed first, then this one; the last confirmation is missing.",
	poller.StateTimeWait:    "Closed by this end; the pair of ports rests until no stray segment can be left.",
	poller.StateClosed:      "Not connected, but it may hold a port.",
	poller.StateNone:        "UDP has no states.",
}
