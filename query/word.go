package query

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sockeye/poller"
)

// word is a term without a key: text that any cell of a row may have in it, or none if not is set. Facts with few
// values are looked through once, when the word is made, so that a match has to search in names and ends only.
type word struct {
	not  bool
	text string
	find folded
	// port is the number of a word such as ":443", which means that port and no longer number; -1 for other words.
	port int32
	// end is the address and port of a word such as "10.0.0.5:22", which means exactly these; else not valid.
	end netip.AddrPort
	// protocols, states and directions have bit n where the name of value n has the word in it.
	protocols, states, directions uint32
	// inDigits and inEnds are set where a number can have the word in it, and an end without a zone.
	inDigits, inEnds bool
}

// newWord makes the term for a text that is not empty.
func newWord(text string, not bool) *word {
	w := &word{not: not, text: text, find: fold(text), port: -1}
	if digits, ok := strings.CutPrefix(text, ":"); ok {
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
			w.port = int32(n)
		}
	}
	if end, err := netip.ParseAddrPort(text); err == nil {
		w.end = netip.AddrPortFrom(end.Addr().Unmap(), end.Port())
	}
	w.protocols = namesWith[poller.Protocol](w.find, int(poller.UDP)+1)
	w.states = namesWith[poller.State](w.find, poller.NumStates)
	w.directions = namesWith[poller.Direction](w.find, poller.NumDirections)
	w.inDigits = madeOf(w.find, "0123456789")
	w.inEnds = madeOf(w.find, "0123456789ABCDEF:.[]")
	return w
}

// namesWith returns the set of the first n values whose names have the word in them.
func namesWith[T interface {
	~uint8
	fmt.Stringer
}](find folded, n int) uint32 {
	var set uint32
	for i := range n {
		if contains(T(i).String(), find) {
			set |= 1 << i
		}
	}
	return set
}

// madeOf reports whether the word has no other letters than these.
func madeOf(find folded, letters string) bool {
	for _, r := range find {
		if r < 0 || !strings.ContainsRune(letters, r) {
			return false
		}
	}
	return true
}

// match reports whether the word is in a cell, or in none if it is turned round.
func (w *word) match(c *poller.Connection) bool { return w.found(c) != w.not }

// term returns the word as it was written.
func (w *word) term() Term { return Term{Values: []string{w.text}, Not: w.not} }

// size returns 1.
func (*word) size() int { return 1 }

// depth returns 0.
func (*word) depth() int { return 0 }

// bind returns the word, which depends on the connection only.
func (w *word) bind(*binding) expr { return w }

// found reports whether a cell has the word: protocol, state, direction, both ends, process, PID or user.
func (w *word) found(c *poller.Connection) bool {
	if w.port >= 0 {
		port := uint16(w.port)
		return c.Local.Port() == port || c.Connected() && c.Remote.Port() == port
	}
	if w.end.IsValid() {
		return w.isEnd(c.Local) || c.Connected() && w.isEnd(c.Remote)
	}
	return w.protocols>>c.Protocol&1 != 0 || w.states>>c.State&1 != 0 || w.directions>>c.Direction&1 != 0 ||
		contains(processName(c), w.find) ||
		contains(c.User, w.find) ||
		w.inDigits && w.inPID(pid(c)) ||
		w.inEnd(c.Local) ||
		c.Connected() && w.inEnd(c.Remote)
}

// isEnd reports whether an end is the one that the word means; without a zone it means that of every zone.
func (w *word) isEnd(end netip.AddrPort) bool {
	addr := end.Addr().Unmap()
	return end.Port() == w.end.Port() && (addr == w.end.Addr() || addr.WithZone("") == w.end.Addr())
}

// inEnd reports whether an end has the word as it is shown: 10.0.0.5:22, [::1]:80.
func (w *word) inEnd(end netip.AddrPort) bool {
	if !end.IsValid() || !w.inEnds && end.Addr().Zone() == "" {
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
