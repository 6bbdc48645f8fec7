package query

import (
	"net/netip"
	"strconv"
	"strings"

	"sockeye/poller"
)

// word is a term without a key: text that any cell of a row may have in it, or none if not is set.
type word struct {
	not  bool
	text string
	find folded
	// port is the number of a word such as ":443", which means that port and no longer number; -1 for other words.
	port int32
}

// newWord makes the term for a text that is not empty.
func newWord(text string, not bool) *word {
	w := &word{not: not, text: text, find: fold(text), port: -1}
	if digits, ok := strings.CutPrefix(text, ":"); ok {
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
			w.port = int32(n)
		}
	}
	return w
}

func (w *word) match(c *poller.Connection) bool { return w.found(c) != w.not }

func (w *word) term() Term { return Term{Values: []string{w.text}, Not: w.not} }

// found reports whether a cell has the word: protocol, state, direction, both ends, process, PID or user.
func (w *word) found(c *poller.Connection) bool {
	if w.port >= 0 {
		port := uint16(w.port)
		return c.Local.Port() == port || c.Connected() && c.Remote.Port() == port
	}
	return contains(c.Protocol.String(), w.find) ||
		contains(c.State.String(), w.find) ||
		contains(c.Direction.String(), w.find) ||
		w.inEnd(c.Local) ||
		c.Connected() && w.inEnd(c.Remote) ||
		contains(processName(c), w.find) ||
		contains(c.User, w.find) ||
		w.inPID(pid(c))
}

// inEnd reports whether an end has the word as it is shown: 10.0.0.5:22, [::1]:80.
func (w *word) inEnd(end netip.AddrPort) bool {
	if !end.IsValid() {
		return false
	}
	var room [80]byte
	return contains(netip.AddrPortFrom(end.Addr().Unmap(), end.Port()).AppendTo(room[:0]), w.find)
}

// inPID reports whether a PID has the word among its digits; a negative one is unknown.
func (w *word) inPID(id int64) bool {
	var room [20]byte
	return id >= 0 && contains(strconv.AppendInt(room[:0], id, 10), w.find)
}
