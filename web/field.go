package web

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"time"

	"sockeye/poller"
	"sockeye/ports"
)

// value is one cell of a row: nothing, a text or a number. It exists so that rows become JSON and CSV without an
// allocation for each cell.
type value struct {
	kind   kind
	text   string
	number int64
	real   float64
}

type kind uint8

const (
	null kind = iota
	text
	integer
	decimal
)

func textOf(s string) value {
	if s == "" {
		return value{}
	}
	return value{kind: text, text: s}
}

func integerOf(n int64) value   { return value{kind: integer, number: n} }
func decimalOf(f float64) value { return value{kind: decimal, real: f} }

// known returns v where the fact is known, and null elsewhere.
func known(have poller.Known, want poller.Known, v value) value {
	if have.Has(want) {
		return v
	}
	return value{}
}

// appendJSON appends the value as JSON. Text that is not UTF-8 has its wrong bytes replaced by U+FFFD.
func (v value) appendJSON(dst []byte) []byte {
	switch v.kind {
	case text:
		return appendJSONString(dst, v.text)
	case integer:
		return strconv.AppendInt(dst, v.number, 10)
	case decimal:
		return strconv.AppendFloat(dst, v.real, 'f', -1, 64)
	}
	return append(dst, "null"...)
}

// String returns the value as a CSV cell, before quoting.
func (v value) String() string {
	switch v.kind {
	case text:
		return v.text
	case integer:
		return strconv.FormatInt(v.number, 10)
	case decimal:
		return strconv.FormatFloat(v.real, 'f', -1, 64)
	}
	return ""
}

// appendJSONString appends s in quotes, as encoding/json writes it, with what acts on a terminal escaped.
func appendJSONString(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	b, err := json.Marshal(s)
	if err != nil { // cannot be: a string has a JSON form
		return append(dst, "null"...)
	}
	return append(dst, inert(b)...)
}

// isPlain reports whether encoding/json leaves the text as it is: printable ASCII without what is escaped in JSON or
// HTML.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// field is a named fact of a connection, as it stands at a moment.
type field struct {
	name string
	of   func(c *poller.Connection, at time.Time) value
}

// dataFields are the facts of /connections.json and its siblings, in their order. Names and order are a contract.
func dataFields() []field {
	return []field{
		{"id", id}, {"protocol", protocol}, {"family", family},
		{"local_address", localAddress}, {"local_port", localPort}, {"local_service", localService},
		{"remote_address", remoteAddress}, {"remote_port", remotePort}, {"remote_service", remoteService},
		{"remote_name", unknown}, {"state", state}, {"direction", direction},
		{"pid", pid}, {"process", process}, {"user", user}, {"uid", uid},
		{"opened_at", openedAt}, {"age_seconds", ageSeconds},
		{"receive_queue", receiveQueue}, {"send_queue", sendQueue},
		{"bytes_received", bytesReceived}, {"bytes_sent", bytesSent},
		{"receive_rate", receiveRate}, {"send_rate", sendRate},
		{"rtt_ms", rtt}, {"retransmits", retransmits}, {"owner_note", ownerNote}, {"peer_id", peerID},
		{"drops", drops},
	}
}

// liveFields are the cells of a row in the live protocol, in their order (docs/protocol.md).
func liveFields() []field {
	return []field{
		{"id", id}, {"protocol", protocol}, {"family", family}, {"state", state}, {"direction", direction},
		{"local_address", localAddress}, {"local_port", localPort}, {"local_service", localService},
		{"remote_address", remoteAddress}, {"remote_port", remotePort}, {"remote_service", remoteService},
		{"pid", pid}, {"process", process}, {"user", user},
		{"opened_at", openedMillis}, {"first_seen", firstSeenMillis},
		{"receive_queue", receiveQueue}, {"send_queue", sendQueue},
		{"bytes_received", bytesReceived}, {"bytes_sent", bytesSent},
		{"receive_rate", receiveRate}, {"send_rate", sendRate},
		{"rtt_ms", rtt}, {"retransmits", retransmits}, {"owner_note", ownerNote}, {"uid", uid}, {"peer_id", peerID},
		{"drops", drops},
	}
}

// names returns the fields' names in order.
func names(fields []field) []string {
	n := make([]string, len(fields))
	for i, f := range fields {
		n[i] = f.name
	}
	return n
}

// appendArray appends the connection as a JSON array of its fields.
func appendArray(dst []byte, fields []field, c *poller.Connection, at time.Time) []byte {
	dst = append(dst, '[')
	for i := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = fields[i].of(c, at).appendJSON(dst)
	}
	return append(dst, ']')
}

// appendObject appends the connection as a JSON object of its fields.
func appendObject(dst []byte, fields []field, c *poller.Connection, at time.Time) []byte {
	dst = append(dst, '{')
	for i := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), fields[i].name...), '"', ':')
		dst = fields[i].of(c, at).appendJSON(dst)
	}
	return append(dst, '}')
}

func unknown(*poller.Connection, time.Time) value { return value{} }

func id(c *poller.Connection, _ time.Time) value        { return textOf(c.ID.String()) }
func protocol(c *poller.Connection, _ time.Time) value  { return textOf(c.Protocol.String()) }
func family(c *poller.Connection, _ time.Time) value    { return textOf(c.Family.String()) }
func state(c *poller.Connection, _ time.Time) value     { return textOf(c.State.String()) }
func direction(c *poller.Connection, _ time.Time) value { return textOf(c.Direction.String()) }
func user(c *poller.Connection, _ time.Time) value      { return textOf(c.User) }
func ownerNote(c *poller.Connection, _ time.Time) value { return textOf(c.OwnerNote.String()) }

func peerID(c *poller.Connection, _ time.Time) value {
	if c.Peer == 0 {
		return value{}
	}
	return textOf(c.Peer.String())
}

func localAddress(c *poller.Connection, _ time.Time) value { return textOf(c.Local.Addr().String()) }
func localPort(c *poller.Connection, _ time.Time) value    { return port(c.Local) }
func localService(c *poller.Connection, _ time.Time) value { return service(c, c.Local) }

func remoteAddress(c *poller.Connection, _ time.Time) value {
	if !c.Connected() {
		return value{}
	}
	return textOf(c.Remote.Addr().String())
}

func remotePort(c *poller.Connection, _ time.Time) value    { return port(c.Remote) }
func remoteService(c *poller.Connection, _ time.Time) value { return service(c, c.Remote) }

func port(a netip.AddrPort) value {
	if a.Port() == 0 {
		return value{}
	}
	return integerOf(int64(a.Port()))
}

func service(c *poller.Connection, a netip.AddrPort) value {
	return textOf(serviceName(a.Port(), c.Protocol.String()))
}

// serviceName names what a port number is registered or known for, "" where there is nothing.
func serviceName(port uint16, protocol string) string {
	s, ok := ports.Lookup(port, protocol)
	if !ok || port == 0 {
		return ""
	}
	return s.Name
}

func pid(c *poller.Connection, _ time.Time) value {
	if id := c.OwnerPID(); id > 0 {
		return integerOf(int64(id))
	}
	return value{}
}

func process(c *poller.Connection, _ time.Time) value {
	if c.Owner == nil {
		return value{}
	}
	return textOf(c.Owner.Name)
}

func uid(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownUID, integerOf(int64(c.UID)))
}

func openedAt(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownOpened, textOf(c.Opened.UTC().Format(time.RFC3339Nano)))
}

func openedMillis(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownOpened, integerOf(c.Opened.UnixMilli()))
}

func firstSeenMillis(c *poller.Connection, _ time.Time) value {
	return integerOf(c.FirstSeen.UnixMilli())
}

func ageSeconds(c *poller.Connection, at time.Time) value {
	age, exact := c.Age(at)
	if !exact {
		return value{}
	}
	return decimalOf(age.Round(time.Millisecond).Seconds())
}

func receiveQueue(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownQueues, integerOf(int64(c.ReceiveQueue)))
}

func sendQueue(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownQueues, integerOf(int64(c.SendQueue)))
}

func bytesReceived(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownBytes, integerOf(int64(c.BytesReceived)))
}

func bytesSent(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownBytes, integerOf(int64(c.BytesSent)))
}

func receiveRate(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownRates, rateOf(c.ReceiveRate))
}

func sendRate(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownRates, rateOf(c.SendRate))
}

// rateOf rounds to whole bytes a second: no clock behind it is better than that.
func rateOf(perSecond float64) value { return integerOf(int64(perSecond + 0.5)) }

func rtt(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownRTT, decimalOf(float64(c.RTT)/1000))
}

func retransmits(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownRetransmits, integerOf(int64(c.Retransmits)))
}

func drops(c *poller.Connection, _ time.Time) value {
	return known(c.Known, poller.KnownDrops, integerOf(int64(c.Drops)))
}
