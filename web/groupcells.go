package web

import (
	"strconv"

	"sockeye/poller"
)

// groupCells names the cells of a group's line, in order (docs/protocol.md).
func groupCells() []string {
	return []string{
		"id", "label", "note", "open", "connections", "states", "bytes_received", "bytes_sent", "receive_rate", "send_rate",
		"retransmits", "opened_at", "first_seen", "worst_receive_queue", "worst_send_queue",
	}
}

// appendGroup appends a group as a JSON array of groupCells. Name is that of its address, "" where there is none.
func appendGroup(dst []byte, g *group, open bool, name string) []byte {
	dst = appendJSONString(append(dst, '['), "="+g.text)
	dst = textOf(g.key.Label()).appendJSON(append(dst, ','))
	dst = textOf(g.note(name)).appendJSON(append(dst, ','))
	dst = strconv.AppendBool(append(dst, ','), open)
	dst = strconv.AppendInt(append(dst, ','), int64(g.sums.rows), 10)
	dst = appendStates(append(dst, ','), &g.states)
	for _, cell := range g.figures() {
		dst = cell.appendJSON(append(dst, ','))
	}
	return append(dst, ']')
}

// appendStates appends the numbers of rows by state, compactly: the state's place in [poller.States], the number, and so
// on for the states of which there are any.
func appendStates(dst []byte, counts *[poller.NumStates]int32) []byte {
	dst = append(dst, '[')
	for i, s := range poller.States() {
		if counts[s] == 0 {
			continue
		}
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(i), 10)
		dst = strconv.AppendInt(append(dst, ','), int64(counts[s]), 10)
	}
	return append(dst, ']')
}

// figures returns the cells with numbers.
func (g *group) figures() [9]value {
	since, exact := g.oldest()
	opened := value{}
	if exact {
		opened = integerOf(since)
	}
	return [...]value{
		ifAny(g.withBytes, g.bytesReceived), ifAny(g.withBytes, g.bytesSent),
		ifAny(g.withRates, g.receiveRate), ifAny(g.withRates, g.sendRate), ifAny(g.withRetransmits, g.retransmits),
		opened, integerOf(since),
		ifAny(g.withQueues, uint64(g.worstReceive.value)), ifAny(g.withQueues, uint64(g.worstSend.value)),
	}
}

// ifAny returns a sum, null where it is known of no row.
func ifAny(with int, sum uint64) value {
	if with == 0 {
		return value{}
	}
	return integerOf(int64(sum))
}

// note returns what is to be known beside what the group is called: the service of a port, the process of a PID, the name
// of an address; "" for nothing.
func (g *group) note(name string) string {
	switch {
	case name != "":
		return name
	case !g.key.Known():
		return ""
	case g.by == "pid" && g.owner != nil:
		return g.owner.Name
	case g.by == "port" || g.by == "lport":
		return portNote(g.text)
	}
	return ""
}

// portNote names the service of a port, by TCP where it has one there.
func portNote(text string) string {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return ""
	}
	return portName(uint16(port))
}
